//! The explorer in a real browser: Chromium, driven by Playwright from Python, on stores that the tests make with `kndb`.
//!
//! Needs Chromium (Debian's package `chromium`, or whatever CHROMIUM names), Python 3.11 or newer with venv, and a package index. Where one
//! is missing the step is skipped, and says so. KNDB names a program that is there already.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::check::{cargo_command, finish};
use crate::python::{command, environment, python};
use crate::{root, say};

/// Playwright drives, axe looks for what a reader with a screen reader or a keyboard would stumble over.
const TOOLS: [&str; 3] = ["playwright>=1.50,<2", "pytest", "axe-playwright-python"];
/// What Chromium is called where CHROMIUM does not say.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Runs the tests of `tests/browser`; whether it could. With `pictures` they also write those of `docs/explorer.md` anew.
pub fn run(pictures: bool) -> Result<bool, String> {
    let found = chromium().and_then(|browser| Ok((browser, python()?)));
    let (browser, python) = match found {
        Ok(found) => found,
        Err(reason) => return skipped(&reason),
    };
    let tools = match environment(&python, &root().join("target/browser/env"), &TOOLS) {
        Ok(tools) => tools,
        Err(reason) => return skipped(&format!("its tools could not be installed: {reason}")),
    };
    let mut tests = command(&tools, &["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser"]);
    tests.env("KNDB", kndb()?).env("CHROMIUM", browser);
    if pictures {
        tests.env("KNDB_WRITE_PICTURES", "1");
    }
    finish(tests, "pytest tests/browser")?;
    Ok(true)
}

/// The program that is tested: the one that KNDB names, or one built now, without the engine, which no page needs.
fn kndb() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("KNDB") {
        return Ok(named.into());
    }
    let mut build = cargo_command();
    build
        .args(["build", "-p", "kndb-cli", "--no-default-features", "--features", "parquet,explorer"])
        .current_dir(root());
    finish(build, "cargo build -p kndb-cli")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("debug").join("kndb"))
}

fn skipped(reason: &str) -> Result<bool, String> {
    say(&format!("xtask: browser skipped: {reason}\n"));
    Ok(false)
}

fn chromium() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let known = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    known.into_iter().find(|program| starts(program)).ok_or_else(|| "there is no Chromium; CHROMIUM names one".into())
}

fn starts(program: &Path) -> bool {
    program.exists()
        && Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}
