//! How many instructions six small answers take, beside the numbers kept in `bench/instructions.tsv`. Unlike times, they do not
//! depend on what else the machine does.
//!
//! The answers are those of `bench/src/bin/instructions.rs`, on one core, so that no thread's waiting is counted. A question is
//! asked once and then 1 + [`MORE`] times; the difference is what an answer takes once everything is open and proved.

use crate::check::{cargo_command, finish};
use crate::{root, say};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const QUESTIONS: [&str; 6] = ["q1", "q2", "q3", "q4", "q5", "q6"];
/// Enough that what differs between two starts (addresses, seeds of hash tables: some 10,000 instructions) is lost in it.
const MORE: u64 = 50;
/// Largest share by which a count may differ. Two runs of one build differ by less than 0.5 %.
const TOLERANCE: f64 = 0.02;
const KEPT: &str = "bench/instructions.tsv";

/// Counts and compares; with `write`, keeps what was counted.
pub fn run(write: bool) -> Result<(), String> {
    for tool in ["valgrind", "taskset"] {
        if let Err(failure) = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status() {
            return Err(format!("{tool} cannot be run: {failure} (apt-get install {tool})"));
        }
    }
    let compiler = compiler()?;
    let kept = std::fs::read_to_string(root().join(KEPT)).unwrap_or_default();
    let theirs = kept.lines().next().unwrap_or_default().trim_start_matches("# ");
    if !write {
        of_one_compiler(&compiler, theirs)?;
    }
    let mut cargo = cargo_command();
    let build = ["build", "--release", "--package", "kndb-bench", "--bin", "instructions"];
    cargo.args(build).current_dir(root());
    finish(cargo, "cargo build --release -p kndb-bench --bin instructions")?;
    let counts = count_all(&target())?;
    if write {
        let lines = QUESTIONS.iter().zip(&counts).map(|(question, count)| format!("{question}\t{count}\n"));
        let text = format!("# {compiler}\n{}", lines.collect::<String>());
        return std::fs::write(root().join(KEPT), text).map_err(|e| format!("{KEPT} cannot be written: {e}"));
    }
    judge(&counts, &kept)
}

/// Counts of two compilers say nothing of the code.
fn of_one_compiler(found: &str, kept: &str) -> Result<(), String> {
    if found == kept {
        return Ok(());
    }
    Err(format!("not compared: found {found}; {KEPT} is of {kept:?} (keep new ones: --write)"))
}

fn compiler() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output().map_err(|e| format!("rustc cannot be run: {e}"))?;
    Ok(format!("{}, {}", String::from_utf8_lossy(&told.stdout).trim(), std::env::consts::ARCH))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn count_all(target: &Path) -> Result<Vec<u64>, String> {
    let (binary, store) = (target.join("release/instructions"), target.join("tmp/instructions"));
    // Always anew: a store of last week may be of another layout.
    let _ = std::fs::remove_dir_all(&store);
    std::fs::create_dir_all(target.join("tmp")).map_err(|e| format!("{}: {e}", target.display()))?;
    let mut writing = Command::new(&binary);
    writing.arg(&store);
    finish(writing, "instructions STORE")?;
    let one = |question: &&str| {
        let (first, all) = (counted(&binary, &store, question, 1)?, counted(&binary, &store, question, 1 + MORE)?);
        Ok(all.saturating_sub(first) / MORE)
    };
    QUESTIONS.iter().map(one).collect()
}

/// Instructions of a whole process that asks so many times.
fn counted(binary: &Path, store: &Path, question: &str, times: u64) -> Result<u64, String> {
    let mut command = Command::new("taskset");
    command.args(["-c", &first_core(), "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let told = command.arg(binary).arg(store).args([question, &times.to_string()]).output();
    let told = told.map_err(|e| format!("valgrind cannot be run: {e}"))?;
    let text = String::from_utf8_lossy(&told.stderr);
    // ==123== Collected : 4567
    let count = text.lines().filter_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok()).next_back();
    match count.filter(|_| told.status.success()) {
        Some(count) => Ok(count),
        None => Err(format!("valgrind ended with {} and no count for {question}:\n{text}", told.status)),
    }
}

/// A core that this process may run on.
fn first_core() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or("0");
    list.trim().split(['-', ',']).next().unwrap_or("0").to_owned()
}

fn judge(counts: &[u64], kept: &str) -> Result<(), String> {
    let mut apart = Vec::new();
    for (question, &count) in QUESTIONS.iter().zip(counts) {
        let line = kept.lines().find_map(|line| line.strip_prefix(question)?.trim().parse::<u64>().ok());
        let expected = line.ok_or_else(|| format!("{KEPT} has no {question}"))?;
        let change = count as f64 / expected as f64 - 1.0;
        say(&format!("xtask: {question} {count} instructions, {:+.1} % of {expected}\n", change * 100.0));
        if change.abs() > TOLERANCE {
            apart.push(*question);
        }
    }
    if apart.is_empty() {
        return Ok(());
    }
    let allowed = TOLERANCE * 100.0;
    Err(format!(
        "{} differ by more than {allowed} % from {KEPT}: find out why, and keep new ones with --write",
        apart.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_another_compiler_are_not_compared_and_no_success() {
        let (found, kept) = ("rustc 1.90.0, x86_64", "rustc 1.89.0, x86_64");
        let error = of_one_compiler(found, kept).expect_err("another compiler");
        assert!(error.contains(found) && error.contains(kept) && error.contains("--write"), "{error}");
        assert_eq!(of_one_compiler(found, found), Ok(()));
    }

    #[test]
    fn a_count_further_off_than_is_allowed_is_an_error_that_names_the_question() {
        let kept: String = QUESTIONS.iter().map(|question| format!("{question}\t1000\n")).collect();
        assert_eq!(judge(&[1_000; 6], &kept), Ok(()));
        let error = judge(&[1_000, 1_021, 1_000, 1_000, 1_000, 1_000], &kept).expect_err("2.1 % more");
        assert!(error.starts_with("q2 differ"), "{error}");
    }
}
