//! `kndb verify`: reads every byte of a store and checks it.

use std::io::Write;

use crate::args::StoreArgs;
use crate::error::{CliError, Result};
use crate::overview::{empty_runs, readable_bytes};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: StoreArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    if let Some(note) = empty_runs(&*store.snapshot()?, store.path()) {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let found = store.verify()?;
    for problem in &found.problems {
        writeln!(terminal.out, "problem: {problem}").map_err(CliError::Output)?;
    }
    writeln!(
        terminal.out,
        "segments: {}\nbytes read: {}\nfacts: {}\ncatalogue: {}\nresult: {}",
        found.segments,
        readable_bytes(found.bytes),
        found.facts,
        if found.catalogue { "read, too" } else { "not read, since it cannot be without leave to write" },
        match found.problems.len() {
            0 => "all is well".to_owned(),
            1 => "1 problem".to_owned(),
            count => format!("{count} problems"),
        }
    )
    .map_err(CliError::Output)?;
    match found.problems.len() {
        0 => Ok(()),
        problems => Err(CliError::NotSound { path: args.store, problems }),
    }
}
