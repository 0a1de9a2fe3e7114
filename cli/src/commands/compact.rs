//! `kndb compact`: merges small segments into large ones.

use std::io::Write;

use crate::args::StoreArgs;
use crate::error::{CliError, Result};
use crate::overview::readable_bytes;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: StoreArgs, terminal: &mut Terminal) -> Result<()> {
    // Also where nothing is to be done.
    super::must_be_writable(&args.store, terminal)?;
    let done = super::opened(&args.store, terminal)?.compact()?;
    writeln!(
        terminal.out,
        "segments: {} before, {} now\nbytes: {} before, {} now",
        done.segments_before,
        done.segments_after,
        readable_bytes(done.bytes_before),
        readable_bytes(done.bytes_after),
    )
    .map_err(CliError::Output)
}
