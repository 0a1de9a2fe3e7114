//! `kndb drop-facts`: facts that nobody needs, or a relation with everything of it.

use std::io::{self, Write};

use kndb_storage::{FactId, FactsDropped, Store};

use crate::args::DropFactsArgs;
use crate::error::{CliError, Result};
use crate::relations;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: DropFactsArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    let Some(given) = &args.relation else { return orphans(&store, args.dry_run, terminal) };
    let snapshot = store.snapshot()?;
    let relation = relations::id(&snapshot, given)?;
    let shown = snapshot.relation(&relation).map_or_else(String::new, |id| snapshot.relation_shown(id, None));
    // A snapshot keeps the files it reads.
    drop(snapshot);
    if !args.dry_run {
        let dropped = store.drop_relation(&relation, args.force)?;
        return tell("dropped", &shown, &dropped, &mut terminal.messages).map_err(CliError::Output);
    }
    let planned = store.snapshot()?.relation_contents(&relation)?;
    let verb = if planned.held > 0 && !args.force { "with --force would drop" } else { "would drop" };
    tell(verb, &shown, &planned, &mut terminal.out).map_err(CliError::Output)
}

fn orphans(store: &Store, dry_run: bool, terminal: &mut Terminal) -> Result<()> {
    let line = |verb: &str, facts: u64| {
        let facts = if facts == 1 { "1 fact".to_owned() } else { format!("{facts} facts") };
        format!("{verb} {facts} that no run has and no label names")
    };
    if !dry_run {
        let dropped = store.drop_orphans()?;
        return writeln!(terminal.messages, "{}", line("dropped", dropped.facts)).map_err(CliError::Output);
    }
    let snapshot = store.snapshot()?;
    let facts = snapshot.orphans()?;
    writeln!(terminal.messages, "{}", line("would drop", facts.len())).map_err(CliError::Output)?;
    for fact in facts.into_iter().map(FactId) {
        writeln!(terminal.out, "{}", snapshot.external_id(fact)?).map_err(CliError::Output)?;
    }
    Ok(())
}

/// `dropped P36 (capital): 703 facts, 1406 labels, 2 templates, 2 candidate lists`, and what stays.
fn tell(verb: &str, relation: &str, dropped: &FactsDropped, out: &mut dyn Write) -> io::Result<()> {
    let counts = [
        (dropped.facts, "fact"),
        (dropped.labels, "label"),
        (dropped.templates, "template"),
        (dropped.candidate_lists, "candidate list"),
    ];
    let counted: Vec<String> = counts.iter().map(|&(count, what)| plural(count, what)).collect();
    writeln!(out, "{verb} {relation}: {}", counted.join(", "))?;
    if dropped.held > 0 {
        let runs: Vec<String> = dropped.runs.iter().map(|run| format!("{run:?}")).collect();
        let facts = plural(dropped.held, "further fact");
        writeln!(
            out,
            "{facts}, of which there are scores or groups in {}, without labels and relation",
            runs.join(", ")
        )?;
    }
    Ok(())
}

fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
