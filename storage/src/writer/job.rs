//! The memory an import needs to go on where it was interrupted.

use super::{Appended, OnConflict, RunWriter};
use crate::check::check_not_lost;
use crate::dropping::give_up;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use roaring::RoaringBitmap;

/// An import that can go on where it was interrupted: entries it wrote before are passed over.
pub struct Job<'a> {
    pub(super) writer: &'a RunWriter,
    pub(super) id: u32,
    pub(super) on_conflict: OnConflict,
    /// The facts there were when it began.
    pub(super) known: RoaringBitmap,
}

impl Job<'_> {
    /// Adds entries as one segment; on return all are durable and visible. Give thousands at a time.
    pub fn append(&self, entries: &[Entry]) -> Result<Appended> {
        let prepared = self.writer.prepare(entries, self.on_conflict, Some(self.id))?;
        entries.iter().try_for_each(|entry| check_not_lost(entry, &self.writer.run))?;
        self.writer.commit_segment(prepared, self.on_conflict, Some(self.id))
    }

    /// Ends an import that failed: a run that is still empty goes, unless another import is at work on it or it was
    /// complete; and so do facts that were named since and that nothing came of. A job that has stored something stays,
    /// to be gone on with. Says whether the run went.
    pub fn give_up(self) -> Result<bool> {
        let run = self.writer.run.id;
        self.writer.store.write(|locked| {
            // Others may have filled the run or dropped it, and stored or labelled the facts, until the last moment. One
            // that another import has named and not yet stored comes back with its first entry. A store with a damaged
            // file keeps the facts.
            let since = |now: &Snapshot| now.orphans_among(&(now.facts() - &self.known));
            let facts = self.writer.store.snapshot_under(locked).and_then(|now| since(&now)).unwrap_or_default();
            locked.drop_facts(&facts);
            Ok(give_up(locked, run, self.id))
        })
    }

    /// Marks the import complete: the same one again is a new import.
    pub fn finish(self) -> Result<()> {
        let writer = self.writer;
        // The signature goes with the job: it may be long, and nothing asks for it any more.
        writer.store.write(|locked| {
            // The job may have gone with its run, or by the same import elsewhere: then there is nothing to end.
            locked.remove_job(self.id);
            Ok(())
        })?;
        writer.tidy_up().map_err(Error::after_commit)
    }

    /// Marks the import and its run complete, in one commit: there is no moment in which one is and the other is not, and the same import
    /// again would find its own entries in its way. Folding segments comes after, and can be interrupted.
    pub fn finish_with_run(self) -> Result<()> {
        let writer = self.writer;
        writer.seal()?;
        writer.store.write(|locked| {
            // The run may have been dropped since, renamed, or finished by another import of the same files.
            let mut run = writer.run_in(locked)?;
            run.finished = true;
            locked.set_run(&run);
            locked.remove_job(self.id);
            Ok(())
        })?;
        writer.tidy_up().map_err(Error::after_commit)
    }
}
