//! `kndb backup`: a copy of the store that is a store.

use std::io::Write;

use crate::args::BackupArgs;
use crate::error::{CliError, Result};
use crate::overview::readable_bytes;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: BackupArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.to, terminal)?;
    let store = super::opened(&args.store, terminal)?;
    let bar = Progress::new(0, terminal.messages_to_person && !args.quiet);
    let done = store.backup(&args.to, &mut |done, total| bar.of(done, total, String::new()));
    bar.clear();
    let done = done?;
    if args.quiet {
        return Ok(());
    }
    let files = |count: u64| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    writeln!(
        terminal.out,
        "commit: {}\ncopied: {} ({})\nthere already: {}\nremoved: {}",
        done.commit,
        files(done.copied),
        readable_bytes(done.copied_bytes),
        files(done.kept),
        files(done.removed),
    )
    .map_err(CliError::Output)
}
