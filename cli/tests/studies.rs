//! `kndb edit-study` and `kndb fact-check` with the demo's models.

#![cfg(feature = "attribute")]

mod environment;

use environment::{Environment, demo_model};
use serde_json::Value;

fn json(environment: &Environment, file: &str) -> Value {
    serde_json::from_str(&environment.read(file)).expect("JSON")
}

fn refused(environment: &Environment, arguments: &[&str], code: i32, words: &[&str]) {
    let ran = environment.run(arguments);
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for word in words {
        assert!(ran.messages.contains(word), "{word:?} is not in {}", ran.messages);
    }
}

#[test]
fn an_edit_study_is_the_same_again_and_its_statements_can_be_asked() {
    let environment = Environment::with_run(&["P30", "P361"], 12);
    let model = demo_model("bilingual-masked");
    let study = |extra: &[&str]| {
        environment.ok(&[&["edit-study", "db", "--model", &model, "--seed", "3", "--draws", "200"], extra].concat())
    };
    let ran = study(&["--json", "a.json", "--csv", "a.csv"]);
    for part in ["LIKN", "Mono-KN zh", "Mono-KN en", "Seq-KN", "random", "2.359", "8.868", "seed 3"] {
        assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
    }
    study(&["--json", "b.json", "--threads", "1", "--quiet"]);
    assert_eq!(environment.read("a.json"), environment.read("b.json"));
    let report = json(&environment, "a.json");
    assert!(report["facts"].as_u64().expect("a count") > 3, "{}", report["facts"]);
    for statement in report["statements"].as_array().expect("statements") {
        let text = statement["text"].as_str().expect("a text");
        environment.ok(&["query", "db", text]);
    }
    let rows = report["rows"].as_array().expect("rows").len();
    assert_eq!(environment.read("a.csv").lines().count(), rows + 1, "a header and the rows");
    let released = study(&["--preset", "amig-code", "--keep-case"]);
    assert!(released.out.contains("protocol amig-code, case kept"), "{released:?}");
    let lower = ["edit-study", "db", "--model", &model, "--preset", "amig-code"];
    refused(&environment, &lower, 1, &["24: object not in the model's vocabulary (en)", "--keep-case"]);
    let higher = study(&["--tau", "0.4", "--json", "c.json"]);
    assert!(json(&environment, "c.json")["facts"].as_u64() < report["facts"].as_u64(), "{higher:?}");
}

#[test]
fn only_facts_that_the_model_knows_are_studied_where_that_is_asked_for() {
    let environment = Environment::with_run(&["P30", "P361"], 12);
    let model = demo_model("bilingual-masked");
    let study = |extra: &[&str]| {
        let common = ["edit-study", "db", "--model", &model, "--draws", "50", "--json", "a.json"];
        let ran = environment.ok(&[&common, extra].concat());
        (ran.out, json(&environment, "a.json"))
    };
    let (all, report) = study(&[]);
    assert!(all.contains("What the model knows of the studied facts") && all.contains("other's LIKN"), "{all}");
    let p = |row: &Value| row["probability"].as_f64().expect("p");
    let of_fact = |report: &Value| -> Vec<(String, f64)> {
        let rows = report["rows"].as_array().expect("rows").iter().filter(|row| row["method"]["name"] == "LIKN");
        rows.map(|row| (row["fact"].as_str().expect("an id").to_owned(), p(row))).collect()
    };
    let mut least: Vec<f64> = of_fact(&report).iter().map(|(_, p)| *p).collect();
    least.sort_by(f64::total_cmp);
    // A bound between two facts, so that it leaves some out.
    let bound = f64::midpoint(least[least.len() / 3], least[least.len() / 3 + 1]);
    let condition = format!("p>={bound} and tokens=1");
    let (text, some) = study(&["--where", &condition]);
    assert!(some["facts"].as_u64() < report["facts"].as_u64(), "{text}");
    assert!(of_fact(&some).iter().all(|(_, p)| *p >= bound), "{some}");
    assert!(text.contains(&format!(", where {condition}")) && text.contains("does not hold in"), "{text}");
    let wrong = |condition: &str| environment.run(&["edit-study", "db", "--model", &model, "--where", condition]);
    let ran = wrong("p>=10%");
    assert!(ran.code == Some(2) && ran.messages.contains("`p` takes no percentage"), "{ran:?}");
    let ran = wrong("p>=0.99 and correct=no");
    assert!(ran.code == Some(1) && ran.messages.contains("no fact is left to study"), "{ran:?}");
    let hint = "hint: a weaker `--where` studies more facts; it is p>=0.99 and correct=no\n";
    assert!(ran.messages.ends_with(hint), "{ran:?}");
    assert!(wrong("relation=P3").messages.contains("did you mean"), "of a name that the store lacks");
}

