//! `kndb facts`: what it says it understood, and where its errors lead.

mod environment;

use environment::Environment;

fn write(environment: &Environment, name: &str, text: &str) {
    let path = environment.path(name);
    std::fs::create_dir_all(path.parent().expect("within the folder")).expect("a folder");
    environment.write(name, text);
}

/// German and Chinese paraphrases beside facts in both, as mParaRel lays them out.
fn with_mpararel() -> Environment {
    let environment = Environment::new();
    for (language, subject, pattern) in [("de", "Frankreich", "[X] hat [Y]"), ("zh_CN", "法国", "[X]的首都是[Y]")]
    {
        let row = format!("{{\"pattern\": \"{pattern}\", \"checked-by-human\": true}}\n");
        write(&environment, &format!("m/patterns/{language}/P36.jsonl"), &row);
        let row = format!(r#"{{"sub_uri": "Q142", "obj_uri": "Q90", "sub_label": "{subject}", "obj_label": "Paris"}}"#);
        write(&environment, &format!("m/tuples/{language}/P36.jsonl"), &row);
    }
    write(&environment, "m/README.md", "about");
    environment
}

#[test]
fn the_summary_says_what_was_understood() {
    let environment = with_mpararel();
    let ran = environment.ok(&["facts", "db", "m"]);
    let told: Vec<&str> = ran.out.lines().filter(|line| !line.starts_with("time ")).collect();
    assert_eq!(
        told,
        [
            "store        db",
            "read         mpararel, 4 files",
            "relations    1",
            "language     de by the folder's name: 1 label, 1 template",
            "language     zh-CN by the folder's name: 1 label, 1 template",
            "facts        1 new",
            "labels       2 new, 0 changed, 0 as before",
            "templates    2 new",
            "candidates   0 lists",
            "ids          2 computed, because the rows have none",
            "not used     fields checked-by-human",
            "not read     m/README.md (not named as a file of facts)",
        ]
    );
    let info: serde_json::Value = serde_json::from_str(&environment.ok(&["info", "db", "--json"]).out).expect("JSON");
    assert_eq!((&info["labels"]["de"], &info["labels"]["zh-CN"]), (&1.into(), &1.into()), "{info}");
}

#[test]
fn one_language_after_the_other_is_each_its_own() {
    // mParaRel's folders one by one were all stored as English.
    let environment = with_mpararel();
    for (folder, language) in [("m/patterns/de", "de"), ("m/patterns/zh_CN/", "zh-CN")] {
        let ran = environment.ok(&["facts", "db", folder]);
        let told = format!("language     {language} by the folder's name: 0 labels, 1 template\n");
        assert!(ran.out.contains(&told), "{ran:?}");
    }
}

#[test]
fn english_by_default_is_said() {
    let environment = Environment::new();
    write(&environment, "pararel/P36.jsonl", r#"{"pattern": "[Y] is the capital of [X].", "lemma": "capital"}"#);
    let ran = environment.ok(&["facts", "db", "pararel"]);
    assert!(ran.out.contains("language     en by default: the data set is English: 0 labels, 1 template\n"), "{ran:?}");
}

/// The hint of a command that is refused.
fn hint(environment: &Environment, arguments: &[&str]) -> String {
    let ran = environment.run(&[&["facts", "db"], arguments].concat());
    assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
    assert!(!environment.path("db").exists(), "nothing was made of paths that are refused");
    let hint = ran.messages.lines().find_map(|line| line.trim().strip_prefix("hint: "));
    hint.unwrap_or_else(|| panic!("no hint: {ran:?}")).to_owned()
}

#[test]
fn errors_lead_to_the_command_that_was_given() {
    let environment = with_mpararel();
    write(&environment, "facts/P1.jsonl", r#"{"uuid": "u", "sub_label": "a", "obj_label": "b"}"#);
    assert_eq!(hint(&environment, &["."]), "name the folder of one data set, or say which with --format");
    assert_eq!(hint(&environment, &["facts"]), "--lang says it, as in --lang de");
    assert_eq!(
        hint(&environment, &["m", "--lang", "de"]),
        "leave out --lang, or name the folder of the language that it says"
    );
    std::fs::create_dir(environment.path("empty")).expect("a folder");
    environment.write("unknown.jsonl", "{\"a\": 1}");
    for path in ["empty", "gone", "unknown.jsonl"] {
        assert_eq!(
            hint(&environment, &[path]),
            "`kndb facts --help` lists the data sets, --format names one",
            "{path}"
        );
    }
}

#[test]
fn invalid_rows_are_counted_by_reason() {
    let environment = Environment::new();
    let row =
        |label: &str| format!("{{\"uuid\": \"u{}\", \"sub_label\": \"a\", \"obj_label\": {label}}}\n", label.len());
    write(&environment, "en/P1.jsonl", &[row("\"b\""), row("null"), row("\"\"")].concat());
    let refused = environment.run(&["facts", "db", "en"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.messages.contains("en/P1.jsonl, line 2, column 47: `obj_label` is null; expected a text"),
        "{refused:?}"
    );
    assert!(refused.messages.contains("--skip-invalid"), "{refused:?}");
    let ran = environment.ok(&["facts", "db", "en", "--skip-invalid"]);
    for line in [
        "labels       1 new, 0 changed, 0 as before\n",
        "skipped      1 row: `obj_label` is empty; the first: en/P1.jsonl, line 3, column 47: `obj_label` is empty; expected a \
         text\n",
        "skipped      1 row: `obj_label` is null; the first: en/P1.jsonl, line 2, column 47: `obj_label` is null; expected a \
         text\n",
    ] {
        assert!(ran.out.contains(line), "{line}{}", ran.out);
    }
}

#[test]
fn labels_that_change_under_scores_are_told() {
    let environment = Environment::new();
    let row = |object: &str| format!(r#"{{"uuid": "f1", "sub_label": "Afghanistan", "obj_label": "{object}"}}"#);
    write(&environment, "en/P36.jsonl", &row("Kabul"));
    environment.ok(&["facts", "db", "en"]);
    let told = |environment: &Environment| {
        let ran = environment.ok(&["facts", "db", "en"]);
        ran.out.lines().filter(|line| line.starts_with("note ")).map(str::to_owned).collect::<Vec<_>>()
    };
    write(&environment, "en/P36.jsonl", &row("Herat"));
    assert_eq!(told(&environment), [""; 0], "no run has it");
    environment.write("neurons.json", r#"{"f1": [[0, 1]]}"#);
    environment.ok(&[
        "import",
        "db",
        "neurons.json",
        "--run",
        "bert",
        "--model",
        "toy",
        "--layers",
        "2",
        "--width",
        "4",
        "--lang",
        "en",
    ]);
    assert_eq!(told(&environment), [""; 0], "the label is as before");
    write(&environment, "en/P36.jsonl", &row("Paris"));
    assert_eq!(
        told(&environment),
        ["note         facts with changed labels have scores in bert: those were made with the old labels"]
    );
}

#[test]
fn what_may_be_a_language_is_asked_about_and_one_fact_has_one_label() {
    let environment = with_mpararel();
    let pattern = r#"{"pattern": "[Y] is the capital of [X].", "lemma": "capital"}"#;
    for path in ["s/zh.jsonl", "s/P36_de.jsonl", "ml/P36.jsonl", "locale=de/P36.jsonl"] {
        write(&environment, path, pattern);
        assert_eq!(hint(&environment, &[path]), "--lang says it, as in --lang de", "{path}");
    }
    let row = |object: &str| format!("{{\"uuid\": \"u\", \"sub_label\": \"a\", \"obj_label\": \"{object}\"}}\n");
    write(&environment, "en/P1.jsonl", &[row("b"), row("c")].concat());
    let refused = environment.run(&["facts", "db", "en", "--skip-invalid"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.messages.contains("en/P1.jsonl, line 2") && refused.messages.contains("en/P1.jsonl, line 1"));
    let ran = environment.ok(&["facts", "db", "ml/P36.jsonl", "--lang", "ml"]);
    assert!(ran.out.contains("language     ml as given: 0 labels, 1 template\n"), "{ran:?}");
}
