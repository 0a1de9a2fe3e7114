//! Commands that keep whole stores and runs.

mod environment;

use environment::Environment;

/// The answer to a question about all of a store.
fn answer(environment: &Environment, store: &str) -> String {
    environment.ok(&["query", store, "kn by run, lang, layer", "-m", "csv"]).out
}

#[test]
fn a_backup_answers_as_the_store_does_and_a_second_one_copies_nothing() {
    let environment = Environment::with_demo();
    let told = environment.ok(&["backup", "demo", "copies/first"]).out;
    assert!(told.contains("\nthere already: 0 files\nremoved: 0 files\n"), "{told}");
    assert_eq!(answer(&environment, "copies/first"), answer(&environment, "demo"));
    let again = environment.ok(&["backup", "demo", "copies/first"]).out;
    assert!(again.contains("copied: 0 files (0 B)\n"), "{again}");
    std::fs::create_dir(environment.path("full")).expect("a folder");
    environment.write("full/letter", "dear");
    let refused = environment.run(&["backup", "demo", "full"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.messages.contains("found a folder with other files"), "{refused:?}");
}

#[test]
fn a_run_is_renamed() {
    let environment = Environment::with_demo();
    let runs = environment.ok(&["runs", "demo", "--json"]).out;
    let runs: serde_json::Value = serde_json::from_str(&runs).expect("JSON");
    let run = runs[0]["run"].as_str().expect("a name");
    let told = environment.ok(&["rename-run", "demo", run, "other name"]).messages;
    assert!(told.contains(&format!("run {run:?} is now \"other name\"")), "{told}");
    let listed = environment.ok(&["runs", "demo", "--json"]).out;
    assert!(listed.contains("\"other name\""), "{listed}");
    let refused = environment.run(&["rename-run", "demo", run, "third"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

#[test]
fn a_damaged_store_is_repaired_when_somebody_says_yes_and_says_so_ever_after() {
    let environment = Environment::with_demo();
    let before = answer(&environment, "demo");
    let told = environment.ok(&["verify", "demo", "--repair"]).out;
    assert_eq!(told, "nothing is damaged, and nothing was changed\n");
    std::fs::remove_file(environment.path("demo/KNDB")).expect("removes");
    let hinted = environment.run(&["runs", "demo"]);
    assert!(hinted.messages.contains("`kndb verify demo --repair` writes its file KNDB anew"), "{hinted:?}");
    let asked = environment.run(&["verify", "demo", "--repair"]);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    let told = environment.ok(&["verify", "demo", "--repair", "--yes"]).out;
    assert!(told.starts_with("rebuilt: the file KNDB"), "{told}");
    assert_eq!(answer(&environment, "demo"), before);
    std::fs::remove_dir_all(environment.path("demo/catalogue")).expect("removes");
    let refused = environment.run(&["verify", "demo", "--repair"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.out.starts_with("rebuilt: catalogue, from the manifest of commit"), "{refused:?}");
    environment.ok(&["verify", "demo", "--repair", "--yes"]);
    assert_eq!(answer(&environment, "demo"), before);
    let verified = environment.ok(&["verify", "demo"]);
    assert!(verified.messages.contains("this store was repaired"), "{verified:?}");
    let info = environment.ok(&["info", "demo"]).out;
    assert!(info.contains("\nrepaired     0 losses; "), "{info}");
}
