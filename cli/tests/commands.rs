//! The commands around queries: making, filling, looking at and keeping a store.

mod environment;

use environment::Environment;

const NEURONS: &str = r#"{"f1": [[0, 1], [1, 3]], "f2": [[1, 3]]}"#;

const SHAPE: [&str; 6] = ["--model", "toy", "--layers", "2", "--width", "4"];

fn import(environment: &Environment, extra: &[&str]) -> environment::Ran {
    let arguments = [&["import", "db", "neurons.json", "--run", "first"], extra].concat();
    environment.run(&arguments)
}

fn with_neurons() -> Environment {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    environment.write("neurons.json", NEURONS);
    environment
}

#[test]
fn a_new_store_is_empty_and_a_second_one_is_refused() {
    let environment = Environment::new();
    let ran = environment.ok(&["init", "db"]);
    assert_eq!(ran.out, "");
    let info = environment.ok(&["info", "db"]).out;
    assert!(info.contains("facts        0\n"), "{info}");
    let again = environment.run(&["init", "db"]);
    assert_eq!(again.code, Some(1), "{again:?}");
}

#[test]
fn neurons_are_imported_listed_asked_for_and_dropped() {
    let environment = with_neurons();
    let ran = import(&environment, &SHAPE);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("facts        2, 2 of them without labels"), "{ran:?}");
    assert_eq!(ran.messages, "", "no progress bar in a pipe");

    let runs = environment.ok(&["runs", "db", "--json"]).out;
    let runs: serde_json::Value = serde_json::from_str(&runs).expect("JSON");
    assert_eq!(runs[0]["run"], "first");
    assert_eq!(runs[0]["kept"], 3);

    let rows = environment.ok(&["query", "db", "kn[lang=en] by neuron order by facts", "-m", "jsonl"]).out;
    assert_eq!(rows.lines().count(), 2, "{rows}");

    let refused = environment.run(&["drop-run", "db", "first"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    environment.ok(&["drop-run", "db", "first", "--yes"]);
    let gone = environment.run(&["drop-run", "db", "first", "--yes"]);
    assert_eq!(gone.code, Some(1), "{gone:?}");
}

#[test]
fn values_of_parameters_stand_beside_the_statement() {
    let environment = with_neurons();
    assert_eq!(import(&environment, &SHAPE).code, Some(0));
    let ask = |rest: &[&str]| {
        let all =
            [&["query", "db", "kn[lang=en, fact in $f] by layer top $n", "-m", "csv", "--no-headers"], rest].concat();
        environment.run(&all)
    };
    let ran = ask(&["-p", "f=f1", "-p", "f=f2", "--parameter", "n=1"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "1,2,2,1,0.6666666666666666\n"), "{ran:?}");
    let without = ask(&["-p", "f=f1"]);
    assert_eq!((without.code, without.out.as_str()), (Some(1), ""), "{without:?}");
    assert!(without.messages.contains("the parameter $n has no value"), "{without:?}");
    let unused = ask(&["-p", "f=f1", "-p", "n=1", "-p", "m=2"]);
    assert_eq!(unused.code, Some(1), "{unused:?}");
    assert!(unused.messages.contains("no statement uses the parameter `$m`"), "{unused:?}");
    assert_eq!(ask(&["-p", "1f=f1"]).code, Some(2));
}

#[test]
fn the_same_import_again_is_refused_unless_it_replaces() {
    let environment = with_neurons();
    assert_eq!(import(&environment, &SHAPE).code, Some(0));
    let again = import(&environment, &[]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.messages.contains("--replace"), "{again:?}");
    let replaced = import(&environment, &["--replace"]);
    assert!(replaced.out.contains("2 replaced"), "{replaced:?}");
}

#[test]
fn a_failed_first_import_leaves_no_run_behind() {
    let environment = with_neurons();
    let wrong = import(&environment, &["--model", "toy", "--layers", "2", "--width", "2"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.messages.contains("--layers and --width"), "{wrong:?}");
    let right = import(&environment, &SHAPE);
    assert_eq!(right.code, Some(0), "{right:?}");
}

#[test]
fn a_failed_import_takes_the_new_store_along_that_it_made() {
    let environment = Environment::new();
    environment.write("neurons.json", NEURONS);
    let wrong = import(&environment, &["--model", "toy", "--layers", "2", "--width", "2"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(!environment.path("db").exists());
}

#[test]
fn an_import_says_what_is_kept_and_of_how_many_entries_nothing_is() {
    let environment = Environment::new();
    environment.write("t.csv", "fact,layer,neuron,score\na,0,0,-1\na,0,1,-2\nb,0,0,-3\n");
    let said = environment.ok(&[&["import", "db", "t.csv", "--run", "first"][..], &SHAPE].concat()).out;
    for line in [
        "kept         nothing is kept of 2 entries: all their scores are 0 or less\n",
        "threshold    τ 0.3\n",
        "note         1 entry has one score only: its maximum is unknown, so no share of it can be asked\n",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn an_import_says_what_it_understood() {
    let environment = Environment::new();
    std::fs::create_dir_all(environment.path("in/lang=zh_CN")).expect("folders");
    let table = "fact,prompt,layer,neuron,score,note\nf1,0,0,1,0.5,x\nf1,0,1,1,0.25,\nf1,1,0,1,0.5,\nf1,1,1,1,0.1,\n";
    environment.write("in/lang=zh_CN/t.csv", table);
    environment.write("in/readme.txt", "");
    let ran = environment.ok(&[&["import", "db", "in", "--run", "first"][..], &SHAPE].concat());
    for line in [
        "entries      2 new\n",
        "language     zh-CN 2 (by the folder `lang=zh_CN`)\n",
        "prompt       0 to 1\n",
        "holds        scores of 2 entries (4 scores)\n",
        "floor        0.10000001 to 0.25000003: lower scores are not known\n",
        "kept         scores ≥ 0.01·max\n",
        "threshold    τ 0.3\n",
        "not used     column note\n",
        "not read     in/readme.txt (no format reads it)\n",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    let asked = environment.ok(&["query", "db", "kn[lang=zh_CN, tau=0.9] by fact", "-m", "csv"]).out;
    assert_eq!(asked.lines().count(), 2, "any spelling finds it: {asked}");
    let other = environment.run(&["import", "db", "in", "--run", "first", "--lang", "de"]);
    assert_eq!(other.code, Some(1), "{other:?}");
    let both = "the folder `lang=zh_CN` says language `zh-CN`, but the option for the language says `de`";
    assert!(other.messages.contains(both), "{other:?}");
    let name = environment.run(&["import", "db", "in", "--run", "first", "--lang", "Chinese"]);
    assert_eq!(name.code, Some(2), "{name:?}");
    assert!(name.messages.contains("expected its code, `zh`"), "{name:?}");
}

#[test]
fn a_run_of_plain_sets_is_shown_as_such() {
    let environment = with_neurons();
    let ran = import(&environment, &SHAPE);
    assert!(ran.out.contains("language     en 2 (default; nothing in the files says one)\n"), "{}", ran.out);
    assert!(ran.out.contains("holds        neuron sets of 2 entries (3 neurons)\n"), "{}", ran.out);
    let runs = environment.ok(&["runs", "db", "--json"]).out;
    let runs: serde_json::Value = serde_json::from_str(&runs).expect("JSON");
    assert_eq!(runs[0]["keeps"], "neuron sets");
    assert_eq!([&runs[0]["tau"], &runs[0]["type"]], [&serde_json::Value::Null; 2]);
    let info = environment.ok(&["info", "db", "--json"]).out;
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!(info["runs"][0]["keeps"], "neuron sets");
    assert!(info["runs"][0]["tau"].is_null());
}

#[test]
fn bad_rows_are_counted_and_facts_that_are_there_passed_over_when_asked_for() {
    let environment = Environment::new();
    environment.write("neurons.json", r#"{"f1": [[0, 1]], "f2": [[0, 9]], "f3": [[1, 1]]}"#);
    assert_eq!(import(&environment, &SHAPE).code, Some(1));
    let skipped = import(&environment, &[&SHAPE[..], &["--skip-invalid"]].concat());
    assert!(skipped.out.contains("not taken    1: a neuron outside the model\n"), "{skipped:?}");
    environment.write("neurons.json", r#"{"f1": [[0, 1]], "f4": [[1, 1]]}"#);
    let more = import(&environment, &["--skip-existing"]);
    assert!(more.out.contains("entries      1 new, 1 in the run already, passed over\n"), "{more:?}");
}

#[test]
fn facts_bring_labels() {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    std::fs::create_dir(environment.path("en")).expect("a folder");
    let fact = r#"{"uuid": "f1", "lineid": 0, "sub_uri": "Q142", "sub_label": "France", "obj_uri": "Q90", "obj_label": "Paris"}"#;
    environment.write("en/P36.jsonl", fact);
    environment.write("en/templates.jsonl", r#"{"relation": "P36", "template": "The capital of [X] is [Y] ."}"#);
    let ran = environment.ok(&["facts", "db", "en"]);
    assert!(ran.out.contains("labels       1 new"), "{ran:?}");
    let info = environment.ok(&["info", "db", "--json"]).out;
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!(info["labels"]["en"], 1);
    assert_eq!(info["relations"][0], "P36");
}

#[test]
fn verify_is_exit_1_on_a_damaged_store() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&["verify", "demo"]);
    assert!(ran.out.contains("all is well"), "{ran:?}");
    environment.ok(&["compact", "demo"]);

    let files = std::fs::read_dir(environment.path("demo/files")).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    let largest = files.max_by_key(|path| path.metadata().map_or(0, |it| it.len()));
    let largest = largest.expect("the store has files");
    let mut bytes = std::fs::read(&largest).expect("the file is read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&largest, bytes).expect("the file is damaged");
    let ran = environment.run(&["verify", "demo"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("problem: "), "{ran:?}");
}

#[test]
fn the_synthetic_demo_answers_its_questions_and_says_what_it_is() {
    let environment = Environment::new();
    let ran = environment.ok(&["demo", "--synthetic"]);
    assert_eq!(ran.messages, "", "{ran:?}");
    assert!(ran.out.contains("synthetic"), "{ran:?}");
    assert!(ran.out.ends_with("`kndb query kndb-demo`; delete the folder when you are done.\n"), "{ran:?}");
    assert_eq!(ran.out.matches("\nkndb> ").count(), 6, "{ran:?}");
    let again = environment.run(&["demo"]);
    assert_eq!(again.code, Some(1), "{again:?}");
}

#[test]
fn completions_and_manual_pages_are_written() {
    let environment = Environment::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = environment.ok(&["completions", shell]).out;
        assert!(script.contains("drop-run"), "{shell}");
    }
    assert!(environment.ok(&["man"]).out.starts_with(".ie"), "a roff page");
    environment.ok(&["man", "pages"]);
    assert!(environment.read("pages/kndb-query.1").contains("statement"));
}

#[test]
fn nothing_is_made_or_changed_under_read_only() {
    let environment = with_neurons();
    assert_eq!(import(&environment, &SHAPE).code, Some(0));
    environment.ok(&["init", "other"]);
    environment
        .write("P36.jsonl", r#"{"uuid": "u", "predicate_id": "P36", "sub_label": "France", "obj_label": "Paris"}"#);
    let mut wrong = Vec::new();
    for line in [
        "init new",
        "demo new --synthetic",
        "facts new P36.jsonl --lang en",
        "import new neurons.json --run r --model toy --layers 2 --width 4",
        "import db neurons.json --run second --model toy --layers 2 --width 4",
        "compact db",
        "drop-run db first --yes",
        "rename-run db first last",
        "copy-run db first new",
        "merge new db",
        "merge db other",
        "backup db new",
        "query db let@kn",
    ] {
        let arguments: Vec<String> = line.split(' ').map(|word| word.replace("let@", "let s = ")).collect();
        let arguments: Vec<&str> = std::iter::once("--read-only").chain(arguments.iter().map(String::as_str)).collect();
        let ran = environment.run(&arguments);
        if ran.code != Some(1) || !ran.messages.contains("for reading only") || environment.path("new").exists() {
            wrong.push((line, ran));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    environment.ok(&["--read-only", "query", "db", "kn"]);
}

#[test]
#[cfg(target_os = "linux")]
fn results_that_nobody_can_get_are_an_error() {
    let environment = with_neurons();
    assert_eq!(import(&environment, &SHAPE).code, Some(0));
    let kndb = environment.command(&[]).get_program().to_owned();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$0\" query db kn >&-"]).arg(kndb).current_dir(environment.path("."));
    let output = shell.output().expect("a shell");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(messages.contains("standard output is closed"), "{messages}");
}
