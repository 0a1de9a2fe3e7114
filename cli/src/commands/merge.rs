//! `kndb merge`: several stores in one.

use std::io::{self, Write};

use kndb_storage::{MergedRun, Store};

use crate::args::MergeArgs;
use crate::error::{CliError, Result};
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: MergeArgs, terminal: &mut Terminal) -> Result<()> {
    super::must_be_writable(&args.into, terminal)?;
    let sources = args.from.iter().map(|path| super::opened(path, terminal)).collect::<Result<Vec<_>>>()?;
    let bar = Progress::of_entries(terminal.messages_to_person && !args.quiet);
    let done = Store::merge(&args.into, &sources, &mut |what, done, total| bar.of(done, total, what.to_owned()));
    bar.clear();
    let done = done?;
    if done.sets_left > 0 {
        let note = "note: saved sets are not merged; they stay in the stores they are in";
        writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
    }
    if args.quiet {
        return Ok(());
    }
    let out = &mut terminal.out;
    writeln!(out, "facts: {} new\nlabels: {} new", done.facts, done.labels).map_err(CliError::Output)?;
    done.runs.iter().try_for_each(|run| tell(run, out)).map_err(CliError::Output)
}

/// `run "amig": 40 entries copied, 2 the same; complete`
pub fn tell(run: &MergedRun, out: &mut dyn Write) -> io::Result<()> {
    let entries = if run.new == 1 { "entry" } else { "entries" };
    let same = if run.same > 0 { format!(", {} the same", run.same) } else { String::new() };
    let state = if run.finished { "complete" } else { "open" };
    writeln!(out, "run {:?}: {} {entries} copied{same}; {state}", run.name, run.new)
}