#[test]
fn a_fact_check_judges_statements_and_names_what_it_leaves_out() {
    let environment = Environment::with_run(&["P30", "P361"], 20);
    let model = demo_model("bilingual-masked");
    refused(&environment, &["fact-check", "db", "--model", &model], 2, &["degenerate groups", "kndb dkn"]);
    environment.ok(&["dkn", "db", "--model", &model, "--keep-low", "1", "--keep-high", "0", "--quiet"]);
    let check = |extra: &[&str]| {
        let common = ["fact-check", "db", "--model", &model, "--seed", "3", "--draws", "200", "--where", "t_high=0.01"];
        environment.ok(&[&common, extra].concat())
    };
    let ran = check(&["--where", "t_low=1", "--json", "a.json", "--csv", "a.csv"]);
    for part in ["with_dkn attribution", "with_dkn activation", "wo_dkn vocabulary", "0.986", "the other way round"] {
        assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
    }
    check(&["--where", "t_low=1", "--json", "b.json", "--threads", "1", "--quiet"]);
    assert_eq!(environment.read("a.json"), environment.read("b.json"));
    let report = json(&environment, "a.json");
    for language in report["languages"].as_array().expect("languages") {
        for relation in language["relations"].as_array().expect("relations") {
            let kept = relation["kept"].as_array().expect("neurons").len();
            assert_eq!(kept == 0, !relation["left_out_because"].is_null(), "{relation}");
        }
        let vocabulary = &language["overall"].as_array().expect("detectors")[3];
        assert!(vocabulary.to_string().contains("wo_dkn vocabulary"), "{vocabulary}");
    }
    let statements = report["statements"].as_array().expect("statements");
    assert!(!statements.is_empty());
    for statement in statements {
        environment.ok(&["query", "db", statement["text"].as_str().expect("a text")]);
    }
    let released = check(&["--where", "t_low=1", "--preset", "amig-code"]);
    assert!(released.out.contains("protocol amig-code"), "{released:?}");
}

#[test]
fn mistakes_of_studies_are_named() {
    let environment = Environment::with_run(&["P36"], 2);
    let (masked, causal) = (demo_model("bilingual-masked"), demo_model("bilingual-causal"));
    let study = |model: &str, extra: &[&str], code: i32, words: &[&str]| {
        refused(&environment, &[&["edit-study", "db", "--model", model], extra].concat(), code, words);
    };
    study(&masked, &[], 1, &["P36", "another relation"]);
    study(&masked, &["--langs", "en"], 2, &["languages", "two"]);
    study(&masked, &["--langs", "en,fr"], 1, &["fr"]);
    study(&masked, &["--run", "amigo"], 2, &["amigo", "amig"]);
    study(&masked, &["--relations", "P99"], 2, &["P99", "P36"]);
    study(&causal, &[], 2, &["weights", "run \"amig\""]);
    study(&masked, &["--where", "layers=3"], 2, &["layers", "p, correct, object_rank, tokens, answer"]);
    study(&masked, &["--tau", "0.0001"], 1, &["0.01"]);
    study(&masked, &["--json", "nowhere/a.json"], 1, &["nowhere/a.json"]);
    study(&masked, &["--json", "a", "--csv", "a"], 2, &["--json and --csv both name a"]);
    study(&masked, &["--keep-case"], 2, &["--keep-case", "as they are"]);
    study(&masked, &["--quiet"], 2, &["--json"]);

    // A run that does not say which weights it is of must be named.
    environment.write("sets.json", r#"{"a": [[0, 1], [3, 2]]}"#);
    let import = ["import", "db", "sets.json", "--run", "sets", "--model", "other", "--layers", "4", "--width", "512"];
    environment.ok(&import);
    environment.ok(&["drop-run", "db", "amig", "--yes"]);
    study(&masked, &[], 2, &["no run of this model", "1 of other models"]);
}
