//! A signal to each family of commands while it waits for a file that never comes: answered with a line, ended with the
//! signal's exit code, the store sound. Nothing here depends on how fast anything is: the other end of a pipe says when a
//! command has come to its file.
#![cfg(unix)]

mod environment;

use environment::Environment;
use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Waits at most so long for a command to come to its file; one that refuses it fails the test.
const COMES: Duration = Duration::from_secs(60);

/// Starts a command that waits for `pipe`, sends it a signal when it has come to it, and gives its exit code, results and messages.
fn interrupted(environment: &Environment, pipe: &str, signal: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let path = environment.path(pipe);
    if !path.exists() {
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
    }
    let mut command = environment.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kndb starts");
    let (opened, there) = channel();
    // Opening waits for whoever reads.
    std::thread::spawn(move || opened.send(OpenOptions::new().write(true).open(path)));
    let open: Option<File> = there.recv_timeout(COMES).ok().map(|file| file.expect("the pipe"));
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success() || open.is_none());
    let output = child.wait_with_output().expect("a child of ours");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(open.is_some(), "{arguments:?} does not read {pipe}: {messages}");
    (output.status.code(), messages)
}

/// Each command with each signal.
fn all_end(environment: &Environment, pipe: &str, cases: &[(&[&str], &str)]) {
    for (arguments, line) in cases {
        for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
            let (ended, messages) = interrupted(environment, pipe, signal, arguments);
            assert_eq!(ended, Some(code), "{arguments:?}: {messages}");
            assert_eq!(messages.lines().last(), Some(*line), "{arguments:?}: {messages}");
        }
    }
}

#[test]
fn statements_reports_and_figures_end_at_a_signal_with_a_line() {
    let environment = Environment::with_demo();
    all_end(
        &environment,
        "pipe",
        &[
            (&["query", "demo", "-f", "pipe"], "interrupted: the answers above are not all"),
            (&["query", "demo", "-c", ".read pipe"], "interrupted: the answers above are not all"),
            (&["report", "demo", "--include", "pipe", "-o", "page.html"], "interrupted: the page is not written"),
        ],
    );
    assert!(!environment.path("page.html").exists(), "a page that was not written leaves nothing behind");
    assert_eq!(environment.ok(&["verify", "demo"]).code, Some(0));
}

#[test]
fn what_opens_a_store_ends_at_a_signal_with_a_line() {
    let environment = Environment::new();
    // A store whose first file never comes.
    std::fs::create_dir(environment.path("gate")).expect("a folder");
    std::fs::create_dir(environment.path("en")).expect("a folder");
    environment.write("en/P36.jsonl", r#"{"uuid": "f1", "sub_label": "France", "obj_label": "Paris"}"#);
    environment.write("sets.json", r#"{"f1": [[0, 1]]}"#);
    let nothing = "interrupted: nothing was stored yet";
    all_end(
        &environment,
        "gate/KNDB",
        &[
            (&["facts", "gate", "en"], nothing),
            (&["import", "gate", "sets.json", "--run", "r", "--model", "m", "--layers", "2", "--width", "4"], nothing),
            (&["plot", "gate", "kn", "-o", "figure.svg"], "interrupted: the figure is not drawn"),
            (&["query", "gate", "-c", "kn by layer"], "interrupted: the answers above are not all"),
            (&["report", "gate"], "interrupted: the page is not written"),
            (&["info", "gate"], "interrupted"),
            (&["verify", "gate"], "interrupted: not all is checked"),
            (&["compact", "gate"], "interrupted: what was merged by now stays, and nothing is lost"),
        ],
    );
    assert!(!environment.path("figure.svg").exists());
}

#[cfg(feature = "attribute")]
#[test]
fn commands_with_a_model_end_at_a_signal_while_it_is_loaded() {
    let environment = Environment::with_run(&["P36"], 2);
    std::fs::create_dir(environment.path("model")).expect("a folder");
    for file in ["tokenizer.json", "model.safetensors"] {
        let from = environment::root().join("demo/models/bilingual-masked").join(file);
        std::fs::copy(from, environment.path("model").join(file)).expect("copied");
    }
    let changes_nothing = "interrupted: nothing was written, and the store is as it was";
    let study = |name: &'static str| [name, "db", "--model", "model"];
    all_end(
        &environment,
        "model/config.json",
        &[
            (&["attribute", "db", "--model", "model", "--run", "new"], "interrupted: nothing was computed yet"),
            (&["dkn", "db", "--model", "model"], "interrupted: nothing was computed yet"),
            (
                &["probe", "db", "--model", "model", "--fact", "Albania/P36", "--suppress", "neurons(0:1)"],
                changes_nothing,
            ),
            (&study("edit-study"), changes_nothing),
            (&study("fact-check"), changes_nothing),
            (&study("arena"), changes_nothing),
            (
                &study("edit-bench"),
                "interrupted: what --csv has stays, and the same command goes on; the store is as it was",
            ),
            (
                &["activations", "db", "--model", "model", "--corpus", "en=model/tokenizer.json"],
                "interrupted: nothing was computed yet",
            ),
        ],
    );
    assert!(!environment.ok(&["runs", "db"]).out.contains("new"));
}
