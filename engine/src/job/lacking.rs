//! What a run lacks of a selection, and how it comes in: the same for scores of neurons, effects of roles and scores of words.

use super::{Filling, Item, Progress, Selection, Stored, Summary, Templates, Work};
use crate::error::{Error, Result};
use crate::question::{Skip, UnknownCounts};
use kndb_storage::{EntryData, OnConflict, Run, RunSpec, Snapshot, Store};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// A job's run, as it is when the job has claimed it.
pub(crate) struct Lacking<'a> {
    pub(crate) store: &'a Store,
    pub(crate) snapshot: &'a Snapshot,
    /// The run's name.
    pub(crate) run: &'a str,
    pub(crate) selection: &'a Selection,
    /// Whether entries whose question is another one now are made anew.
    pub(crate) replace_changed: bool,
}

impl<'a> Lacking<'a> {
    /// The run, if it is there.
    pub(crate) fn stored(&self) -> Option<&'a Run> {
        self.snapshot.run_named(self.run)
    }

    /// The templates of the selection, and the questions that are not in the run.
    pub(crate) fn work(&self) -> Result<(Templates<'a>, Work)> {
        let templates = self.selection.templates(self.snapshot);
        let stored = Stored::attributions(self.snapshot, self.stored().map(|run| run.id))?;
        let mut work = self.selection.work(self.snapshot, &templates, &stored)?;
        settle_changed(self.run, self.replace_changed, &mut work, self.snapshot)?;
        Ok((templates, work))
    }

    /// Asks them, and appends what comes.
    pub(crate) fn fill(
        &self,
        (run, work, unknown): (&RunSpec, &Work, UnknownCounts),
        (threads, begun): (Option<NonZeroUsize>, Instant),
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
        answer: impl Fn(Item, &UnknownCounts) -> Result<std::result::Result<EntryData, Skip>> + Sync,
    ) -> Result<Summary> {
        let work_of = |now: &Snapshot, other: &Selection| {
            let stored = Stored::attributions(now, now.run_named(self.run).map(|run| run.id))?;
            other.work(now, &other.templates(now), &stored)
        };
        let filling = Filling {
            store: self.store,
            run,
            known: self.stored().is_some(),
            threads,
            selection: self.selection,
            // The run is this job's alone, so what is there is what was found changed.
            on_conflict: if self.replace_changed { OnConflict::Replace } else { OnConflict::Refuse },
            work_of: &work_of,
        };
        let mut summary = filling.fill(self.snapshot, work, stop, progress, begun, |item| answer(item, &unknown))?;
        summary.unknown = unknown.into_parts();
        Ok(summary)
    }
}

/// Entries made from other questions than would be asked now: refused, or work.
fn settle_changed(run: &str, replace: bool, work: &mut Work, snapshot: &Snapshot) -> Result<()> {
    let Some(first) = work.changed.first() else { return Ok(()) };
    if !replace {
        return Err(Error::ChangedQuestions {
            run: run.to_owned(),
            count: work.changed.len() as u64,
            fact: snapshot.external_id(first.fact)?.to_owned(),
            language: snapshot.language_name(first.language).to_owned(),
            prompt: first.prompt.0,
        });
    }
    work.already_there -= work.changed.len() as u64;
    work.items.append(&mut work.changed);
    // The order of a job that finds nothing there.
    work.items.sort_by_key(|item| (item.fact, item.language, item.prompt));
    Ok(())
}
