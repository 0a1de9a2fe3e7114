//! What waits in the catalogue becomes a segment.

use super::RunWriter;
use crate::catalogue::{FileRecord, Waiting};
use crate::error::{Error, Result};
use crate::files::{SEGMENT, file_path};
use crate::segment::build::{EntryKey, build};
use crate::snapshot::waiting_of;
use std::borrow::Cow;

/// Entries that are not sealed yet are sealed when a run has this many bytes of them.
const SEAL_BYTES: usize = 16 << 20;
/// Or as many of them: every commit reads the catalogue.
const SEAL_ENTRIES: usize = 2_048;

impl RunWriter {
    pub(super) fn seal_if_large(&self) -> Result<()> {
        let snapshot = self.store.for_writing()?;
        let waiting = waiting_of(&snapshot.catalogue, self.run.id);
        let (count, bytes) = waiting.fold((0, 0), |(count, bytes), (_, payload)| (count + 1, bytes + payload.len()));
        if bytes >= SEAL_BYTES || count >= SEAL_ENTRIES { self.seal() } else { Ok(()) }
    }

    /// Moves what waits in the catalogue into a segment.
    pub fn seal(&self) -> Result<()> {
        loop {
            let snapshot = self.store.for_writing()?;
            let then: Vec<_> = waiting_of(&snapshot.catalogue, self.run.id).collect();
            if then.is_empty() {
                return Ok(());
            }
            let mut payloads = Vec::with_capacity(then.len());
            for (key, waiting) in &then {
                payloads.push((*key, Cow::Borrowed(waiting.bytes()?)));
            }
            let building = self.store.building()?;
            let (out, bytes) = build(building.writer()?, self.head(), payloads.into_iter())
                .map_err(Error::io("write", building.path()))?;
            building.sync(out)?;
            let sealed = self.store.write(|locked| {
                self.run_in(locked)?;
                // Entries may have been replaced, or sealed by another, since they were read.
                let same = |(key, waiting): &(EntryKey, &Waiting)| {
                    locked.now().unsealed.get(&(self.run.id, *key)).is_some_and(|now| now == *waiting)
                };
                if !then.iter().all(same) {
                    // Of the same commit, both say the same, or one of them is damaged.
                    if locked.now().counters.epoch == snapshot.epoch() {
                        let place = format!("entries of run {:?} that wait", self.run.spec.name);
                        let found = "others than in the manifest of the same commit";
                        return Err(Error::corrupt(&self.store.catalogue(), place, found, "the same"));
                    }
                    return Ok(false);
                }
                for (key, _) in &then {
                    locked.remove_unsealed(self.run.id, *key);
                }
                let file = locked.next_file();
                building.rename(&file_path(self.store.path(), file, SEGMENT))?;
                locked.set_file(file, FileRecord::Segment { run: self.run.id.0, job: None, bytes });
                Ok(true)
            })?;
            if sealed {
                return Ok(());
            }
        }
    }
}
