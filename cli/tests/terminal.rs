//! The shell at a terminal: what Ctrl-C does, what a pager gets, how wide results are.
//!
//! The terminal is a pseudo-terminal of `script`, of util-linux; where that is not there, the tests are ignored, with the reason.
//! Nothing depends on how fast anything is: each step waits for what is to be seen.

mod environment;

use environment::Environment;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Waits at most so long for something to be seen.
const COMES: Duration = Duration::from_secs(120);
/// Facts of the store.
const FACTS: u32 = 1_500;
/// Neurons of each.
const NEURONS: u32 = 400;

fn main() {
    let tests: [(&str, fn()); 5] = [
        ("ctrl_c_ends_the_statement_and_not_the_shell", ctrl_c_ends_the_statement_and_not_the_shell),
        ("ctrl_c_in_a_pager_is_the_pagers", ctrl_c_in_a_pager_is_the_pagers),
        ("leaving_the_pager_ends_the_statement", leaving_the_pager_ends_the_statement),
        ("lines_are_no_wider_than_the_terminal", lines_are_no_wider_than_the_terminal),
        ("the_shell_begins_with_its_rc_file", the_shell_begins_with_its_rc_file),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::ignorable_test(name, move || -> Result<Completion, Failed> {
            if let Some(reason) = no_terminal() {
                return Ok(Completion::ignored_with(reason));
            }
            test();
            Ok(Completion::Completed)
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit();
}

/// Why no pseudo-terminal can be had, if that is so.
fn no_terminal() -> Option<&'static str> {
    if cfg!(not(target_os = "linux")) {
        return Some("`script` takes other arguments there");
    }
    let there = Command::new("script").args(["-qec", "stty size", "/dev/null"]).stdin(Stdio::null()).output();
    if there.is_ok_and(|output| output.status.success()) { None } else { Some("there is no `script` of util-linux") }
}

/// A folder with a store `db`, large enough for statements that take long.
fn with_store() -> Environment {
    let environment = Environment::new();
    let mut sets = String::from("{");
    for fact in 0..FACTS {
        let comma = if fact == 0 { "" } else { "," };
        write!(sets, "{comma}\"fact-number-{fact}\":[").expect("to memory");
        for at in 0..NEURONS {
            let (comma, neuron) = (if at == 0 { "" } else { "," }, at * 30 + fact % 29);
            write!(sets, "{comma}[{},{}]", neuron / 1_000, neuron % 1_000).expect("to memory");
        }
        sets.push(']');
    }
    environment.write("sets.json", &(sets + "}"));
    let run = ["--run", "r", "--model", "m", "--layers", "12", "--width", "1000", "--lang", "en", "--quiet"];
    environment.ok(&["init", "db"]);
    environment.ok(&[&["import", "db", "sets.json"][..], &run].concat());
    environment
}

/// A shell in a pseudo-terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    seen: Arc<Mutex<String>>,
    /// What was waited for is before this.
    at: usize,
}

impl Terminal {
    /// Opens a shell on the store, on a terminal of twenty lines of sixty cells.
    fn open(environment: &Environment, pager: &str, options: &str) -> Self {
        let command = environment.command(&[]);
        let kndb = command.get_program().to_string_lossy().into_owned();
        let line = format!("stty rows 20 cols 60; exec {kndb} db {options}");
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(environment.path(".")).env_clear();
        for (key, value) in command.get_envs() {
            if let Some(value) = value {
                script.env(key, value);
            }
        }
        script.env("TERM", "xterm").env("SHELL", "/bin/sh").env("KNDB_PAGER", pager);
        let mut child =
            script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("script starts");
        let (keys, mut screen) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let seen = Arc::new(Mutex::new(String::new()));
        let writes = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = screen.read(&mut bytes)
                && count > 0
            {
                writes.lock().expect("no panic").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let mut terminal = Self { child, keys, seen, at: 0 };
        terminal.sees("kndb> ");
        terminal
    }

    fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).expect("the terminal takes it");
        self.keys.flush().expect("the terminal takes it");
    }

    /// Waits until a text is on the screen, after what was waited for before; what stands between.
    fn sees(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            if let Some(between) = self.saw(text) {
                return between;
            }
            let screen = self.seen.lock().expect("no panic")[self.at..].to_owned();
            assert!(begun.elapsed() < COMES, "{text:?} does not come: {screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn saw(&mut self, text: &str) -> Option<String> {
        let seen = self.seen.lock().expect("no panic");
        let found = seen[self.at..].find(text)?;
        let between = seen[self.at..self.at + found].to_owned();
        drop(seen);
        self.at += found + text.len();
        Some(between)
    }

    /// Types Ctrl-C until a text is on the screen: the first one may come before the statement has begun.
    fn interrupts(&mut self, until: &str) {
        let begun = Instant::now();
        while self.saw(until).is_none() {
            assert!(begun.elapsed() < COMES, "{until:?} does not come");
            self.types("\x03");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until nothing more is written: what is typed ahead, the editor forgets.
    fn settles(&mut self) {
        let mut length = 0;
        while self.seen.lock().expect("no panic").len() > length {
            length = self.seen.lock().expect("no panic").len();
            std::thread::sleep(Duration::from_millis(400));
        }
        self.at = length;
    }

    /// Leaves the shell, which is still there and sound.
    fn leaves(mut self) {
        self.settles();
        self.types(".mode\r");
        self.sees("mode: ");
        self.settles();
        self.types("quit\r");
        let status = self.child.wait().expect("a child of ours");
        assert!(status.success(), "{status}");
    }
}

/// A statement that takes minutes.
fn long() -> String {
    vec!["kn"; 900].join("&")
}

fn ctrl_c_ends_the_statement_and_not_the_shell() {
    let environment = with_store();
    environment.write("long.kndb", &format!("{} by layer;\nkn by nothing;\n", long()));
    let mut terminal = Terminal::open(&environment, "", "");
    for _ in 0..2 {
        terminal.types(".read long.kndb\r");
        terminal.interrupts("interrupted");
        terminal.sees("kndb> ");
        terminal.settles();
    }
    assert!(!terminal.seen.lock().expect("no panic").contains("nothing"), "the script ended, too");
    // With no statement running it is a key like others.
    terminal.types("kn by \x03");
    terminal.leaves();
}

/// Writes a pager that shows the first line, says what it hears, and ends at a line with a q.
fn write_pager(environment: &Environment) {
    let pager = "trap 'echo heard it' INT\nhead -n 1\necho paging\nwhile :; do read key < /dev/tty; [ \"$key\" = q ] && exit; done\n";
    environment.write("pager.sh", pager);
}

fn ctrl_c_in_a_pager_is_the_pagers() {
    let environment = with_store();
    write_pager(&environment);
    let mut terminal = Terminal::open(&environment, "sh pager.sh", "");
    terminal.types("facts of kn;\r");
    terminal.sees("(1500 rows)");
    terminal.sees("paging");
    terminal.interrupts("heard it");
    terminal.types("q\r");
    terminal.sees("(1500 rows)");
    terminal.sees("kndb> ");
    terminal.leaves();
}

fn leaving_the_pager_ends_the_statement() {
    let environment = with_store();
    write_pager(&environment);
    // Its first rows come at once, and the last ones after minutes.
    environment.write("long.kndb", &format!("{};\n", long()));
    let mut terminal = Terminal::open(&environment, "sh pager.sh", "");
    terminal.types(".read long.kndb\r");
    terminal.sees("paging");
    terminal.types("q\r");
    terminal.sees("interrupted");
    terminal.sees("kndb> ");
    terminal.leaves();
}

fn lines_are_no_wider_than_the_terminal() {
    let environment = with_store();
    let mut terminal = Terminal::open(&environment, "", "-m box --labels en");
    for statement in
        [".maxrows 6", "facts of kn;", "kn by fact, layer;", "kn by layer plot;", ".runs", ".help", ".show"]
    {
        terminal.types(&format!("{statement}\r"));
        let echo = terminal.sees("\n");
        assert!(echo.contains(statement.trim_end_matches(';')), "{echo}");
        let shown = terminal.sees("kndb> ");
        for line in shown.lines().filter(|line| !line.contains('\u{1b}')) {
            assert!(line.trim_end().chars().count() <= 60, "{statement}: {line:?} of {shown}");
        }
    }
    assert!(terminal.seen.lock().expect("no panic").contains("(1500 rows, 6 shown"));
    terminal.leaves();
}

fn the_shell_begins_with_its_rc_file() {
    let environment = with_store();
    std::fs::create_dir_all(environment.path("home/.config/kndb")).expect("a folder");
    environment.write("home/.config/kndb/kndbrc", ".mode json\n.nonsense\n.timer on\n");
    environment.write("other", ".mode markdown\n");
    for (options, mode) in [
        ("", "json"),
        ("-m csv", "csv"),
        ("--no-rc", "table"),
        ("--init other", "markdown"),
        ("--init other -m tsv", "tsv"),
    ] {
        let mut terminal = Terminal::open(&environment, "", options);
        terminal.types(".mode\r");
        terminal.sees(&format!("mode: {mode}"));
        let told = terminal.seen.lock().expect("no panic").contains("there is no dot command .nonsense");
        assert_eq!(told, !options.contains("-rc") && !options.contains("init"), "{options}");
        terminal.leaves();
    }
    let script = environment.feed(&["db"], "kn[fact=\"fact-number-1\"] by layer top 1;");
    assert!(script.out.starts_with(" layer |"), "a script does not read it: {script:?}");
    let asked = environment.feed(&["db", "--init", "other"], "kn[fact=\"fact-number-1\"] by layer top 1;");
    assert!(asked.out.starts_with("| layer |"), "unless it was asked for: {asked:?}");
}
