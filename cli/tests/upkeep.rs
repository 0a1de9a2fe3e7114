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
fn verify_says_that_the_store_put_sled_s_snapshot_aside_and_a_repair_says_what_was_mended() {
    for arguments in [&["verify", "demo"][..], &["verify", "demo", "--repair"]] {
        let environment = Environment::new();
        environment.write("sets.json", r#"{"f1": [[0, 1]]}"#);
        for run in ["r", "s", "t"] {
            let run = ["--run", run, "--model", "toy", "--layers", "2", "--width", "4"];
            environment.ok(&[&["import", "demo", "sets.json"], &run[..]].concat());
        }
        let asked = ["query", "demo", "kn[run=r] by layer", "-m", "csv"];
        let before = environment.ok(&asked).out;
        let entries = std::fs::read_dir(environment.path("demo/catalogue")).expect("lists").flatten();
        let snapshots = entries.map(|entry| entry.path());
        let snapshots: Vec<_> = snapshots.filter(|path| path.to_string_lossy().contains("snap.")).collect();
        assert!(!snapshots.is_empty(), "sled wrote one");
        for path in snapshots {
            let mut bytes = std::fs::read(&path).expect("reads");
            bytes[30] ^= 0x10;
            std::fs::write(&path, bytes).expect("writes");
        }
        let told = environment.ok(arguments);
        let expected = if arguments.len() == 2 {
            assert!(told.out.ends_with("catalogue: read, too\nresult: all is well\n"), "{told:?}");
            "note: this store was repaired; demo/repairs says what was mended\n"
        } else {
            "nothing is lost; demo/repairs says what was mended\n"
        };
        assert!([told.out, told.messages].concat().contains(expected), "{expected}");
        assert!(environment.read("demo/repairs").contains("rebuilt: the catalogue's snapshot, from its log"));
        assert_eq!(environment.ok(&asked).out, before);
    }
}

/// Whether sled can do without its snapshot depends on which segments of its log it has freed by then, in a thread of its own: with the
/// synthetic demo it mostly cannot. Then nothing is thrown away, and a repair loses nothing; else the store mends itself, and says so.
#[test]
fn a_damaged_snapshot_is_done_without_or_refused_with_what_to_do_and_repaired_without_loss() {
    let environment = Environment::new();
    environment.ok(&["demo", "demo", "--synthetic"]);
    let asked = ["query", "demo", "kn by lang", "-m", "csv"];
    let before = environment.ok(&asked).out;
    for entry in std::fs::read_dir(environment.path("demo/catalogue")).expect("lists").flatten() {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            let mut bytes = std::fs::read(entry.path()).expect("reads");
            bytes[30] ^= 0x10;
            std::fs::write(entry.path(), bytes).expect("writes");
        }
    }
    let first = environment.run(&["query", "demo", "let a = kn"]);
    if first.code == Some(0) {
        assert!(
            environment.read("demo/repairs").contains("rebuilt: the catalogue's snapshot, from its log"),
            "{first:?}"
        );
    } else {
        for arguments in
            [&["query", "demo", "let a = kn"][..], &["drop-run", "demo", "synthetic", "--yes"], &["verify", "demo"]]
        {
            let refused = environment.run(arguments);
            assert_eq!(refused.code, Some(1), "{refused:?}");
            let hint = refused.messages.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
            assert!(hint.contains("--repair` says first what would be lost"), "{arguments:?}: {refused:?}");
        }
        let repaired = environment.ok(&["verify", "demo", "--repair", "--yes"]);
        assert!(repaired.out.contains("rebuilt: catalogue, from the manifest"), "{repaired:?}");
        assert!(!repaired.out.contains("lost: "), "{repaired:?}");
    }
    assert_eq!(environment.ok(&asked).out, before);
    environment.ok(&["query", "demo", "let a = kn"]);
}

#[test]
fn a_merge_that_is_refused_says_whose_entries_differ_and_what_to_do() {
    let environment = Environment::new();
    for (store, neuron) in [("one", 1), ("other", 2)] {
        environment.write("sets.json", &format!(r#"{{"f1": [[0, {neuron}]]}}"#));
        let run = ["--run", "r", "--model", "toy", "--layers", "2", "--width", "4"];
        environment.ok(&[&["import", store, "sets.json"], &run[..]].concat());
    }
    let refused = environment.run(&["merge", "one", "other"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let said = "prompt 0) has another entry in run \"r\" of other than in run \"r\" of one; nothing was written";
    assert!(refused.messages.contains(said) && refused.messages.contains("fact \"f1\" ("), "{refused:?}");
    assert!(refused.messages.contains("`kndb copy-run other \"r\" INTO --as NAME`"), "{refused:?}");
}

#[test]
fn an_unreadable_epoch_is_named_with_what_mends_it() {
    let environment = Environment::with_demo();
    environment.write("demo/epoch", "no number\n");
    let refused = environment.run(&["--read-only", "runs", "demo"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let told = "demo/epoch is damaged: number of the last commit: found \"no number\\n\"";
    assert!(refused.messages.contains(told), "{refused:?}");
    assert!(refused.messages.contains("whoever may write to the store has only to read it once"), "{refused:?}");
    environment.ok(&["runs", "demo"]);
    environment.ok(&["--read-only", "runs", "demo"]);
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
