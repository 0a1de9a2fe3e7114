//! `kndb export`: a store as files that others read.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kndb_export::{Choice, ExportJob, Exported, export};

use crate::args::ExportArgs;
use crate::error::{CliError, Result};
use crate::interrupt;
use crate::overview::readable_bytes;
use crate::progress::Progress;
use crate::relations;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ExportArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.to, terminal)?;
    let store = super::opened(&args.store, terminal)?;
    let relations = relations::ids(&*store.snapshot()?, &args.relations)?;
    let job = ExportJob { format: args.format, choice: Choice { runs: args.run, languages: args.langs, relations } };
    let bar = Progress::of_entries(terminal.messages_to_person && !args.quiet);
    let stop = stop_at_signal("interrupted: removing what was written; once more to leave it");
    let done = export(
        &store,
        &args.to,
        &job,
        &mut |at| bar.of(at.entries, at.entries_total, format!("{} rows", at.rows)),
        &|| stop.load(Ordering::Relaxed),
    );
    bar.clear();
    let done = done?;
    for note in &done.notes {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    if args.quiet {
        return Ok(());
    }
    tell(&done, &mut terminal.out).map_err(CliError::Output)
}

/// A flag that the first signal sets, with a line; the second ends the process.
pub(super) fn stop_at_signal(line: &'static str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::answer_at(Arc::clone(&stop), move || interrupt::say(line));
    stop
}

/// `scores: 120 rows, 4 files, 3.1 kB` for each kind of files, and all together.
fn tell(done: &Exported, out: &mut dyn Write) -> std::io::Result<()> {
    let line = |rows: u64, files: u64, bytes: u64| {
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        format!("{rows}, {files}, {}", readable_bytes(bytes))
    };
    let mut all = [0; 3];
    for (name, count) in done.tables.iter().filter(|(_, count)| count.rows > 0) {
        writeln!(out, "{name}: {}", line(count.rows, count.files, count.bytes))?;
    }
    for count in done.tables.values() {
        all = [all[0] + count.rows, all[1] + count.files, all[2] + count.bytes];
    }
    writeln!(out, "all: {}", line(all[0], all[1], all[2]))
}
