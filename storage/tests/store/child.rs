//! Other processes: the test binary starts itself again, to play one role with a store.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const ROLE: &str = "KNDB_TEST_ROLE";
const STORE: &str = "KNDB_TEST_STORE";
/// What the role says begins with this; the test harness talks on the same pipe.
const MARK: &str = "> ";

/// The roles, each with the store's folder.
fn roles(role: &str) -> fn(&Path) {
    match role {
        "append" => crate::contract::processes::append,
        "look" => crate::readers::processes::look,
        "work until killed" => crate::crash::pairs::work_until_killed,
        "upgrade" => crate::crash::pairs::upgrade,
        "commit until killed" => crate::crash::commit_until_killed,
        other => panic!("there is no role {other:?}"),
    }
}

#[test]
#[ignore = "other tests start it in processes of their own"]
fn play() {
    if let (Ok(role), Some(store)) = (std::env::var(ROLE), std::env::var_os(STORE)) {
        roles(&role)(&PathBuf::from(store));
    }
}

/// Tells whoever runs the tests, with `--nocapture`.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Says a line to the process that started this one.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{MARK}{line}").expect("the test reads");
    out.flush().expect("the test reads");
}

/// Waits for a line from the process that started this one; `None` when that is over.
pub fn hear() -> Option<String> {
    std::io::stdin().lines().next().map(|line| line.expect("the test writes"))
}

/// A process that plays a role. It is killed when dropped.
pub struct Player {
    pub process: Child,
    to: Option<ChildStdin>,
    from: Lines<BufReader<ChildStdout>>,
}

impl Player {
    pub fn start(role: &str, store: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this binary"))
            .args(["child::play", "--exact", "--ignored", "--nocapture"])
            .env(ROLE, role)
            .env(STORE, store)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let to = process.stdin.take();
        let from = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { process, to, from }
    }

    pub fn tell(&mut self, line: &str) {
        let to = self.to.as_mut().expect("not over yet");
        writeln!(to, "{line}").expect("the role hears");
        to.flush().expect("the role hears");
    }

    /// The next line that the role says; `None` when it is over.
    pub fn said(&mut self) -> Option<String> {
        // A process killed while it writes leaves half a line, or bytes that are no text.
        let lines = self.from.by_ref().map_while(Result::ok);
        lines.filter_map(|line| line.strip_prefix(MARK).map(str::to_owned)).next()
    }

    /// Waits for the role's end, which must be a good one.
    pub fn end(mut self) {
        self.to = None;
        while self.said().is_some() {}
        let status = self.process.wait().expect("ends");
        assert!(status.success(), "the role ended with {status}");
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
