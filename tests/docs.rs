//! The examples of README.md and docs/ are run: every `console` block, with its output compared.
//!
//! A line `$ command` is run by `sh` with `kndb` on the path, in one folder a page; the lines below it
//! are its output, results and messages together. `[..]` stands for anything within a line, a line
//! `...` for any lines. A page with the comment `<!-- needs ../shared/data -->` is run with `$DATA` set
//! to that folder, and reported as ignored where it is not there. `$DEMO` is the repository's `demo` folder. With
//! `KNDB_WRITE_DOCS` (`cargo xtask docs`) the outputs of pages with the comment of [`WRITTEN`] are written anew.

#[path = "../cli/tests/environment/mod.rs"]
mod environment;
#[path = "product/shared_data.rs"]
mod shared_data;

use environment::{Environment, root};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::path::{Path, PathBuf};

const NEEDS_DATA: &str = "<!-- needs ../shared/data -->";
const NEEDS_SQL: &str = "<!-- needs a build with SQL -->";
const WRITTEN: &str = "<!-- outputs are written by `cargo xtask docs` -->";

fn main() {
    let arguments = Arguments::from_args();
    let mut pages = vec![root().join("README.md")];
    let docs = std::fs::read_dir(root().join("docs")).expect("a docs folder");
    pages.extend(
        docs.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "md")),
    );
    pages.sort();
    let trials = pages.into_iter().filter_map(|page| {
        let text = std::fs::read_to_string(&page).expect("a readable page");
        text.contains("```console").then(|| {
            let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Trial::ignorable_test(name, move || run(&page, &text))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn run(page: &Path, text: &str) -> Result<Completion, Failed> {
    if text.contains(NEEDS_SQL) {
        if cfg!(not(feature = "sql")) {
            return Ok(Completion::ignored_with("the page is about a build with SQL: cargo xtask sql"));
        }
    } else if cfg!(not(all(feature = "attribute", feature = "parquet"))) {
        return Ok(Completion::ignored_with("the pages are about a build with all default features"));
    }
    let mut data = None;
    if text.contains(NEEDS_DATA) {
        match shared_data::folder() {
            Ok(folder) => data = Some(folder),
            Err(reason) => return Ok(Completion::ignored_with(reason)),
        }
    }
    let environment = Environment::new();
    if text.contains(WRITTEN) && std::env::var_os("KNDB_WRITE_DOCS").is_some() {
        std::fs::write(page, written(text, &environment, data.as_ref())).map_err(|e| e.to_string())?;
        return Ok(Completion::Completed);
    }
    for step in steps(text) {
        let found = step.run(&environment, data.clone());
        if !matches(&step.output, &found) {
            let place = format!("{}:{}", page.display(), step.line);
            let expected = step.output.join("\n");
            return Err(format!(
                "{place}: $ {}\n--- expected\n{expected}\n--- found\n{}",
                step.command,
                found.join("\n")
            )
            .into());
        }
    }
    Ok(Completion::Completed)
}

/// The page with what its commands say now.
fn written(text: &str, environment: &Environment, data: Option<&PathBuf>) -> String {
    let outputs: Vec<(usize, Vec<String>)> =
        steps(text).iter().map(|step| (step.line, step.run(environment, data.cloned()))).collect();
    let (mut page, mut inside, mut said) = (String::new(), false, [].as_slice());
    for (line, number) in text.lines().zip(1..) {
        // Below all lines of its command.
        if !line.starts_with("> ") {
            std::mem::take(&mut said).iter().for_each(|line| page += &format!("{line}\n"));
        }
        inside = if inside { line != "```" } else { line == "```console" };
        let output = outputs.iter().find(|(of, _)| *of == number).map(|(_, output)| output.as_slice());
        // What a command said before is left out.
        if inside && output.is_none() && !line.starts_with("> ") && line != "```console" {
            continue;
        }
        page += &format!("{line}\n");
        said = output.unwrap_or(said);
    }
    page
}

struct Step {
    line: usize,
    command: String,
    output: Vec<String>,
}

impl Step {
    fn run(&self, environment: &Environment, data: Option<PathBuf>) -> Vec<String> {
        let kndb = Path::new(env!("CARGO_BIN_EXE_kndb"));
        let mut command = environment.command(&[]);
        let path = std::env::join_paths(
            kndb.parent()
                .map(Path::to_owned)
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("({}) 2>&1", self.command)).current_dir(environment.path("."));
        shell.env_clear().env("PATH", path.expect("a path"));
        for (key, value) in command.env("COLUMNS", "100").get_envs().filter(|(key, _)| *key != "PATH") {
            if let Some(value) = value {
                shell.env(key, value);
            }
        }
        if let Some(data) = data {
            shell.env("DATA", data);
        }
        shell.env("DEMO", root().join("demo"));
        let output = shell.output().expect("sh runs");
        String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

fn steps(text: &str) -> Vec<Step> {
    let (mut steps, mut inside) = (Vec::<Step>::new(), false);
    for (number, line) in text.lines().enumerate() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), line.strip_prefix("> "), steps.last_mut()) {
                (Some(command), ..) => {
                    steps.push(Step { line: number + 1, command: command.to_owned(), output: Vec::new() });
                }
                // A command that goes on, as a shell shows it.
                (None, Some(more), Some(step)) if step.output.is_empty() && step.command.ends_with('\\') => {
                    step.command.push('\n');
                    step.command.push_str(more);
                }
                (None, _, Some(step)) => step.output.push(line.trim_end().to_owned()),
                (None, _, None) => {}
            },
            (false, _) => {}
        }
    }
    for step in &mut steps {
        while step.output.last().is_some_and(String::is_empty) {
            step.output.pop();
        }
    }
    steps
}

/// Whether lines are as the page has them.
fn matches(expected: &[String], found: &[String]) -> bool {
    match (expected.split_first(), found.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "..." => (0..=found.len()).any(|skip| matches(rest, &found[skip..])),
        (None, Some((line, rest))) => line.is_empty() && matches(expected, rest),
        (Some((line, rest)), Some((text, more))) => line_matches(line, text) && matches(rest, more),
        (Some(_), None) => false,
    }
}

/// How far apart numbers of two processors may be, as a part of them: the engine chooses kernels by what a processor has, and 32-bit sums in
/// another order differ in their last digits (some 1e-6 seen between AVX2 and AVX-512).
const OTHER_KERNELS: f64 = 1e-5;
/// The same of what is left of a sum: residuals are rounding alone, some 1e-6 of scores that sum up to 1. Only of numbers with all their digits:
/// chances below it are told in two.
const LEFT_OF_SUMS: f64 = 5e-7;

/// Whether two lines differ in nothing but the last digits of numbers with a fraction, and in the spaces and rules that these digits shift.
fn same_but_for_digits(pattern: &str, text: &str) -> bool {
    let parts = |line: &str| -> Vec<String> {
        line.split(|c: char| c.is_whitespace() || c == ',' || c == '|')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let is_rule = |part: &str| part.contains('-') && part.chars().all(|c| c == '-' || c == '+');
    let number = |part: &str| part.contains('.').then(|| part.parse::<f64>().ok()).flatten();
    let slack = |a: &str, b: &str| if a.len() >= 9 && b.len() >= 9 { LEFT_OF_SUMS } else { 0.0 };
    let close = |a: &String, b: &String| {
        a == b
            || is_rule(a) && is_rule(b) && a.matches('+').count() == b.matches('+').count()
            || matches!((number(a), number(b)), (Some(x), Some(y)) if (x - y).abs() <= OTHER_KERNELS * x.abs().max(y.abs()) + slack(a, b))
    };
    let (expected, found) = (parts(pattern), parts(text));
    expected.len() == found.len() && expected.iter().zip(&found).all(|(a, b)| close(a, b))
}

fn line_matches(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split("[..]").collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return pattern == text || same_but_for_digits(pattern, text);
    };
    let Some(rest) = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    let mut rest = rest;
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}
