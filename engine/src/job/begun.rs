//! What a run was begun with: the selections of its jobs, kept until they are done, so that a job of fewer facts does not
//! make a run complete that a larger one has left open; and empty runs of jobs that were killed.

use super::selection::{Item, Selection, Work};
use crate::error::Result;
use kndb_storage::{Claim, OnConflict, RunClaim, RunWriter, Snapshot, Store};
use std::collections::HashSet;
use std::sync::Arc;

/// Jobs of an import have other signatures.
const SIGNATURE: &str = "kndb job ";

/// Claims a run for a job. One of that name in which nothing is, of a job that was killed before its first entry, goes.
pub(crate) fn claimed(store: &Store, run: &str, who: &'static str) -> Result<(RunClaim, Arc<Snapshot>)> {
    // It takes claims of its own, so it comes first.
    store.drop_abandoned_runs()?;
    let claim = store.claim_run(run, Claim::Alone, who)?;
    let snapshot = store.snapshot()?;
    let empty = snapshot.run_named(run).filter(|run| !run.finished && is_empty(&snapshot, run.id)).map(|run| run.id);
    match empty {
        Some(run) if store.drop_run_if_empty(run)? => Ok((claim, store.snapshot()?)),
        _ => Ok((claim, snapshot)),
    }
}

/// Whether a run has no entry.
pub(crate) fn is_empty(snapshot: &Snapshot, run: kndb_storage::RunId) -> bool {
    !snapshot.slots().chain(snapshot.group_slots()).any(|slot| slot.run == run)
}

/// Keeps a selection until [`done`].
pub(crate) fn begin(writer: &RunWriter, selection: &Selection) -> Result<()> {
    writer.job(&signature(selection)?, OnConflict::Refuse)?;
    Ok(())
}

/// Ends the records of the selections that are done: this one, and those whose questions are all in the run or among those
/// that were asked here. How many questions of the others are left: with any, the run is not complete.
pub(crate) fn done(
    store: &Store,
    writer: &RunWriter,
    selection: &Selection,
    asked: &[Item],
    work: &dyn Fn(&Snapshot, &Selection) -> Result<Work>,
) -> Result<u64> {
    let (own, snapshot) = (signature(selection)?, store.snapshot()?);
    let asked: HashSet<Item> = asked.iter().copied().collect();
    let mut left: HashSet<Item> = HashSet::new();
    for begun in snapshot.unfinished_jobs(writer.run().id) {
        if begun != own {
            // What another kndb wrote, or an import, says nothing here.
            let Some(Ok(other)) = begun.strip_prefix(SIGNATURE).map(serde_json::from_str::<Selection>) else {
                continue;
            };
            // Names that are not in the store any more are no work either.
            let items = work(&snapshot, &other).map(|work| work.items).unwrap_or_default();
            let rest: Vec<Item> = items.into_iter().filter(|item| !asked.contains(item)).collect();
            if !rest.is_empty() {
                left.extend(rest);
                continue;
            }
        }
        writer.job(begun, OnConflict::Refuse)?.finish()?;
    }
    Ok(left.len() as u64)
}

fn signature(selection: &Selection) -> Result<String> {
    let text = serde_json::to_string(selection).map_err(|error| crate::error::Error::Option {
        option: "selection",
        given: error.to_string(),
        expected: "names that can be written down".into(),
    })?;
    Ok(format!("{SIGNATURE}{text}"))
}
