//! `kndb demo`: the whole story in a minute, for newcomers who have no data yet.
//!
//! A small model is attributed on real facts and the store is asked some questions. Without the engine (or with
//! `--synthetic`) the scores are made up, and say so. Not for benchmarks: it is tiny.

#[cfg(feature = "attribute")]
mod attributed;
#[cfg(feature = "attribute")]
mod material;
mod synthetic;

use std::path::Path;

use kndb_storage::Store;

use crate::args::DemoArgs;
#[cfg(feature = "explorer")]
use crate::args::PlaceArgs;
use crate::error::{CliError, Result};
use crate::session::{Session, Streams};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: DemoArgs, terminal: &mut Terminal) -> Result<()> {
    let folder = &args.folder;
    super::must_be_writable(folder, terminal)?;
    let model = made(&args, terminal)?;
    end(folder, terminal)?;
    #[cfg(feature = "explorer")]
    if args.serve {
        writeln!(terminal.out).map_err(CliError::Output)?;
        return super::serve::shown(&[folder], words_of(model), PlaceArgs::default(), terminal);
    }
    #[cfg(feature = "attribute")]
    drop(model);
    #[cfg(not(feature = "attribute"))]
    let () = model;
    Ok(())
}

/// The model that was attributed, where one was.
#[cfg(feature = "attribute")]
type Attributed = Option<kndb_engine::Model>;
#[cfg(not(feature = "attribute"))]
type Attributed = ();

fn made(args: &DemoArgs, terminal: &mut Terminal) -> Result<Attributed> {
    #[cfg(feature = "attribute")]
    if !args.synthetic {
        return attributed::run(&args.folder, terminal).map(Some);
    }
    synthetic::run(&args.folder, terminal).map(|()| Attributed::default())
}

/// What its neurons write, for their pages.
#[cfg(all(feature = "explorer", feature = "attribute"))]
fn words_of(model: Attributed) -> Option<kndb_explorer::Models> {
    Some(model.map(super::serve::words::one).unwrap_or_default())
}

#[cfg(all(feature = "explorer", not(feature = "attribute")))]
fn words_of((): Attributed) -> Option<kndb_explorer::Models> {
    None
}

/// A question, the statement that asks it, and the answer.
fn ask(store: &Store, question: &str, statement: &str, terminal: &mut Terminal) -> Result<()> {
    writeln!(terminal.out, "\n-- {question}\nkndb> {statement}").map_err(CliError::Output)?;
    let mut session = Session::new(store.clone());
    session.color = terminal.color;
    // What is told beside an answer is a part of what there is to read.
    let mut told = Vec::new();
    let mut streams = Streams { out: &mut terminal.out, messages: &mut told };
    session.script("demo", statement.as_bytes(), &mut streams)?;
    terminal.out.write_all(&told).map_err(CliError::Output)
}

fn end(folder: &Path, terminal: &mut Terminal) -> Result<()> {
    let path = folder.display();
    writeln!(terminal.out, "\nGo on asking with `kndb query {path}`; delete the folder when you are done.")
        .map_err(CliError::Output)
}
