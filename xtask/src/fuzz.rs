//! Made-up bytes: the libFuzzer targets of `fuzz/` where a nightly toolchain is installed, else the generators of the tests.

use crate::check::{cargo_command, finish};
use crate::nightly::{self, Nightly};
use crate::{proofs, root, say};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What cargo-fuzz sets: coverage that libFuzzer sees, comparisons included, and AddressSanitizer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Zsanitizer=address --cfg fuzzing";

/// No input is larger than some KB: what takes more memory, or this long, is found. The largest window of Zstandard is 128 MiB.
const LIMITS: [&str; 4] = ["-rss_limit_mb=2048", "-malloc_limit_mb=256", "-timeout=20", "-print_final_stats=1"];

/// A folder in memory, on Linux.
const IN_MEMORY: &str = "/dev/shm";

/// Seconds in all, usually.
const USUALLY: u64 = 600;

/// Tests that write the seeds of `fuzz/corpus`.
const SEEDS: [[&str; 5]; 2] =
    [["test", "-p", "kndb-storage", "--test", "store"], ["test", "-p", "kndb-import", "--test", "import"]];

/// Runs `--corpus`, or `--seconds N` and names of targets, all of them if there are none.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let (seconds, names) = match arguments {
        ["--corpus"] => return corpus(),
        ["--seconds", count, names @ ..] => {
            (count.parse().map_err(|_| format!("--seconds {count:?}: expected a whole number"))?, names)
        }
        names => (USUALLY, names),
    };
    let all = targets()?;
    let wanted = wanted(&all, names)?;
    let Some(nightly) = nightly::installed() else { return without_coverage(seconds, names) };
    say(&format!("xtask: libFuzzer, {} targets, {}\n", wanted.len(), nightly.version));
    let built = build(&nightly)?;
    let each = (seconds / wanted.len().max(1) as u64).max(1);
    let found: Vec<&str> =
        wanted.into_iter().filter_map(|name| one(&built, name, each).err().map(|_| name.as_str())).collect();
    if found.is_empty() { Ok(()) } else { Err(format!("found something: {}; see fuzz/artifacts", found.join(", "))) }
}

/// The targets of some names, all of them if there are none.
fn wanted<'a>(all: &'a [String], names: &[&str]) -> Result<Vec<&'a String>, String> {
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|known| known == *name)) {
        return Err(format!("no target {unknown:?}: {}", all.join(", ")));
    }
    Ok(all.iter().filter(|target| names.is_empty() || names.contains(&target.as_str())).collect())
}

/// The generators of the tests, which stand for all targets together and for none alone.
fn without_coverage(seconds: u64, names: &[&str]) -> Result<(), String> {
    const INSTALL: &str = "no nightly toolchain (rustup toolchain install nightly)";
    if !names.is_empty() {
        return Err(format!(
            "{INSTALL}: {} cannot be built, and without names the tests' generators run",
            names.join(", ")
        ));
    }
    say(&format!("xtask: {INSTALL}: the generators of the tests, without coverage\n"));
    proofs::run("generators", Some(("--seconds", &seconds.to_string())))
}

fn corpus() -> Result<(), String> {
    SEEDS.iter().try_for_each(|test| {
        let mut cargo = cargo_command();
        cargo.args(test).args(["seeds_are_written", "--", "--ignored"]).current_dir(root());
        finish(cargo, &format!("cargo {} seeds_are_written", test.join(" ")))
    })
}

fn fuzz() -> PathBuf {
    root().join("fuzz")
}

/// The names of the targets, in order.
fn targets() -> Result<Vec<String>, String> {
    let folder = fuzz().join("targets");
    let files = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> =
        files.flatten().filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Builds all targets; returns their folder.
fn build(nightly: &Nightly) -> Result<PathBuf, String> {
    let folder = fuzz().join("target");
    let mut cargo = nightly.cargo();
    cargo.args(["build", "--release", "--target", &nightly.host, "--target-dir"]).arg(&folder);
    cargo.env("RUSTFLAGS", FLAGS).current_dir(fuzz());
    finish(cargo, "cargo +nightly build")?;
    Ok(folder.join(&nightly.host).join("release"))
}

/// Runs a target for some seconds. New inputs stay in `fuzz/target/corpus`, for the next time.
fn one(built: &Path, name: &str, seconds: u64) -> Result<(), String> {
    let (work, logs) = (fuzz().join("target/corpus").join(name), fuzz().join("target/logs"));
    let artifacts = fuzz().join("artifacts").join(name);
    for folder in [&work, &logs, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let log = logs.join(format!("{name}.log"));
    let to_log = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let mut target = Command::new(built.join(name));
    target.arg(&work).args(seeds(name)).args(LIMITS).arg(format!("-max_total_time={seconds}"));
    // A slash at the end: else it is the beginning of names.
    target.arg(format!("-artifact_prefix={}/", artifacts.display()));
    // What is not given back at the end is no fault here.
    target.env("ASAN_OPTIONS", "detect_leaks=0").current_dir(fuzz()).stderr(to_log);
    // What is read by its path is written some hundred times a second.
    if Path::new(IN_MEMORY).is_dir() {
        target.env("TMPDIR", IN_MEMORY);
    }
    let begun = Instant::now();
    let ended = finish(target, name);
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let runs = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).unwrap_or("?").trim();
    let covered =
        text.lines().rev().find_map(|line| line.split_once("cov: ")?.1.split_once(' ')).map_or("?", |(cov, _)| cov);
    let said = if ended.is_ok() { "nothing found" } else { "FOUND SOMETHING" };
    say(&format!(
        "xtask: {name}: {runs} executions in {:.0} s, {covered} edges, {said} ({})\n",
        begun.elapsed().as_secs_f64(),
        log.display()
    ));
    ended
}

/// Folders of seeds: what is kept for the target, and what was found.
fn seeds(name: &str) -> Vec<PathBuf> {
    let sentences = root().join("query/tests/sentences");
    let all = [fuzz().join("corpus").join(name), fuzz().join("regressions").join(name), sentences];
    let known = if name == "query" { &all[..] } else { &all[..2] };
    known.iter().filter(|folder| folder.is_dir()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_no_target_is_an_error_that_lists_them() {
        let error = run(&["--seconds", "1", "qeury"]).expect_err("a misspelt name");
        assert!(error.starts_with("no target \"qeury\": ") && error.contains("query"), "{error}");
    }

    #[test]
    fn a_named_target_without_nightly_is_no_success() {
        let error = without_coverage(1, &["query"]).expect_err("nothing can be built");
        assert!(error.contains("no nightly toolchain") && error.contains("query cannot be built"), "{error}");
    }

    #[test]
    fn targets_are_those_that_are_named_or_all() {
        let all = ["dictionary", "query"].map(str::to_owned);
        assert_eq!(wanted(&all, &["query"]), Ok(vec![&all[1]]));
        assert_eq!(wanted(&all, &[]), Ok(all.iter().collect()));
    }
}
