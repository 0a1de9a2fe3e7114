//! Files into the store: one job over many files, in batches that are durable one by one.
//!
//! An interrupted job goes on when the same files are imported again with the same options: what was
//! stored before is passed over. Not for single entries from a running model: those go through
//! [`kndb_storage::RunWriter::append`].

mod pass;
mod signature;
mod summary;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kndb_storage::{Claim, Error, OnConflict, RunClaim, RunSpec, RunWriter, Store};

use crate::error::ImportError;
use crate::input::Input;
use crate::options::Options;
use crate::source::id_codes::IdCodes;
use crate::source::seen::Seen;
use pass::Pass;
use signature::signature;
pub use summary::Summary;

/// What to import into.
#[derive(Clone, Debug)]
pub struct ImportJob {
    /// The run, which is begun or gone on with.
    pub run: RunSpec,
    /// How to read the files. The shape must be the run's.
    pub options: Options,
    /// What to do with facts that the run has already.
    pub on_conflict: OnConflict,
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file that is read.
    pub file: &'a Path,
    /// Its number, from 0.
    pub file_index: usize,
    /// Number of files.
    pub files: usize,
    /// Bytes read, of all files.
    pub bytes_read: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
    /// Entries read.
    pub entries: u64,
}

/// Why an import stopped. Batches stored before stay, and the same import goes on after them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportRunError {
    /// A file cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),

    /// The store refused.
    #[error(transparent)]
    Storage(#[from] Error),

    /// The options' shape is not the run's.
    #[error("the files are read as {options}, but the run is of {run}; expected one shape")]
    Shape {
        /// Shape in the options.
        options: kndb_storage::Shape,
        /// Shape of the run.
        run: kndb_storage::Shape,
    },

    /// The files can be read, and hold nothing to store: a header without rows, an empty list.
    #[error("{}", no_entries(files, *not_taken, reasons))]
    NoEntries {
        /// The files, all of those that were given.
        files: Vec<PathBuf>,
        /// Rows and facts that were passed over because they cannot be used.
        not_taken: u64,
        /// Why.
        reasons: String,
    },

    /// Two files give one fact differently.
    #[error(
        "fact `{fact}`, language `{language}`, prompt {prompt} is in {} and, with different content, in {}; \
         expected each once; leave one of the files out",
        first.display(), second.display()
    )]
    TwoFiles {
        /// External id of the fact.
        fact: String,
        /// Language code.
        language: String,
        /// Prompt number.
        prompt: u16,
        /// The file it was in first.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },

    /// A file says another relation of a fact than the store.
    #[error(
        "{}: it says that fact `{fact}` is of relation `{given}`, but in the store it is of `{stored}`; expected the \
         store's, by its id or a name of it; correct the one that is wrong, give the relation that name, or leave the \
         file's relation out",
        file.display()
    )]
    Relation {
        /// The file.
        file: PathBuf,
        /// External id of the fact.
        fact: String,
        /// Relation in the file.
        given: String,
        /// Relation in the store.
        stored: String,
    },

    /// A file says another relation of a fact than it, or a file before it, has said.
    #[error(
        "{}: it says that fact `{fact}` is of relation `{second}`, where it was of `{first}` before; expected one relation \
         a fact, in all languages; correct the one that is wrong, or leave the file's relation out",
        file.display()
    )]
    TwoRelations {
        /// The file.
        file: PathBuf,
        /// External id of the fact.
        fact: String,
        /// Relation said first.
        first: String,
        /// Relation said then.
        second: String,
    },
}

fn no_entries(files: &[PathBuf], not_taken: u64, reasons: &str) -> String {
    let first = files.first().map(|file| file.display().to_string()).unwrap_or_default();
    let more = files.len().saturating_sub(1);
    let more = if more > 0 { format!(" and {more} more files") } else { String::new() };
    let rest = match not_taken {
        0 => "what it begins with is understood, but nothing comes after it".to_owned(),
        count => format!("what there is, {count} rows or facts, cannot be used: {reasons}"),
    };
    format!(
        "no entries in {first}{more}: {rest}; expected scores, neurons or groups of at least one fact; nothing was stored"
    )
}

/// Imports files into a run and finishes it.
pub fn import(
    store: &Store,
    inputs: &[Input],
    job: &ImportJob,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, ImportRunError> {
    let started = Instant::now();
    if job.options.shape != job.run.shape {
        return Err(ImportRunError::Shape { options: job.options.shape, run: job.run.shape });
    }
    let options = Options { run: Some(job.run.name.clone()), ..job.options.clone() };
    let signature = signature(inputs, &options)?;
    let (run, _claim) = opened(store, &job.run)?;
    // After the run was opened: that publishes what a killed writer had committed.
    let snapshot = store.snapshot()?;
    let writer = run.job(&signature, job.on_conflict)?;
    let mut pass = Pass {
        job: &writer,
        snapshot: &snapshot,
        batch: Vec::new(),
        batch_bytes: 0,
        seen: Seen::default(),
        id_codes: IdCodes::default(),
        facts: HashMap::new(),
        said: Vec::new(),
        summary: Summary::default(),
    };
    let read = pass.read(inputs, &options, progress);
    let Pass { mut summary, facts, .. } = pass;
    if let Err(error) = read {
        // Else a mistyped shape would stay with an empty run, and the corrected command be refused for it. What went
        // wrong first is what to tell.
        let _ = writer.give_up();
        return Err(error);
    }
    writer.finish_with_run()?;
    summary.facts = facts.len() as u64;
    summary.unknown = facts.values().filter(|relation| relation.stored.is_none()).count() as u64;
    summary.bytes = inputs.iter().map(|input| input.size).sum();
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// Drops a run in which nothing is and at which nobody is at work: one whose import was killed before it was written down.
fn dropped_if_empty(store: &Store, run: &str) -> Result<bool, Error> {
    let _claim = match store.claim_run(run, Claim::Alone, "kndb import") {
        Err(Error::RunClaimed { .. }) => return Ok(false),
        claimed => claimed?,
    };
    let found = store.snapshot()?.run_named(run).filter(|run| !run.finished).map(|run| run.id);
    found.map_or(Ok(false), |run| store.drop_run_if_empty(run))
}

/// The run, begun or gone on with, and the claim on it.
fn opened(store: &Store, spec: &RunSpec) -> Result<(RunWriter, RunClaim), Error> {
    // Other imports may fill it at the same time, an attribution may not: it has looked what is missing.
    let claimed = || store.claim_run(&spec.name, Claim::Together, "kndb import");
    let claim = claimed()?;
    match store.open_run(spec.clone()) {
        // It may be an import that was killed before its first entry whose parameters are in the way.
        Err(error @ (Error::RunDiffers { .. } | Error::RunParameter { .. })) => {
            drop(claim);
            if store.drop_abandoned_runs()? == 0 && !dropped_if_empty(store, &spec.name)? {
                return Err(error);
            }
            let claim = claimed()?;
            Ok((store.open_run(spec.clone())?, claim))
        }
        run => Ok((run?, claim)),
    }
}
