//! A nightly toolchain, for what stable cannot do: sanitizers, and coverage for libFuzzer.

use std::process::Command;

/// A nightly toolchain that is installed.
pub struct Nightly {
    /// As `rustc --version` says it.
    pub version: String,
    /// The machine it builds for.
    pub host: String,
}

/// The nightly toolchain of rustup, if there is one.
pub fn installed() -> Option<Nightly> {
    let output =
        Command::new("rustc").args(["+nightly", "-vV"]).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    Some(Nightly { version: text.lines().next()?.to_owned(), host })
}

impl Nightly {
    /// Its cargo. Not the one that runs this task, which is of another toolchain, nor with that one's target folder.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.arg("+nightly").env_remove("CARGO_TARGET_DIR");
        cargo
    }

    /// Whether it has a command of cargo's.
    pub fn has(&self, command: &str) -> bool {
        self.cargo().args([command, "--version"]).output().is_ok_and(|output| output.status.success())
    }
}
