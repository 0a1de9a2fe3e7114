//! `kndb edit-bench` with the demo's models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model};

/// The rows of a file without their seconds, by their order.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let seconds = header.iter().position(|name| name == "seconds").expect("seconds");
    lines
        .map(|mut row| {
            row.remove(seconds);
            row
        })
        .collect()
}

#[test]
fn a_bench_goes_on_where_it_was_cut_whatever_the_threads() {
    let environment = Environment::with_run(&["P36", "P30"], 12);
    let model = demo_model("bilingual-masked");
    let bench = ["edit-bench", "db", "--model", &model, "--langs", "en,zh", "--relations", "P30", "--limit", "4"];
    let bench = [&bench[..], &["--methods", "rewrite,rome,ft-l", "--neighbours", "2", "--draws", "20"]].concat();
    let run = |options: &[&str]| environment.run(&[&bench[..], options].concat());
    let first = run(&["--csv", "b.csv", "--json", "b.json", "--figure", "b.svg", "--threads", "1", "--edits", "1,2"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    for part in
        ["Edits of bilingual-masked in en, asked in en, zh: 4 facts", " en       | rome random ", "less rewrite"]
    {
        assert!(first.out.contains(part), "{part:?} is not in {}", first.out);
    }
    assert!(first.messages.contains("C is the identity"), "{first:?}");
    assert!(environment.read("b.svg").contains("neighbourhood, zh"));
    let whole = environment.read("b.csv");
    // The unedited model, and three methods with their controls, one fact and two facts a network; four facts in two languages.
    assert_eq!(rows(&whole).len(), (1 + 3 * 2 * 2) * 4 * 2);
    let json: serde_json::Value = serde_json::from_str(&environment.read("b.json")).expect("JSON");
    assert_eq!(json["methods"][1][0], "rome");
    assert!(json["methods"][1][1]["numbers"].as_str().is_some_and(|numbers| numbers.contains("C is the identity")));

    // Cut in the middle of a line, and gone on with by two threads.
    std::fs::write(environment.path("b.csv"), &whole.as_bytes()[..whole.len() / 2]).expect("a file");
    let again = run(&["--csv", "b.csv", "--threads", "2", "--edits", "1,2"]);
    assert!(again.code == Some(0) && again.messages.contains("measurements were there already"), "{again:?}");
    assert_eq!(rows(&environment.read("b.csv")), rows(&whole));

    // Of other settings, and of something else.
    let other = run(&["--csv", "b.csv", "--edits", "1,2", "--seed", "3"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    for told in
        ["--csv b.csv is of other settings: line 2", "weights and device, facts and templates", "another --csv FILE"]
    {
        assert!(other.messages.contains(told), "{told:?} is not in {other:?}");
    }
    assert_eq!(rows(&environment.read("b.csv")), rows(&whole), "what is refused stays");
    let strange = environment.run(&[&bench[..], &["--csv", "b.json"]].concat());
    assert!(
        strange.code == Some(2) && strange.messages.contains("expected a file of `kndb edit-bench`"),
        "{strange:?}"
    );
}

#[test]
fn methods_without_a_meaning_are_left_out_and_named_ones_refused() {
    let environment = Environment::with_run(&["P36", "P30"], 12);
    let model = demo_model("bilingual-masked");
    let bench = ["edit-bench", "db", "--model", &model, "--langs", "en", "--draws", "0"];
    let told = |options: &[&str], code: i32| {
        let ran = environment.run(&[&bench[..], options].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        ran.messages
    };
    let usual = told(&["--relations", "P30", "--limit", "1", "--neighbours", "1", "--steps", "2"], 0);
    assert!(usual.contains("memit takes no part") && usual.contains("normalises its residual stream"), "{usual}");
    assert!(told(&["--methods", "memit"], 2).contains("normalises its residual stream"));
    assert!(
        told(&["--methods", "rome,ft", "--bound", "0.1"], 2).contains("--bound means nothing to the methods rome, ft")
    );
    assert!(told(&["--methods", "rome", "--run", "none"], 2).contains("--run means nothing to the method rome"));
    assert!(told(&["--methods", "scale"], 2).contains("--factor NUMBER"));
    assert!(told(&["--methods", "rome", "--edits", "10,1"], 2).contains("ascending"));
    assert!(told(&["--csv", "x", "--json", "x"], 2).contains("--json and --csv both name x; expected two files"));
    assert!(told(&["--method", "rome"], 2).contains("--methods takes one method or several"));
    let causal = demo_model("bilingual-causal");
    let other = environment.run(&["edit-bench", "db", "--model", &causal, "--langs", "en", "--methods", "rewrite"]);
    assert!(
        other.code == Some(2)
            && other.messages.contains("model is bilingual-causal with")
            && other.messages.contains("expected the model of run \"amig\", with"),
        "{other:?}"
    );
    // More edits in one network than facts are asked for: no model is needed to see that.
    let many =
        environment.run(&["edit-bench", "db", "--model", "none", "--methods", "ft", "--limit", "3", "--edits", "10"]);
    assert!(many.code == Some(2) && many.messages.contains("edits is 10 with a limit of 3 facts"), "{many:?}");
    // Of no such template; the file that was made for it goes again.
    let none = told(&["--methods", "rome", "--prompt", "9", "--csv", "none.csv"], 1);
    assert!(
        none.contains("no fact is left to study (left out: ") && none.contains("hint: another --prompt NUMBER"),
        "{none}"
    );
    assert!(!none.contains("--tau") && !environment.path("none.csv").exists(), "{none}");
    let lang = told(&["--lang", "zh", "--methods", "rewrite", "--prompt", "9"], 1);
    assert!(lang.contains("note: facts are edited in zh, and asked in it, too"), "{lang}");
    // What cannot be opened leaves no file behind.
    let lost = environment.run(&["edit-bench", "lost", "--model", &model, "--methods", "rome", "--csv", "lost.csv"]);
    assert!(lost.code == Some(1) && !environment.path("lost.csv").exists(), "{lost:?}");
}

/// Two edits of continents; of the second subject neither the model nor the demo's facts know anything.
const CONTINENTS: &str = r#"[
  {"case_id": 3, "requested_rewrite": {"prompt": "{} is located on the continent of", "relation_id": "P30", "subject": "Albania",
     "target_new": {"str": "Asia", "id": "Q48"}, "target_true": {"str": "Europe", "id": "Q46"}},
   "paraphrase_prompts": ["The continent of Albania is"],
   "neighborhood_prompts": ["Austria is located on the continent of", {"prompt": "The continent of Austria is", "target": "Europe"}],
   "generation_prompts": ["Albania is"]},
  {"case_id": 4, "requested_rewrite": {"prompt": "{} is located on the continent of", "relation_id": "P30", "subject": "Atlantis",
     "target_new": {"str": "Asia", "id": "Q48"}, "target_true": {"str": "Europe", "id": "Q46"}}, "paraphrase_prompts": []}]"#;

/// An edit of a capital, with a prompt about what is said of it elsewhere.
const CAPITAL: &str = r#"{"subject": "Albania", "prompt": "The capital of Albania is", "target_new": "Kabul", "ground_truth": ["Tirana"],
  "locality": {"Relation_Specificity": [{"prompt": "The continent of Albania is", "ground_truth": [["Europe"]]}]},
  "portability": {"Reasoning": [{"prompt": "The continent of Kabul is", "ground_truth": [["Asia"]]}]}}"#;

#[test]
fn edits_of_published_files_need_no_facts() {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    environment.write("cf.json", CONTINENTS);
    environment.write("one.jsonl", CAPITAL);
    let model = demo_model("bilingual-causal");
    let bench = ["edit-bench", "db", "--model", &model, "--methods", "ft", "--steps", "10", "--draws", "0"];
    let run = |options: &[&str]| environment.run(&[&bench[..], options].concat());
    let first = run(&["--requests", "cf.json", "--langs", "en", "--csv", "b.csv", "--figure", "b.svg"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(
        first.out.starts_with("Edits of bilingual-causal in en, asked in en: 2 requests (CounterFact); seed 0"),
        "{first:?}"
    );
    for note in [
        "the store has no facts of other relations in this language",
        "keys of the requests that are not read: generation_prompts",
    ] {
        assert!(first.messages.contains(note), "{note:?} is not in {first:?}");
    }
    assert!(environment.read("b.svg").contains("neighbourhood, en"));
    let whole = environment.read("b.csv");
    // The unedited model, a method and its control, of two requests.
    assert_eq!(rows(&whole).len(), 3 * 2);
    let again = run(&["--requests", "cf.json", "--lang", "en", "--csv", "b.csv"]);
    assert!(again.code == Some(0) && again.messages.contains("6 measurements were there already"), "{again:?}");
    assert_eq!(environment.read("b.csv"), whole, "nothing was measured again, seconds neither");

    environment.write("cf.json", &CONTINENTS.replace("Austria is", "Belgium is"));
    let other = run(&["--requests", "cf.json", "--langs", "en", "--csv", "b.csv"]);
    assert!(other.code == Some(1) && other.messages.contains("of other settings"), "{other:?}");

    let ported = run(&["--requests", "one.jsonl", "--langs", "en", "--csv", "p.csv"]);
    assert!(ported.code == Some(0) && ported.out.contains("| unrelated | portability |"), "{ported:?}");
    let file = environment.read("p.csv");
    assert!(file.lines().next().is_some_and(|line| line.ends_with(",settings,portability,answer_before,answer")));
    // A share of one prompt; the model knows the continent of Kabul.
    for row in rows(&file) {
        assert!(row.len() == 20 && ["0.0", "1.0"].contains(&row[17].as_str()), "{row:?}");
        assert!(row[0] != "unedited" || row[17] == "1.0", "{row:?}");
    }
}

#[test]
fn files_that_are_no_requests_and_options_that_do_not_go_with_them_are_refused() {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    environment.write("cf.json", CONTINENTS);
    environment.write("one.jsonl", CAPITAL);
    environment.write("broken.json", &CONTINENTS[..CONTINENTS.len() - 9]);
    environment.write("other.json", "[\n{\"concept\": \"x\", \"text\": \"y\"}]");
    let told = |options: &[&str], code: i32| {
        // No model is there: what is wrong with the file is found before one is loaded.
        let ran = environment.run(&[&["edit-bench", "db", "--model", "none", "--methods", "ft"][..], options].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        ran.messages
    };
    let of = |file: &'static str| ["--langs", "en", "--requests", file];
    assert!(told(&of("broken.json"), 2).contains("--requests broken.json: the file: broken JSON (EOF"));
    let other = told(&of("other.json"), 2);
    assert!(
        other.contains("record 1 (line 2): the keys concept, text; expected `requested_rewrite` (CounterFact)"),
        "{other}"
    );
    assert!(told(&of("lost.json"), 1).contains("lost.json"));
    assert!(told(&["--requests", "cf.json"], 2).contains("--requests needs --langs CODE"));
    assert!(told(&["--requests", "cf.json", "--langs", "en,zh"], 2).contains("expected one language"));
    assert!(told(&["--requests", "cf.json", "--langs", "en", "--lang", "zh"], 2).contains("expected one language"));
    let prompt = told(&[&of("cf.json")[..], &["--prompt", "1"]].concat(), 2);
    assert!(prompt.contains("--prompt 1 with --requests cf.json; expected no --prompt"), "{prompt}");
    let relation = told(&[&of("cf.json")[..], &["--relations", "P36"]].concat(), 2);
    assert!(relation.contains("relations of the requests: P36; expected some of P30"), "{relation}");
    let none = told(&[&of("one.jsonl")[..], &["--relations", "P36"]].concat(), 2);
    assert!(none.contains("records of the form EasyEdit name none"), "{none}");
    assert!(told(&["--dataset", "cf.json"], 2).contains("--requests takes a file of CounterFact"));
}

#[test]
fn methods_by_neurons_take_those_of_the_stores_fact_and_masks_come_last() {
    let environment = Environment::with_run(&["P36", "P30"], 12);
    environment.write("cf.json", CONTINENTS);
    let model = demo_model("bilingual-masked");
    let ran = environment.run(&[
        "edit-bench",
        "db",
        "--model",
        &model,
        "--langs",
        "en",
        "--requests",
        "cf.json",
        "--methods",
        "suppress",
        "--draws",
        "0",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("1 request (CounterFact)"), "{ran:?}");
    assert!(ran.out.contains("left out: 1 × no fact of the store with its words, to have neurons of (en)"), "{ran:?}");
    assert!(ran.messages.contains("a masked model is asked with its masks at the end"), "{ran:?}");
    assert!(!ran.messages.contains("no unrelated fact was asked"), "facts of P36 are there: {ran:?}");
}

#[test]
fn the_file_is_one_commands_alone_and_keeps_its_name_its_links_and_its_neighbours() {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    environment.write("one.jsonl", CAPITAL);
    let model = demo_model("bilingual-causal");
    let bench =
        ["edit-bench", "db", "--model", &model, "--methods", "ft", "--steps", "2", "--draws", "0", "--langs", "en"];
    let run = |csv: &str| environment.run(&[&bench[..], &["--requests", "one.jsonl", "--csv", csv]].concat());
    // A name that the rewriting of the file had once.
    environment.write("b.csv.part", "notes");
    let first = run("b.csv");
    assert_eq!(first.code, Some(0), "{first:?}");
    let whole = environment.read("b.csv");
    assert_eq!(rows(&whole).len(), 3);
    let named = |end: &str| {
        let names =
            std::fs::read_dir(environment.path("")).expect("a folder").map(|entry| entry.expect("a file").file_name());
        names.filter(|name| name.to_string_lossy().ends_with(end)).count()
    };
    assert!(environment.read("b.csv.part") == "notes" && named(".part") == 1);

    let file = std::fs::File::open(environment.path("b.csv")).expect("a file");
    file.try_lock().expect("nobody else has it");
    let second = run("b.csv");
    let told = "--csv b.csv is being written by another kndb; wait for it or give another file";
    assert!(second.code == Some(2) && second.messages.contains(told), "{second:?}");
    assert_eq!(environment.read("b.csv"), whole);
    drop(file);

    // As a spreadsheet program saves it; then with a number that nobody measured.
    environment.write("b.csv", &format!("\u{feff}{}", whole.replace('\n', "\r\n")));
    let again = run("b.csv");
    assert!(again.code == Some(0) && again.messages.contains("3 measurements were there already"), "{again:?}");
    assert_eq!(environment.read("b.csv"), whole);
    let at = whole.lines().next().expect("a header").split(',').position(|name| name == "new").expect("a column");
    let mut lines: Vec<Vec<&str>> = whole.lines().map(|line| line.split(',').collect()).collect();
    lines[1][at] = "5.0";
    let changed: String = lines.iter().map(|line| line.join(",") + "\n").collect();
    environment.write("b.csv", &changed);
    let refused = run("b.csv");
    for told in ["--csv b.csv, line 2, column new: 5.0; expected", "hint: the row was changed since it was measured"] {
        assert!(refused.code == Some(1) && refused.messages.contains(told), "{told:?} is not in {refused:?}");
    }
    assert_eq!(environment.read("b.csv"), changed, "what is refused stays");

    #[cfg(unix)]
    {
        std::fs::create_dir(environment.path("far")).expect("a folder");
        std::os::unix::fs::symlink("far/c.csv", environment.path("link.csv")).expect("a link");
        let linked = run("link.csv");
        assert_eq!(linked.code, Some(0), "{linked:?}");
        assert!(environment.path("link.csv").is_symlink());
        assert_eq!(rows(&environment.read("far/c.csv")).len(), 3);
    }
}

#[test]
fn no_two_options_name_the_same_file() {
    let environment = Environment::new();
    environment.write("v.csv", "x");
    std::fs::create_dir(environment.path("in")).expect("a folder");
    let told = |command: &str, options: &[&str]| {
        // It is found before a store is opened or a model loaded.
        let ran = environment.run(&[&[command, "db", "--model", "none"][..], options].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.messages
    };
    let bench = |options: &[&str]| told("edit-bench", options);
    assert!(bench(&["--csv", "v.csv", "--json", "./v.csv"]).contains("--json and --csv both name v.csv; expected two"));
    assert!(bench(&["--csv", "u.svg", "--figure", "in/../u.svg"]).contains("--csv and --figure both name in/../u.svg"));
    assert!(bench(&["--json", "u.svg", "--figure", "u.svg"]).contains("--json and --figure both name u.svg"));
    let statistics = bench(&["--methods", "rome", "--corpus", "t.txt", "--statistics", "s", "--json", "s"]);
    assert!(statistics.contains("--json and --statistics both name s"), "{statistics}");
    let requests = bench(&["--langs", "en", "--requests", "v.csv", "--json", "v.csv"]);
    assert!(requests.contains("--json and --requests both name v.csv"), "{requests}");
    assert!(told("arena", &["--csv", "u.svg", "--figure", "u.svg"]).contains("--csv and --figure both name u.svg"));
    assert!(told("fact-check", &["--csv", "u", "--json", "./u"]).contains("--json and --csv both name u;"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("v.csv", environment.path("link.csv")).expect("a link");
        assert!(bench(&["--csv", "v.csv", "--json", "link.csv"]).contains("both name v.csv"));
    }
    assert_eq!(environment.read("v.csv"), "x");
}
