//! `kndb rename-run`: a run gets another name.

use std::io::Write;

use crate::args::RenameRunArgs;
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: RenameRunArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    let and = match store.rename_run(&args.old, &args.new)? {
        0 => String::new(),
        1 => ", and in the run that was made from it".to_owned(),
        runs => format!(", and in {runs} runs that were made from it"),
    };
    writeln!(terminal.messages, "run {:?} is now {:?}{and}", args.old, args.new).map_err(CliError::Output)
}
