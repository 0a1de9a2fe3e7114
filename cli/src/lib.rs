//! The `kndb` command: import, attribution, query shell, experiments, figures, upkeep.
//!
//! A table of contents: `args` reads the command line, `commands` does what it says with the
//! library crates, `session` runs scripts, `shell` is for people, `output` writes results,
//! `overview` counts what a store holds, `knowledge` says what a run's model knows, `machine` asks the system, `relations` and `fact_choice` read names of facts, `error` decides on hints and exit codes. With the engine: `model` loads it, `job` runs its jobs, `study`
//! the paper's experiments, `sets` reads neurons to change from the query language. `embedded` is for programs that have the command inside.

mod args;
mod commands;
pub mod embedded;
mod error;
#[cfg(feature = "attribute")]
mod fact_choice;
mod interrupt;
#[cfg(feature = "attribute")]
mod job;
mod knowledge;
mod machine;
#[cfg(feature = "attribute")]
mod model;
mod output;
mod overview;
mod progress;
mod relations;
mod session;
#[cfg(feature = "attribute")]
mod sets;
mod shell;
#[cfg(feature = "attribute")]
mod study;
mod terminal;
mod within;

use std::ffi::OsString;

use args::Cli;

/// Does what a command line says, its first word the name of the program; its exit status. It writes to standard output and error, takes
/// Ctrl-C and SIGTERM for itself, and ends the process where the line is wrong or asks for help: a process does this once, and last.
pub fn run(line: Vec<OsString>) -> u8 {
    error::install_panic_hook();
    let Cli { color, read_only, command } = Cli::read(line);
    // A panic unwinds to here; its message is written already.
    std::panic::catch_unwind(|| {
        commands::run(command, terminal::Terminal { read_only, ..terminal::Terminal::standard(color) })
    })
    .unwrap_or(error::BUG)
}
