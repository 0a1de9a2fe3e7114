//! `kndb upgrade`: a store of an older format becomes one of the newest.

use std::io::Write;

use crate::args::StoreArgs;
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: StoreArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    let before = store.format();
    let said = if store.upgrade()? {
        format!("format {before} before, {} now; `kndb compact` rewrites its segments, too", store.format())
    } else {
        format!("it has format {before} already")
    };
    writeln!(terminal.out, "{said}").map_err(CliError::Output)
}
