//! `kndb copy-run`: one run into another store.

use super::merge::tell;
use crate::args::CopyRunArgs;
use crate::error::{CliError, Result};
use crate::progress::Progress;
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: CopyRunArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.to, terminal)?;
    let store = super::opened(&args.store, terminal)?;
    listing::must_have_run(&store, &args.run)?;
    let bar = Progress::of_entries(terminal.messages_to_person && !args.quiet);
    let name = args.name.as_deref().unwrap_or(&args.run);
    let done = store.copy_run(&args.run, &args.to, name, &mut |what, done, total| bar.of(done, total, what.to_owned()));
    bar.clear();
    let done = done?;
    if args.quiet {
        return Ok(());
    }
    tell(&done, &mut terminal.out).map_err(CliError::Output)
}
