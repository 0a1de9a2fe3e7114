//! A folder of its own for every test, and `kndb` run in it without the developer's settings.
#![allow(dead_code, reason = "every test file uses some of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder in which `kndb` runs.
pub struct Environment {
    folder: tempfile::TempDir,
}

/// What a run of `kndb` gave.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub messages: String,
}

impl Environment {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    /// One with a demo store in `demo`.
    pub fn with_demo() -> Self {
        let environment = Self::new();
        environment.ok(&["demo", "demo", "--synthetic"]);
        environment
    }

    /// One with a store `db` of the repository's facts about countries, and a run `amig` of a small bilingual model over the
    /// first facts of each of these relations.
    pub fn with_run(relations: &[&str], facts: usize) -> Self {
        let environment = Self::new();
        for language in ["en", "zh"] {
            std::fs::create_dir(environment.path(language)).expect("a folder");
            let from = root().join("demo/facts").join(language);
            for relation in relations {
                let file = format!("{relation}.jsonl");
                let text = std::fs::read_to_string(from.join(&file)).expect("facts");
                let lines: Vec<&str> = text.lines().take(facts).collect();
                environment.write(&format!("{language}/{file}"), &lines.join("\n"));
            }
            let templates = std::fs::read_to_string(from.join("templates.jsonl")).expect("templates");
            environment.write(&format!("{language}/templates.jsonl"), &templates);
        }
        environment.ok(&["init", "db"]);
        environment.ok(&["facts", "db", "en", "zh"]);
        let model = demo_model("bilingual-masked");
        environment.ok(&["attribute", "db", "--model", &model, "--run", "amig", "--prompts", "1", "--quiet"]);
        environment
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the file is written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file is there")
    }

    /// The command, with nothing of the developer's environment but what a process needs to start.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kndb"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null());
        for name in ["PATH", "SystemRoot"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("kndb starts");
        Ran::of(output)
    }

    /// Runs it and expects success.
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "kndb {arguments:?}: {ran:?}");
        ran
    }

    /// Runs it with a text on standard input.
    pub fn feed(&self, arguments: &[&str], text: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kndb starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(text.as_bytes()).expect("kndb reads");
        drop(input);
        Ran::of(child.wait_with_output().expect("kndb ends"))
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("kndb writes UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), messages: text(output.stderr) }
    }
}

/// The folder of a model of the demo.
pub fn demo_model(name: &str) -> String {
    root().join("demo/models").join(name).display().to_string()
}

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the crate lies in the repository")
}
