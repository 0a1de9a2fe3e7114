//! `kndb runs`: the runs of a store.

use std::io::Write;

use crate::args::ReportArgs;
use crate::error::{CliError, Result};
use crate::output::Mode;
use crate::overview::notes_of_runs;
use crate::session::display::Display;
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ReportArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    for note in notes_of_runs(&*store.snapshot()?, store.path())? {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let mode = if args.json { Mode::Json } else { Mode::Table };
    let display = Display { mode, terminal: terminal.columns, ..Display::default() };
    listing::runs(&store, &mut *display.sink(&mut terminal.out))
}
