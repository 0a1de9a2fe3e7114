//! The Python package: its wheel is built, installed into an environment without anything else, and tried in one with its friends.
//!
//! Needs Python 3.11 or newer with venv, and a package index. Where one is missing the step is skipped, and says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::check::finish;
use crate::{root, say};

/// What builds the wheel, and what its tests compare with. torch is not among them: it is a gigabyte, and its tests say that they are skipped.
const TOOLS: [&str; 12] = [
    "maturin>=1.9,<2",
    "pytest",
    "mypy",
    "numpy",
    "pyarrow",
    "pandas",
    "pandas-stubs",
    "polars",
    "altair",
    "duckdb",
    "datafusion>=55,<56",
    "ipython",
];

const TYPES: [&str; 8] = [
    "-m",
    "mypy",
    "--strict",
    "--config-file=python/pyproject.toml",
    "--cache-dir=target/python/mypy",
    "python/python/kndb",
    "python/tests/typed.py",
    "python/tests/conftest.py",
];
const TESTS: [&str; 6] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "python/tests"];

/// Builds and tries the package; whether it could be. With `torch`, an interpreter that has torch and transformers, its tests are run by that one, too.
pub fn run(torch: Option<&str>) -> Result<bool, String> {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            say(&format!("xtask: python skipped: {reason}\n"));
            return Ok(false);
        }
    };
    let folder = root().join("target/python");
    let tools = match environment(&python, &folder.join("env"), &TOOLS) {
        Ok(tools) => tools,
        Err(reason) => {
            say(&format!("xtask: python skipped: its tools could not be installed: {reason}\n"));
            return Ok(false);
        }
    };
    let wheel = wheel(&tools, &folder.join("wheels"), &[])?;
    alone(&python, &folder.join("alone"), &wheel)?;
    install(&tools, &wheel)?;
    finish(command(&tools, &TYPES), "mypy --strict")?;
    finish(command(&tools, &TESTS), "pytest")?;
    let Some(torch) = torch else { return Ok(true) };
    let site = tools.parent().and_then(Path::parent).unwrap_or(&folder).join("with-torch");
    let site_shown = site.to_string_lossy().into_owned();
    let wheel_shown = wheel.to_string_lossy().into_owned();
    let into = ["-m", "pip", "install", "-q", "--upgrade", "--no-deps", "--target", &site_shown, &wheel_shown];
    finish(command(&tools, &into), "pip install --target")?;
    let pytest = ["-m", "pip", "install", "-q", "--upgrade", "--target", &site_shown, "pytest"];
    finish(command(&tools, &pytest), "pip install --target")?;
    let mut tests = command(Path::new(torch), &TESTS);
    tests.env("PYTHONPATH", &site);
    finish(tests, "pytest with torch")?;
    Ok(true)
}

/// Builds the wheel for others. maturin looks which symbols of glibc it needs, and names it after the oldest manylinux that has them.
pub fn release() -> Result<(), String> {
    let tools = environment(&python()?, &root().join("target/python/env"), &TOOLS)?;
    let wheel = wheel(&tools, &root().join("target/wheels"), &["--release"])?;
    let bytes = std::fs::metadata(&wheel).map_or(0, |found| found.len());
    say(&format!("xtask: {} ({:.1} MB)\n", wheel.display(), bytes as f64 / 1e6));
    Ok(())
}

/// An interpreter that is new enough and can make environments.
pub fn python() -> Result<PathBuf, String> {
    let name = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let looks = "import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 11) else 3)";
    let status = Command::new(&name).args(["-c", looks]).stderr(Stdio::null()).status();
    match status.map(|status| status.code()) {
        Ok(Some(0)) => Ok(name.into()),
        Ok(Some(3)) => Err(format!("{name} is older than 3.11; PYTHON names another one")),
        Ok(_) => Err(format!("{name} has no venv or no pip; PYTHON names another one")),
        Err(_) => Err(format!("there is no {name}; PYTHON names another one")),
    }
}

/// The interpreter of an environment with some packages: made once, and anew when the list is another.
pub fn environment(python: &Path, folder: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    let (marker, wanted) = (folder.join("packages"), packages.join("\n"));
    let inner = folder.join("bin/python");
    if std::fs::read_to_string(&marker).is_ok_and(|had| had == wanted) {
        return Ok(inner);
    }
    fresh(python, folder)?;
    let mut arguments = vec!["-m", "pip", "install", "-q"];
    arguments.extend(packages);
    finish(command(&inner, &arguments), "pip install")?;
    std::fs::write(&marker, wanted).map_err(|e| format!("{}: {e}", marker.display()))?;
    Ok(inner)
}

fn fresh(python: &Path, folder: &Path) -> Result<(), String> {
    let folder = folder.to_string_lossy().into_owned();
    finish(command(python, &["-m", "venv", "--clear", &folder]), "python -m venv")
}

/// Builds the wheel; the one file of `folder`.
pub fn wheel(tools: &Path, folder: &Path, arguments: &[&str]) -> Result<PathBuf, String> {
    let _ = std::fs::remove_dir_all(folder);
    let out = folder.to_string_lossy().into_owned();
    let mut all = vec!["-m", "maturin", "build", "--quiet", "--manifest-path", "python/Cargo.toml", "--out", &out];
    // As tests are built, so that all but the package's own crates is there already.
    all.extend(if arguments.is_empty() { &["--profile", "dev", "--compatibility", "linux"] } else { arguments });
    finish(command(tools, &all), "maturin build")?;
    let found = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut wheels =
        found.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension() == Some("whl".as_ref()));
    wheels.next().ok_or_else(|| format!("maturin left no wheel in {}", folder.display()))
}

/// From nothing to an answer: a new environment with the wheel, and what it asks for, alone.
fn alone(python: &Path, folder: &Path, wheel: &Path) -> Result<(), String> {
    let begun = Instant::now();
    fresh(python, folder)?;
    let inner = folder.join("bin/python");
    install(&inner, wheel)?;
    finish(command(&inner, &["python/tests/first_answer.py"]), "the first answer")?;
    finish(command(&inner, &["-m", "kndb", "--version"]), "python -m kndb")?;
    say(&format!("xtask: a new environment, the wheel and an answer: {:.1} s\n", begun.elapsed().as_secs_f64()));
    Ok(())
}

fn install(python: &Path, wheel: &Path) -> Result<(), String> {
    let wheel = wheel.to_string_lossy().into_owned();
    // Its version stays the same from build to build.
    finish(command(python, &["-m", "pip", "uninstall", "-q", "-y", "kndb"]), "pip uninstall")?;
    finish(command(python, &["-m", "pip", "install", "-q", &wheel]), "pip install")
}

/// A command in the repository, that leaves no caches.
pub fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Crates that must be there once: of two Arrows, neither takes the other's batches, and only one pyo3 can be linked.
const ONCE: [&str; 2] = ["arrow-", "pyo3"];

/// Looks through the lock file for crates that are there in two versions and must not be.
pub fn once() -> Result<(), String> {
    let path = root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut names: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    names.retain(|name| ONCE.iter().any(|once| name.starts_with(once)) || *name == "parquet");
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(twice) => Err(format!(
            "{} is in Cargo.lock in two versions: `cargo tree -i {}` says who wants which; kndb, pyo3-arrow and DataFusion must agree",
            twice[0], twice[0]
        )),
    }
}
