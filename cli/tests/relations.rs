//! Relations by their names, lists of facts, and facts that go.

mod environment;

use environment::Environment;

/// A store `db` with two facts of P36 in two languages, one of P19, and neurons of one of the first and of an unknown one.
fn store() -> Environment {
    let environment = Environment::new();
    for folder in ["en", "zh"] {
        std::fs::create_dir(environment.path(folder)).expect("a folder");
    }
    let fact = |id: &str, subject: &str, object: &str| {
        format!("{{\"uuid\": \"{id}\", \"sub_label\": \"{subject}\", \"obj_label\": \"{object}\"}}\n")
    };
    environment.write("en/P36.jsonl", &[fact("f1", "France", "Paris"), fact("f2", "Italy", "Rome")].concat());
    environment.write("zh/P36.jsonl", &fact("f1", "法国", "巴黎"));
    environment.write("en/P19.jsonl", &fact("f3", "Bach", "Eisenach"));
    let templates = [
        r#"{"relation": "P36", "template": "The capital of [X] is [Y] ."}"#,
        r#"{"relation": "P19", "template": "[X] was born in [Y] ."}"#,
    ];
    environment.write("en/templates.jsonl", &templates.join("\n"));
    environment.ok(&["facts", "db", "en", "zh", "--quiet"]);
    environment.write("neurons.json", r#"{"f1": [[0, 1]], "unknown": [[1, 3]]}"#);
    environment.ok(&[
        "import",
        "db",
        "neurons.json",
        "--run",
        "first",
        "--model",
        "toy",
        "--layers",
        "2",
        "--width",
        "4",
    ]);
    environment
}

#[test]
fn people_read_names_and_programs_ids() {
    let environment = store();
    let asked = |mode: &str| environment.ok(&["query", "db", "facts[subject=Italy]", "-m", mode]).out;
    for mode in ["table", "markdown", "line"] {
        assert!(asked(mode).contains("P36 (capital)"), "{mode}: {}", asked(mode));
    }
    for mode in ["csv", "tsv", "json", "jsonl"] {
        assert!(asked(mode).contains("P36") && !asked(mode).contains("capital"), "{mode}: {}", asked(mode));
    }
    let info = environment.ok(&["info", "db"]).out;
    assert!(info.contains("relations    P19 (place of birth), P36 (capital)\n"), "{info}");
    let info: serde_json::Value = serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
    assert_eq!(info["relation_names"], serde_json::json!({"P19": "place of birth", "P36": "capital"}));
    let drawn = environment.ok(&["plot", "db", "facts by relation", "--value", "facts"]).out;
    assert!(drawn.contains("P36 (capital)"), "{drawn}");
}

#[test]
fn a_relation_is_asked_for_by_its_name() {
    let environment = store();
    let count = |statement: &str| environment.ok(&["query", "db", statement, "-m", "jsonl"]).out.lines().count();
    assert_eq!(count("facts[relation=capital]"), 2);
    assert_eq!(count("facts[relation in (Capital, \"place of birth\")]"), 3);
    let wrong = environment.run(&["query", "db", "facts[relation=capitol]"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.messages.contains("did you mean \"capital\"?"), "{wrong:?}");
    let drawn = environment.ok(&["plot", "db", "kn", "--relations", "place of birth,Capital"]);
    assert!(drawn.messages.contains("relation in (P19, P36)"), "{drawn:?}");
    let wrong = environment.run(&["plot", "db", "kn", "--relations", "capitol"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(
        wrong.messages.contains("P36 (capital)") && wrong.messages.contains("did you mean \"capital\"?"),
        "{wrong:?}"
    );
}

#[test]
fn names_come_from_a_file_with_facts_or_without() {
    let environment = store();
    environment.write("names.tsv", "P36\t首都\tzh\nP36\tchief town\nP19\tplace, so it is said, of birth\n");
    let ran = environment.ok(&["facts", "db", "--names", "names.tsv"]);
    assert!(ran.out.contains("names        3 of relations\n"), "{ran:?}");
    let shown = |labels: &str| {
        environment.ok(&["query", "db", "facts[relation=\"首都\", subject=Italy]", "--labels", labels]).out
    };
    assert!(shown("en").contains("P36 (chief town)"), "{}", shown("en"));
    assert!(shown("zh").contains("P36 (首都)"), "{}", shown("zh"));
    let drawn = environment.ok(&["plot", "db", "kn", "--relations", "place, so it is said, of birth,chief town"]);
    assert!(drawn.messages.contains("relation in (P19, P36)"), "{drawn:?}");
    environment.write("bad.tsv", "P36\n");
    let bad = environment.run(&["facts", "db", "--names", "bad.tsv"]);
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.messages.contains("bad.tsv, line 1"), "{bad:?}");
    let neither = environment.run(&["facts", "db"]);
    assert_eq!(neither.code, Some(2), "{neither:?}");
}

#[test]
fn the_list_has_a_row_a_relation_language_and_template() {
    let environment = store();
    let csv = environment.ok(&["facts", "db", "--list", "-m", "csv"]).out;
    let expected = "\
relation,name,facts,lang,labels,prompt,template
P19,place of birth,1,en,1,0,[X] was born in [Y] .
P36,capital,2,en,2,0,The capital of [X] is [Y] .
P36,capital,2,zh,1,,
,,1,,0,,
";
    assert_eq!(csv, expected);
    let nothing = environment.run(&["facts", "nowhere", "--list"]);
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    let both = environment.run(&["facts", "db", "en", "--list"]);
    assert_eq!(both.code, Some(2), "{both:?}");
}

#[test]
fn a_dropped_run_takes_what_only_it_had_named() {
    let environment = store();
    let typo = environment.run(&["drop-run", "db", "frist", "--yes"]);
    assert_eq!(typo.code, Some(1), "{typo:?}");
    assert!(typo.messages.contains("did you mean \"first\"?"), "{typo:?}");
    let ran = environment.ok(&["drop-run", "db", "first", "--yes"]);
    assert_eq!(ran.messages, "deleted run \"first\", and a fact that only it had named\n");
    let info = environment.ok(&["info", "db"]).out;
    assert!(info.contains("facts        3\n"), "{info}");
}

#[test]
fn a_relation_goes_by_name_and_not_while_a_run_has_scores_of_it() {
    let environment = store();
    let told = environment.ok(&["drop-facts", "db", "--relation", "capital", "--dry-run"]).out;
    let more = "1 further fact, of which there are scores or groups in \"first\", without labels and relation\n";
    assert_eq!(
        told,
        format!("with --force would drop P36 (capital): 1 fact, 3 labels, 1 template, 0 candidate lists\n{more}")
    );
    let refused = environment.run(&["drop-facts", "db", "--relation", "capital"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.messages.contains("in \"first\"") && refused.messages.contains("--force"), "{refused:?}");
    let ran = environment.ok(&["drop-facts", "db", "--relation", "place of birth"]);
    assert_eq!(ran.messages, "dropped P19 (place of birth): 1 fact, 1 label, 1 template, 0 candidate lists\n");
    environment.ok(&["drop-facts", "db", "--relation", "P36", "--force"]);
    let left = environment.ok(&["query", "db", "facts", "-m", "csv"]).out;
    assert_eq!(left, "fact,relation,subject,object\nf1,,,\nunknown,,,\n");
    assert!(environment.ok(&["verify", "db"]).out.contains("all is well"));
}

#[test]
fn facts_that_nobody_needs_are_told_and_dropped() {
    let environment = store();
    let none = environment.ok(&["drop-facts", "db"]);
    assert_eq!(none.messages, "dropped 0 facts that no run has and no label names\n");
    // An import that fails after its ids were registered leaves them.
    environment.write("more.json", r#"{"left": [[0, 1]], "over": [[7, 3]]}"#);
    environment.run(&["import", "db", "more.json", "--run", "first"]);
    environment.ok(&["drop-facts", "db", "--dry-run"]);
    environment.ok(&["drop-facts", "db"]);
    let left = environment.ok(&["drop-facts", "db", "--dry-run"]);
    assert_eq!(
        (left.out.as_str(), left.messages.as_str()),
        ("", "would drop 0 facts that no run has and no label names\n")
    );
}
