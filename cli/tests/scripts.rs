//! Scripts: where they come from, where their output goes, and how they end.

mod environment;

use std::process::Stdio;

use environment::Environment;

const BY_LAYER: &str = "kn[lang=en] by layer top 3;";

#[test]
fn a_statement_comes_from_an_argument_an_option_a_file_or_standard_input() {
    let environment = Environment::with_demo();
    environment.write("script.knq", BY_LAYER);
    let expected = environment.ok(&["query", "demo", BY_LAYER, "-m", "csv"]).out;
    assert_eq!(expected.lines().count(), 4, "{expected}");
    for arguments in [&["-c", BY_LAYER][..], &["-f", "script.knq"]] {
        let arguments = [&["query", "demo", "-m", "csv"], arguments].concat();
        assert_eq!(environment.ok(&arguments).out, expected, "{arguments:?}");
    }
    for arguments in [&["query", "demo", "-m", "csv"][..], &["query", "demo", "-", "-m", "csv"]] {
        let ran = environment.feed(arguments, BY_LAYER);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), expected.as_str()), "{arguments:?}");
    }
}

#[test]
fn results_are_on_standard_output_and_everything_else_is_not() {
    let environment = Environment::with_demo();
    let script = ".timer on\n.mode csv\nlet few = kn[lang=en, relation=P36];\n@few by relation;\n";
    let ran = environment.feed(&["query", "demo"], script);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
    assert!(ran.messages.lines().all(|line| line.starts_with("time: ")), "{ran:?}");
}

#[test]
fn an_error_stops_a_script_with_exit_1() {
    let environment = Environment::with_demo();
    let script = "kn[lang=xx] by layer;\nkn[lang=en] by layer;\n";
    let ran = environment.feed(&["query", "demo"], script);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert!(ran.messages.contains("standard input:1:"), "{ran:?}");
    assert!(!ran.messages.contains('\u{1b}'), "{ran:?}");

    let ran = environment.feed(&["query", "demo", "--keep-going"], script);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("layer"), "{ran:?}");
}

#[test]
fn color_is_for_terminals_unless_asked_for() {
    let environment = Environment::with_demo();
    let mut command = environment.command(&["query", "demo", "kn[", "--color", "always"]);
    let output = command.env("NO_COLOR", "1").output().expect("kndb starts");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(messages.contains('\u{1b}'), "--color wins over NO_COLOR: {messages}");
}

#[test]
fn wrong_usage_is_exit_2() {
    let environment = Environment::new();
    for arguments in [&["query"][..], &["quary"], &["query", "db", "-m", "xml"], &["drop-run", "db"]] {
        assert_eq!(environment.run(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_missing_store_is_exit_1_with_a_hint() {
    let environment = Environment::new();
    let ran = environment.run(&["query", "nowhere", "kn"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.messages.contains("`kndb init nowhere`"), "{ran:?}");
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let environment = Environment::with_demo();
    let mut child = environment
        .command(&["query", "demo", "kn[lang=en];", "-m", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kndb starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("kndb ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_default_run_is_an_option_and_must_exist() {
    let environment = Environment::with_demo();
    environment.ok(&["query", "demo", BY_LAYER, "--run", "synthetic"]);
    let ran = environment.run(&["query", "demo", BY_LAYER, "--run", "synthetik"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.messages.contains("\"synthetic\""), "{ran:?}");
}

/// What changes the store does not run where a value was meant for nothing. Only of what is piped it shows at the end.
#[test]
fn a_value_that_no_statement_uses_is_refused_before_anything_runs() {
    let environment = Environment::with_demo();
    environment.write("script.knq", "let saved = kn[lang=$l];\nkn[lang=$l] by layer;\n");
    environment.write("outer.knq", ".read script.knq\n");
    let set = "let saved = kn[lang=$l]";
    for arguments in [&[set][..], &["-c", set, "-c", "@saved by layer"], &["-f", "script.knq"], &["-f", "outer.knq"]] {
        let all = [&["query", "demo", "-p", "l=en", "-p", "lang=en"], arguments].concat();
        let ran = environment.run(&all);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.messages.contains("no statement uses the parameter `$lang`"), "{ran:?}");
        let saved = environment.run(&["query", "demo", "@saved by layer"]);
        assert!(saved.messages.contains("saved"), "{arguments:?}: {saved:?}");
        assert_eq!(saved.code, Some(1), "{arguments:?}: {saved:?}");
    }
    let piped = environment.feed(&["query", "demo", "-p", "l=en", "-p", "lang=en"], "let saved = kn[lang=$l];");
    assert_eq!(piped.code, Some(1), "{piped:?}");
    assert!(piped.messages.contains("no statement uses the parameter `$lang`"), "{piped:?}");
    environment.ok(&["query", "demo", "@saved by layer"]);
}
