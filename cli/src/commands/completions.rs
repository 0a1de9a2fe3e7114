//! `kndb completions`: a completion script for a shell.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: CompletionsArgs, terminal: &mut Terminal) -> Result<()> {
    // The generator panics on a write error, which a closed pipe must not do.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kndb", &mut script);
    terminal.out.write_all(&script).map_err(CliError::Output)
}
