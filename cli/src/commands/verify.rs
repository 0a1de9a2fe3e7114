//! `kndb verify`: reads every byte of a store and checks it.

use std::io::Write;

use kndb_storage::{Repair, Store};

use super::drop_run::is_yes;
use crate::args::VerifyArgs;
use crate::error::{CliError, Result};
use crate::overview::{empty_runs, readable_bytes};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: VerifyArgs, terminal: &mut Terminal) -> Result<()> {
    if args.repair && !terminal.read_only && Store::lacks_its_marker(&args.store)?.is_some() {
        let what = "the file KNDB, by which the folder is known as a store";
        tell(&Repair { rebuilt: vec![what.to_owned()], lost: Vec::new() }, terminal)?;
        if !(args.yes || (terminal.reads_from_person && is_yes("Write it anew?", terminal)?)) {
            return Err(CliError::NotRepaired { path: args.store });
        }
        Store::restore_marker(&args.store)?;
    }
    let store = super::opened(&args.store, terminal)?;
    if args.repair {
        return repair(&args, &store, terminal);
    }
    if let Some(note) = empty_runs(&*store.snapshot()?, store.path()) {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let found = store.verify()?;
    // Looked at after: what any writer mends is mended by then, and written down.
    if let Some(repairs) = store.repairs()? {
        let (file, what) = (args.store.join("repairs"), if repairs.lost > 0 { "lost" } else { "mended" });
        writeln!(terminal.messages, "note: this store was repaired; {} says what was {what}", file.display())
            .map_err(CliError::Output)?;
    }
    for problem in &found.problems {
        writeln!(terminal.out, "problem: {problem}").map_err(CliError::Output)?;
    }
    writeln!(
        terminal.out,
        "segments: {}\nbytes read: {}\nfacts: {}\ncatalogue: {}\nresult: {}",
        found.segments,
        readable_bytes(found.bytes),
        found.facts,
        if found.catalogue { "read, too" } else { "not read: that needs leave to write, and room on the disk" },
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

/// Says what is damaged, asks, and repairs it.
fn repair(args: &VerifyArgs, store: &Store, terminal: &mut Terminal) -> Result<()> {
    let before = store.repairs()?;
    let planned = store.examine()?;
    if planned.is_nothing() && store.repairs()? != before {
        let file = args.store.join("repairs");
        return writeln!(terminal.out, "nothing is lost; {} says what was mended", file.display())
            .map_err(CliError::Output);
    }
    if planned.is_nothing() {
        return writeln!(terminal.out, "nothing is damaged, and nothing was changed").map_err(CliError::Output);
    }
    tell(&planned, terminal)?;
    let question = "Take what is lost out of the store, and rebuild the rest?";
    if !(args.yes || (terminal.reads_from_person && is_yes(question, terminal)?)) {
        return Err(CliError::NotRepaired { path: args.store.clone() });
    }
    let done = store.repair()?;
    if done.lost != planned.lost {
        tell(&done, terminal)?;
    }
    let file = args.store.join("repairs");
    let damaged = args.store.join("damaged");
    let kept = if damaged.exists() { format!("; damaged files are in {}", damaged.display()) } else { String::new() };
    writeln!(terminal.out, "repaired: {} says so{kept}", file.display()).map_err(CliError::Output)
}

fn tell(repair: &Repair, terminal: &mut Terminal) -> Result<()> {
    for (what, lines) in [("lost", &repair.lost), ("rebuilt", &repair.rebuilt)] {
        for line in lines {
            writeln!(terminal.out, "{what}: {line}").map_err(CliError::Output)?;
        }
    }
    terminal.out.flush().map_err(CliError::Output)
}
