//! `kndb init`: makes an empty store.

use std::io::Write;

use kndb_storage::Store;

use crate::args::StoreArgs;
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: StoreArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.store, terminal)?;
    Store::create(&args.store)?;
    let path = args.store.display();
    writeln!(
        terminal.messages,
        "made an empty store at {path}; `kndb facts {path} PATH…` and `kndb import {path} FILE…` fill it"
    )
    .map_err(CliError::Output)
}
