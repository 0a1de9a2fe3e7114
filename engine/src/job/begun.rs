//! What a run was begun with: the selections of its jobs, kept until they are done, so that a job of fewer facts does not
//! make a run complete that a larger one has left open; and empty runs of jobs that were killed.

use super::selection::{Item, Selection, Work};
use crate::error::{Error, Result};
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
            let items = still_there(&snapshot, other, work)?;
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

/// The work of an earlier selection. Names that are not in the store any more are no work; those beside them are. What
/// cannot be read for another reason may be work, so the error is returned.
fn still_there(
    snapshot: &Snapshot,
    mut selection: Selection,
    work: &dyn Fn(&Snapshot, &Selection) -> Result<Work>,
) -> Result<Vec<Item>> {
    // Else every selection is refused, and for another reason than its names.
    if !snapshot.label_counts().into_iter().any(|(_, count)| count > 0) {
        return Ok(Vec::new());
    }
    loop {
        let (what, gone) = match work(snapshot, &selection) {
            Ok(work) => return Ok(work.items),
            Err(Error::Unknown { what, given, .. }) => (what, given),
            Err(error) => return Err(error),
        };
        let names = if what == "relation" { &mut selection.relations } else { &mut selection.languages };
        names.retain(|name| *name != gone);
        // An empty list would stand for all of them.
        if names.is_empty() {
            return Ok(Vec::new());
        }
    }
}

fn signature(selection: &Selection) -> Result<String> {
    let text = serde_json::to_string(selection).map_err(|error| Error::Option {
        option: "selection",
        given: error.to_string(),
        expected: "names that can be written down".into(),
    })?;
    Ok(format!("{SIGNATURE}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Stored;
    use kndb_storage::{FactBatch, FactRow, RunSpec, Shape, TemplateRow};

    fn prepared() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let fact = |language: &str| FactRow {
            id: "f".into(),
            relation: "P36".into(),
            language: language.into(),
            subject: "France".into(),
            object: "Paris".into(),
            subject_uri: None,
            object_uri: None,
        };
        let template =
            |language: &str| TemplateRow { relation: "P36".into(), language: language.into(), text: "[X] [Y]".into() };
        let facts = vec![fact("en"), fact("fr")];
        let templates = vec![template("en"), template("fr")];
        store.add_facts(FactBatch { facts, templates, ..FactBatch::default() }).expect("facts");
        (folder, store)
    }

    fn in_languages(languages: &[&str]) -> Selection {
        Selection { languages: languages.iter().map(|&name| name.to_owned()).collect(), ..Selection::default() }
    }

    fn work(snapshot: &Snapshot, selection: &Selection) -> Result<Work> {
        selection.work(snapshot, &selection.templates(snapshot), &Stored::attributions(snapshot, None)?)
    }

    /// What is left of an earlier job of `earlier` after one that asked nothing, and the records that are kept.
    fn left(earlier: &Selection, work: &dyn Fn(&Snapshot, &Selection) -> Result<Work>) -> (Result<u64>, usize) {
        let (_folder, store) = prepared();
        let shape = Shape::new(1, 4).expect("a shape");
        let writer = store.open_run(RunSpec::new("r", "m", shape)).expect("a run");
        begin(&writer, earlier).expect("a record");
        let left = done(&store, &writer, &in_languages(&["en", "fr"]), &[], work);
        let snapshot = store.snapshot().expect("a snapshot");
        (left, snapshot.unfinished_jobs(writer.run().id).count())
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_the_end_of_an_earlier_jobs_work() {
        let damaged = |_: &Snapshot, _: &Selection| {
            Err(Error::Storage(kndb_storage::Error::Io {
                action: "read",
                path: "segment".into(),
                source: std::io::Error::other("an input/output error"),
            }))
        };
        let (left, kept) = left(&in_languages(&["en"]), &damaged);
        assert!(matches!(left, Err(Error::Storage(_))), "{left:?}");
        assert_eq!(kept, 1, "the record stays");
    }

    #[test]
    fn names_that_the_store_has_no_more_are_no_work_and_those_beside_them_are() {
        for (earlier, expected, records) in [
            (in_languages(&["xx"]), 0, 0),
            (in_languages(&["xx", "fr"]), 1, 1),
            (in_languages(&["fr"]), 1, 1),
            (Selection { relations: vec!["P1".into(), "P36".into()], ..Selection::default() }, 2, 1),
            (Selection { relations: vec!["P1".into()], ..Selection::default() }, 0, 0),
        ] {
            let (left, kept) = left(&earlier, &work);
            assert_eq!((left.expect("opens"), kept), (expected, records), "{earlier:?}");
        }
    }
}
