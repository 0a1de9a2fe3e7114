//! Signals to a job, and two jobs at one run: what is answered, how soon, and what is left.
#![cfg(all(unix, feature = "attribute"))]

#[path = "product/attribution.rs"]
mod asked;
#[path = "../cli/tests/environment/mod.rs"]
mod environment;

use asked::{arguments, contents, prepared};
use environment::{Environment, root};
use kndb_storage::Store;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Waits at most so long for what a signal is answered with; a machine under load may be slower than a person expects.
const SOON: Duration = Duration::from_secs(10);

/// An attribution at work.
struct Running {
    child: Child,
    messages: Lines<BufReader<ChildStderr>>,
}

impl Running {
    /// Starts one, and waits until its run is there: from then on it computes.
    fn start(environment: &Environment, arguments: &[&str], run: &str) -> Self {
        let mut child =
            environment.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("kndb starts");
        let store = Store::open(environment.path("db")).expect("a store");
        while store.snapshot().expect("a snapshot").run_named(run).is_none() {
            assert!(child.try_wait().expect("a child of ours").is_none(), "it ended too early");
            std::thread::sleep(Duration::from_millis(2));
        }
        let messages = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, messages }
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    fn next_message(&mut self) -> String {
        self.messages.next().expect("a line").expect("UTF-8")
    }

    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("a child of ours");
        let rest: Vec<String> = self.messages.map(|line| line.expect("UTF-8")).collect();
        (status, rest.join("\n"))
    }
}

/// A command line whose facts take long.
fn slow(facts: &str) -> Vec<String> {
    let mut slow = arguments("1");
    let steps = slow.iter().position(|argument| argument == "100").expect("the steps");
    slow[steps] = "10000".into();
    slow.extend(["--limit", facts].map(str::to_owned));
    slow
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn a_first_signal_is_answered_at_once_and_ends_the_job_in_order() {
    let some = |threads| arguments(threads).into_iter().chain(["--limit", "60"].map(str::to_owned)).collect::<Vec<_>>();
    let (two, one) = (some("2"), some("1"));
    let whole = prepared();
    whole.ok(&borrowed(&two));
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let stopped = prepared();
        let mut running = Running::start(&stopped, &borrowed(&two), "r");
        running.send(signal);
        let sent = Instant::now();
        let answer = running.next_message();
        assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
        // How many facts are in work in that moment is not the test's to say.
        let (begin, end) = ("finishing ", ", then stopping; once more to stop now (what is stored stays)");
        assert!(answer.starts_with(begin) && answer.ends_with(end), "{answer}");
        let (status, messages) = running.end();
        assert_eq!(status.code(), Some(code), "{messages}");
        assert!(messages.contains("error: interrupted: run \"r\" holds "), "{messages}");
        assert!(messages.contains("hint: the same command goes on from here"), "{messages}");
        if signal == "-TERM" {
            stopped.ok(&borrowed(&one));
            assert!(contents(&stopped) == contents(&whole), "the resumed run holds something else");
        }
    }
}

#[test]
fn a_second_signal_ends_the_job_at_once_and_loses_nothing_that_was_there() {
    let slow = slow("2");
    let environment = prepared();
    let mut running = Running::start(&environment, &borrowed(&slow), "r");
    // The first of four entries; the next ones take as long each.
    while contents(&environment).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.send("-TERM");
    let answer = running.next_message();
    assert!(answer.starts_with("finishing ") && answer.contains("then stopping; once more"), "{answer}");
    let there = contents(&environment);
    running.send("-TERM");
    let (status, _) = running.end();
    assert_eq!(status.code(), Some(143));
    let kept = contents(&environment);
    assert!(there.iter().all(|(key, entry)| kept.get(key) == Some(entry)), "what was visible is there");
    assert!(kept.len() < 4, "it was in the middle of the work");
    assert_eq!(environment.ok(&["verify", "db"]).code, Some(0));

    environment.ok(&borrowed(&slow));
    let whole = prepared();
    whole.ok(&borrowed(&slow));
    assert!(contents(&environment) == contents(&whole), "the resumed run holds something else");
}

