//! SQL: `kndb-sql`, and `kndb sql`. DataFusion takes some ten minutes to build on two cores, so that this is a step of its own.
//!
//! What is tested is built as the Python package builds it, so that DataFusion is built once for both steps.

use crate::check::{cargo_command, finish};
use crate::root;

/// The same packages and features for all that is tested: those with which every crate is the one that the wheel has.
const OF_ALL: [&str; 7] = [
    "-p",
    "kndb-sql",
    "-p",
    "kndb-cli",
    "--no-default-features",
    "--features",
    "kndb-cli/attribute,kndb-cli/explorer,kndb-cli/sql,kndb-sql/ffi",
];

/// Lints, which check DataFusion once more, and tests.
pub fn run() -> Result<(), String> {
    cargo(&["clippy", "-p", "kndb-sql", "-p", "kndb-python", "--all-targets", "--", "-D", "warnings"])?;
    test()
}

/// The tests: of the crate, of the command, and the page of the documentation.
pub fn test() -> Result<(), String> {
    let of_all = |rest: &[&'static str]| ["test"].iter().chain(&OF_ALL).chain(rest).copied().collect::<Vec<_>>();
    cargo(&of_all(&["--lib", "--test", "sql"]))?;
    // Of the other pages the step `test` takes care.
    cargo(&of_all(&["--test", "docs", "--", "sql.md"]))?;
    cargo(&of_all(&["--doc"]))
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let mut command = cargo_command();
    command.args(arguments).current_dir(root());
    finish(command, &format!("cargo {}", arguments.join(" ")))
}
