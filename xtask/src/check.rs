//! The gate: every step that CI runs, cheapest first, stopping at the first that fails.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{browser, links, python, root, say, sql};

/// One step: what it is called, and the cargo command it is.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    rustdocflags: Option<&'static str>,
    slow: bool,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", arguments: &["fmt", "--all", "--check"], rustdocflags: None, slow: false },
    Step {
        name: "clippy",
        arguments: &[
            "clippy",
            "--workspace",
            "--exclude",
            "kndb-sql",
            "--exclude",
            "kndb-python",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        rustdocflags: None,
        slow: true,
    },
    // Without the engine, so without burn: nothing large is built a second time. Of the command's tests those in which a feature that is not
    // there shows: what is refused, read and documented. The others do the same things in the step `test`, and each would be linked again.
    Step {
        name: "no default features",
        arguments: &[
            "test",
            "-p",
            "kndb-cli",
            "-p",
            "kndb-import",
            "--no-default-features",
            "--lib",
            "--bins",
            "--test",
            "commands",
            "--test",
            "docs",
            "--test",
            "facts",
            "--test",
            "import",
            "--test",
            "mutants",
        ],
        rustdocflags: None,
        slow: true,
    },
    // The others are compiled, not linked.
    Step {
        name: "no default features, all tests compile",
        arguments: &["check", "-p", "kndb-cli", "-p", "kndb-import", "--no-default-features", "--tests"],
        rustdocflags: None,
        slow: true,
    },
    // Doctests are among them.
    Step {
        name: "test",
        arguments: &["test", "--workspace", "--exclude", "kndb-sql", "--exclude", "kndb-python"],
        rustdocflags: None,
        slow: false,
    },
    Step {
        name: "doc",
        arguments: &["doc", "--no-deps", "--workspace", "--exclude", "kndb-sql", "--exclude", "kndb-python"],
        rustdocflags: Some("-D warnings"),
        slow: true,
    },
];

/// Steps of their own, which take long: each can be skipped by its name.
const HEAVY: [&str; 3] = ["browser", "sql", "python"];

/// Runs the gate with options as they were given: `--quick` leaves out clippy, the build without default features, rustdoc, the explorer in a browser, SQL and
/// the Python package, `--skip` and a name one of these three alone.
pub fn run(options: &[&str]) -> Result<(), String> {
    let quick = options.contains(&"--quick");
    let mut unwanted: Vec<&str> = if quick { HEAVY.to_vec() } else { Vec::new() };
    let mut rest = options.iter().filter(|option| **option != "--quick");
    while let Some(option) = rest.next() {
        match (*option, rest.next()) {
            ("--skip", Some(name)) if HEAVY.contains(name) => unwanted.push(name),
            _ => {
                return Err(format!(
                    "check takes --quick, and --skip with {}, not {}",
                    HEAVY.join(", "),
                    options.join(" ")
                ));
            }
        }
    }
    let wanted = |name: &str| !unwanted.contains(&name);
    let (begun, mut skipped) = (Instant::now(), Vec::new());
    step("one arrow, one pyo3", python::once)?;
    step("links", || links::run(&root()))?;
    for wanted in STEPS {
        if quick && wanted.slow {
            say(&format!("xtask: {} skipped (--quick)\n", wanted.name));
            skipped.push(wanted.name);
            continue;
        }
        step(wanted.name, || cargo(wanted))?;
    }
    if !deny()? {
        skipped.push("deny");
    }
    let heavy: [fn() -> Result<bool, String>; 3] =
        [|| browser::run(false), || sql::test().map(|()| true), || python::run(None)];
    for (name, run) in HEAVY.into_iter().zip(heavy) {
        let mut done = false;
        if wanted(name) {
            step(name, || run().map(|tried| done = tried))?;
        }
        if !done {
            skipped.push(name);
        }
    }
    let but = if skipped.is_empty() { String::new() } else { format!(" but {}, skipped", skipped.join(", ")) };
    say(&format!("xtask: all passed{but}, in {:.0} s\n", begun.elapsed().as_secs_f64()));
    Ok(())
}

fn step(name: &str, run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    say(&format!("xtask: {name} …\n"));
    let begun = Instant::now();
    run().map_err(|reason| format!("{name} failed: {reason}"))?;
    say(&format!("xtask: {name} ok, {:.1} s\n", begun.elapsed().as_secs_f64()));
    Ok(())
}

fn cargo(step: &Step) -> Result<(), String> {
    let mut command = cargo_command();
    command.args(step.arguments).current_dir(root());
    if let Some(flags) = step.rustdocflags {
        command.env("RUSTDOCFLAGS", flags);
    }
    finish(command, &format!("cargo {}", step.arguments.join(" ")))
}

/// The cargo that runs this task, or the one on the path.
pub fn cargo_command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Licences and advisories, where cargo-deny is installed. Advisories need the network, and are
/// left to CI: the gate must say the same with and without it. Whether they were looked at.
fn deny() -> Result<bool, String> {
    let installed = cargo_command()
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !installed {
        say("xtask: deny skipped: cargo-deny is not installed (cargo install cargo-deny)\n");
        return Ok(false);
    }
    if !root().join("deny.toml").exists() {
        return Err("deny.toml is gone: it says what kndb may depend on".into());
    }
    // `fuzz/` is a workspace of its own.
    ["Cargo.toml", "fuzz/Cargo.toml"].into_iter().try_for_each(|manifest| {
        step(&format!("deny {manifest}"), || {
            let mut arguments = vec!["deny", "--offline", "--config", "deny.toml", "--manifest-path", manifest];
            arguments.extend(["check", "bans", "licenses", "sources"]);
            let mut command = cargo_command();
            command.args(&arguments).current_dir(root());
            finish(command, &format!("cargo {}", arguments.join(" ")))
        })
    })?;
    Ok(true)
}

/// Runs a command to its end, its output shown as it comes.
pub fn finish(mut command: Command, shown: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(failure) => Err(format!("`{shown}` could not be run: {failure}")),
    }
}