#[test]
fn a_run_that_is_being_attributed_is_refused_to_every_other_job_at_its_start() {
    let slow = slow("50");
    let environment = prepared();
    let running = Running::start(&environment, &borrowed(&slow), "r");
    let holder = format!("run \"r\" is being filled already, by kndb attribute, process {}", running.child.id());
    environment.write("sets.json", r#"{"f1": [[0, 1]]}"#);
    let shape = Store::open(environment.path("db")).expect("a store").snapshot().expect("a snapshot");
    let shape = shape.run_named("r").expect("the run").spec.shape;
    let (layers, width) = (shape.layers.to_string(), shape.width.to_string());
    let import = ["import", "db", "sets.json", "--run", "r", "--model", "bert", "--layers", &layers, "--width", &width];
    for command in [&borrowed(&slow)[..], &import, &["drop-run", "db", "r", "--yes"]] {
        let second = environment.run(command);
        assert_eq!(second.code, Some(1), "{second:?}");
        assert!(second.messages.contains(&holder), "{second:?}");
        assert!(second.messages.contains("hint: wait until it has ended"), "{second:?}");
    }

    // Another run, and readers, are no concern of it.
    let mut other = arguments("1");
    let run = other.iter().position(|argument| argument == "r").expect("the run");
    other[run] = "other".into();
    other.extend(["--limit", "1"].map(str::to_owned));
    environment.ok(&borrowed(&other));
    let asked = environment.ok(&["query", "db", "-m", "csv", "kn[run=other] by run"]);
    assert!(asked.out.contains("other,"), "{asked:?}");

    // A process that is killed has let go of it.
    running.send("-KILL");
    running.end();
    environment.ok(&["drop-run", "db", "r", "--yes"]);
    let again: Vec<String> = arguments("1").into_iter().chain(["--limit", "1"].map(str::to_owned)).collect();
    environment.ok(&borrowed(&again));
}

/// What can be known without the model is refused before one is looked for: here there is none.
#[test]
fn mistakes_that_need_no_model_are_told_before_one_is_loaded() {
    let environment = prepared();
    let attribute = |arguments: &str| {
        let line = format!("attribute db --model nowhere {arguments}");
        environment.run(&line.split_whitespace().collect::<Vec<_>>())
    };
    for (arguments, expected) in [
        ("--langs fr", "error: there is no language \"fr\"; expected one that has labels of facts: en, zh\n"),
        ("--langs en,hz", "hint: did you mean zh?"),
        ("--relations P63", "error: there is no relation \"P63\"; the store has P36"),
        ("--threads 0", "invalid value '0' for '--threads <N>': expected a whole number, at least 1"),
        ("--limit none", "invalid value 'none' for '--limit <N>': expected a whole number, at least 1"),
        ("--steps 0", "invalid value '0' for '--steps <N>': expected a whole number, at least 1"),
    ] {
        let told = attribute(arguments);
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(told.messages.contains(expected), "{told:?}");
    }
    let model = root().join("engine/tests/fixtures/bert").display().to_string();
    let told = environment.run(&["attribute", "db", "--model", &model, "--layers", "0-99"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.messages.contains("layers is ") && told.messages.contains("expected layers of "), "{told:?}");

    environment.ok(&["init", "empty"]);
    let told = environment.run(&["attribute", "empty", "--model", "nowhere"]);
    assert!(told.messages.contains("hint: `kndb facts empty FOLDER`"), "{told:?}");

    std::fs::remove_file(environment.path("en/templates.jsonl")).expect("it was there");
    environment.ok(&["facts", "bare", "en"]);
    let told = environment.run(&["attribute", "bare", "--model", "nowhere"]);
    assert!(
        told.messages.contains("error: there is no template of any relation in en, so no fact can be asked"),
        "{told:?}"
    );
}
