//! `kndb drop-run`: deletes a run; asks first, if there is somebody to ask.

use std::io::{self, BufRead, Write};

use kndb_storage::{Claim, Store};

use crate::args::DropRunArgs;
use crate::error::{CliError, Result};
use crate::overview::RunOverview;
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: DropRunArgs, terminal: &mut Terminal) -> Result<()> {
    let store = opened(&args, terminal)?;
    // An unknown run is an error before anybody is asked.
    listing::must_have_run(&store, &args.run)?;
    let agreed = args.yes || (terminal.reads_from_person && confirmed(&store, &args.run, terminal)?);
    if !agreed {
        return Err(CliError::NotConfirmed { run: args.run });
    }
    // A job that fills it would fail at its next commit.
    let _claim = store.claim_run(&args.run, Claim::Alone, "kndb drop-run")?;
    let and = match store.drop_run(&args.run)? {
        0 => String::new(),
        1 => ", and a fact that only it had named".to_owned(),
        facts => format!(", and {facts} facts that only it had named"),
    };
    writeln!(terminal.messages, "deleted run {:?}{and}", args.run).map_err(CliError::Output)
}

/// The store; one that stands behind the run's name is told for what it is.
fn opened(args: &DropRunArgs, terminal: &Terminal) -> Result<Store> {
    match super::opened(&args.store, terminal) {
        Err(_) if !args.store.exists() && Store::open(&args.run).is_ok() => {
            Err(CliError::StoreSecond { given: args.store.display().to_string(), store: args.run.clone() })
        }
        opened => opened,
    }
}

fn confirmed(store: &Store, run: &str, terminal: &mut Terminal) -> Result<bool> {
    let snapshot = store.snapshot()?;
    let runs = RunOverview::all(&snapshot)?;
    let entries = runs.iter().find(|it| it.run.spec.name == run).map_or(0, |it| it.entries);
    is_yes(&format!("Delete run {run:?} with its {entries} entries, for good?"), terminal)
}

/// Asks the person at the terminal.
pub fn is_yes(question: &str, terminal: &mut Terminal) -> Result<bool> {
    write!(terminal.messages, "{question} [y/N] ")
        .and_then(|()| terminal.messages.flush())
        .map_err(CliError::Output)?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|source| CliError::Input { origin: "the answer".into(), source })?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
