//! `kndb runs`: the runs of a store.

use kndb_storage::Store;

use crate::args::ReportArgs;
use crate::error::Result;
use crate::output::Mode;
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ReportArgs, terminal: &mut Terminal) -> Result<()> {
    let store = Store::open(&args.store)?;
    let mode = if args.json { Mode::Json } else { Mode::Table };
    listing::runs(&store, &mut *mode.sink(true, &mut terminal.out))
}
