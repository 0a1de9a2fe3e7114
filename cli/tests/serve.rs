//! `kndb serve` and `kndb demo --serve`: begun, asked, and ended in order.

mod environment;

use environment::Environment;
#[cfg(all(unix, feature = "attribute"))]
use environment::root;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A server, and where it is.
struct Serving {
    /// `None` once it has ended.
    child: Option<Child>,
    url: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Serving {
    fn begin(environment: &Environment, arguments: &[&str]) -> Self {
        let mut command = environment.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kndb starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        // The demo's answers come first.
        let url = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("a line") > 0, "no address");
            if line.starts_with("http://") {
                break line.trim().to_owned();
            }
        };
        Self { child: Some(child), url, lines }
    }

    fn authority(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.authority()).expect("somebody listens");
        let host = self.authority();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Sends a signal; exit code, the rest of the results, and messages.
    fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let child = self.child.take().expect("it was not ended");
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("results");
        let output = child.wait_with_output().expect("a child of ours");
        (output.status.code(), rest, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A test that fails leaves no server behind.
impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(unix)]
#[test]
fn stores_are_served_until_ctrl_c_which_is_the_end_that_was_meant() {
    let environment = Environment::with_demo();
    for signal in ["-INT", "-TERM"] {
        let serving = Serving::begin(&environment, &["serve", "demo", "--port", "0"]);
        assert!(serving.url.starts_with("http://127.0.0.1:") && serving.url.ends_with('/'), "{}", serving.url);
        let page = serving.get("/");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("no-model"), "{page}");
        let answer = serving.get("/api/query?q=likn%5Blang%20in%20(en,%20zh)%5D%20by%20layer&format=csv");
        let asked = environment.ok(&["query", "demo", "-m", "csv", "likn[lang in (en, zh)] by layer"]).out;
        assert!(answer.ends_with(&format!("\r\n\r\n{asked}")), "{answer}");
        let (code, rest, messages) = serving.end(signal);
        assert_eq!((code, rest.as_str()), (Some(0), ""), "{messages}");
        assert_eq!(messages, "serving, read only; Ctrl-C ends it\n");
    }
}

#[cfg(unix)]
#[test]
fn the_demo_can_be_looked_at_at_once() {
    let environment = Environment::new();
    let serving = Serving::begin(&environment, &["demo", "fresh", "--synthetic", "--serve"]);
    assert!(serving.get("/search?s=%E6%B3%95%E5%9B%BD").contains("<bdi lang=\"zh\">法国</bdi>"));
    assert_eq!(serving.end("-INT").0, Some(0));
}

#[cfg(unix)]
#[test]
fn without_a_port_a_second_server_takes_a_free_one() {
    let environment = Environment::with_demo();
    let first = Serving::begin(&environment, &["serve", "demo"]);
    let second = Serving::begin(&environment, &["serve", "demo"]);
    assert_ne!(first.url, second.url);
    assert!(second.get("/").contains("no-model"));
    let port = first.authority().rsplit(':').next().expect("a port").to_owned();
    let taken = environment.run(&["serve", "demo", "--port", &port]);
    assert_eq!(taken.code, Some(1), "{taken:?}");
    assert!(
        taken.messages.contains(&format!("port {port}")) && taken.messages.contains("cannot be listened at"),
        "{taken:?}"
    );
    for serving in [first, second] {
        assert_eq!(serving.end("-INT").0, Some(0));
    }
}

#[test]
fn what_cannot_be_served_is_refused_before_anybody_can_connect() {
    let environment = Environment::with_demo();
    for (arguments, reason) in [
        (&["serve", "nowhere"] as &[&str], "there is nothing at that path"),
        (&["serve", "demo", "demo"], "cannot be shown beside the others"),
        (&["serve", "demo", "--host", "no.such.host.invalid", "--port", "0"], "cannot be listened at"),
    ] {
        let ran = environment.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.messages.contains(reason), "{ran:?}");
    }
    assert_eq!(environment.run(&["serve"]).code, Some(2));
}

#[cfg(all(unix, feature = "attribute"))]
#[test]
fn the_words_that_a_neuron_promotes_are_those_of_the_run_s_own_model() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("en")).expect("a folder");
    environment.write(
        "en/P36.jsonl",
        r#"{"uuid": "f1", "lineid": 0, "sub_uri": "a", "sub_label": "France", "obj_uri": "b", "obj_label": "Paris"}"#,
    );
    environment.write("en/templates.jsonl", r#"{"relation": "P36", "template": "The capital of [X] is [Y] ."}"#);
    let folder = |name: &str| root().join("engine/tests/fixtures").join(name).display().to_string();
    let (bert, gpt2) = (folder("bert"), folder("gpt2"));
    environment.ok(&["init", "db"]);
    environment.ok(&["facts", "db", "en"]);
    environment.ok(&["attribute", "db", "--model", &bert, "--run", "own"]);
    let page = "/neuron/own/2:47";
    let serving = Serving::begin(&environment, &["serve", "db", "--model", &gpt2, "--model", &bert, "--port", "0"]);
    let own = serving.get(page);
    // Of `fixtures/promoted.json`, by transformers: the tokens of layer 2, neuron 47.
    assert!(own.contains("id=\"words\"") && own.contains("of <bdi>bert</bdi>"), "{own}");
    serving.end("-INT");
    let serving = Serving::begin(&environment, &["serve", "db", "--model", &gpt2, "--port", "0"]);
    let other = serving.get(page);
    assert!(
        !other.contains("id=\"words\"") && other.contains("no folder that was given is that of this run"),
        "{other}"
    );
    let (_, _, messages) = serving.end("-INT");
    assert!(messages.contains("warning: no run of these stores is of the model gpt2"), "{messages}");
    let serving = Serving::begin(&environment, &["serve", "db", "--port", "0"]);
    assert!(serving.get(page).contains("kndb serve … --model DIR"));
    serving.end("-INT");
    let refused = environment.run(&["serve", "db", "--model", "nowhere"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn an_address_that_others_reach_is_warned_of() {
    let environment = Environment::with_demo();
    let serving = Serving::begin(&environment, &["serve", "demo", "--host", "0.0.0.0", "--port", "0"]);
    assert!(serving.url.starts_with("http://127.0.0.1:"), "{}", serving.url);
    assert!(serving.get("/").contains("no-model"));
    let (code, _, messages) = serving.end("-INT");
    assert_eq!(code, Some(0));
    assert!(messages.starts_with("warning: whoever reaches this address can read the stores"), "{messages}");
}
