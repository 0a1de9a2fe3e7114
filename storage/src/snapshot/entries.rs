//! Entries of a snapshot: where they are, and how to get at them.

use super::{LivePart, Place, Slot, Snapshot, SnapshotSegment};
use crate::catalogue::FileRecord;
use crate::error::{Error, Result};
use crate::files::{SET, file_path};
use crate::ids::{FileId, RunId};
use crate::segment::PartKind;
use crate::segment::build::EntryKey;
use crate::stop::Stop;
use crate::store::prove_members;
use roaring::RoaringBitmap;
use std::path::Path;

impl Snapshot {
    /// The (run, language, prompt)s that have scores or neuron sets, in order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.attributions.keys().copied()
    }

    /// The (run, language, prompt)s that have degenerate groups, in order.
    pub fn group_slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.groups.keys().copied()
    }

    /// The slots of one run: of scores and neuron sets, of degenerate groups.
    pub fn slots_of(&self, run: RunId) -> (impl Iterator<Item = Slot> + '_, impl Iterator<Item = Slot> + '_) {
        let attributions = self.attributions.range(Slot::all_of(run)).map(|(&slot, _)| slot);
        (attributions, self.groups.range(Slot::all_of(run)).map(|(&slot, _)| slot))
    }

    /// Scores or neuron sets of a slot. Their facts do not overlap.
    ///
    /// # Errors
    /// When a file of theirs is missing or damaged. Other slots are not disturbed.
    pub fn parts(&self, slot: Slot) -> Result<Vec<LivePart<'_>>> {
        self.live(self.attributions.get(&slot))
    }

    /// Degenerate groups of a slot. Their facts do not overlap.
    ///
    /// # Errors
    /// As for [`Self::parts`].
    pub fn group_parts(&self, slot: Slot) -> Result<Vec<LivePart<'_>>> {
        self.live(self.groups.get(&slot))
    }

    fn live(&self, list: Option<&Vec<(usize, usize)>>) -> Result<Vec<LivePart<'_>>> {
        let parts = list.map_or(&[][..], Vec::as_slice).iter();
        parts.map(|&(segment, part)| self.live_part(segment, part)).collect()
    }

    fn live_part(&self, segment: usize, index: usize) -> Result<LivePart<'_>> {
        let SnapshotSegment { segment, tombstones } = &self.segments[segment];
        let part = segment.get()?.part(index);
        if let Some(replaced) = tombstones.get(&index).filter(|replaced| replaced.max() >= Some(part.len())) {
            let (found, expected) =
                (format!("position {:?}", replaced.max()), format!("positions below {}", part.len()));
            return Err(Error::corrupt(part.path(), format!("part {index}, replaced entries"), found, expected));
        }
        Ok(LivePart { part, replaced: tombstones.get(&index), file: segment.file(), index })
    }

    /// Segments of a run that are files: their manifest records and contents.
    pub(crate) fn sealed_segments(&self, run: RunId) -> Result<Vec<(FileId, Vec<LivePart<'_>>)>> {
        let mut found = Vec::new();
        for &at in self.of_run.get(&run).into_iter().flatten() {
            let open = &self.segments[at];
            if let Some(file) = open.segment.file() {
                let parts = (0..open.segment.parts.len()).map(|index| self.live_part(at, index));
                found.push((file, parts.collect::<Result<_>>()?));
            }
        }
        Ok(found)
    }

    /// Number of a run's segments that are files.
    pub(crate) fn sealed_count(&self, run: RunId) -> usize {
        let all = self.of_run.get(&run).into_iter().flatten();
        all.filter(|&&at| self.segments[at].segment.file().is_some()).count()
    }

    /// Facts with entries in the runs that `of` picks.
    pub(crate) fn held(&self, of: impl Fn(RunId) -> bool) -> Result<RoaringBitmap> {
        let mut facts = RoaringBitmap::new();
        let files = self.segments.iter().map(|open| &open.segment).filter(|segment| segment.file().is_some());
        for segment in files.filter(|segment| of(segment.run)) {
            let open = segment.get()?;
            for index in 0..open.len() {
                // Replaced entries count, too: another of the same fact has taken their place.
                facts.extend(open.part(index).facts()?.iter().map(|&fact| u32::from_le_bytes(fact)));
            }
        }
        facts.extend(self.catalogue.unsealed.keys().filter(|(run, _)| of(*run)).map(|(_, key)| key.fact.0));
        Ok(facts)
    }

    /// Where an entry of a run is, sealed or not.
    pub(crate) fn find(&self, run: RunId, key: EntryKey) -> Result<Option<Place>> {
        let kinds = [PartKind::Scores, PartKind::Neurons, PartKind::Groups].into_iter();
        let mut same = kinds.filter(|kind| kind.is_attribution() == key.kind.is_attribution());
        if same.any(|kind| self.catalogue.unsealed.contains_key(&(run, EntryKey { kind, ..key }))) {
            return Ok(Some(Place::Unsealed));
        }
        let slot = Slot { run, language: key.language, prompt: key.prompt };
        let parts = if key.kind.is_attribution() { self.parts(slot) } else { self.group_parts(slot) };
        for part in parts? {
            if let (Some(file), Some(local)) = (part.file, part.find(key.fact)?) {
                return Ok(Some(Place::Sealed { file, part: part.index as u32, local }));
            }
        }
        Ok(None)
    }

    /// Number of segment files, and their bytes.
    pub fn segment_files(&self) -> (u64, u64) {
        let files = self.segments.iter().filter(|open| open.segment.file().is_some());
        files.fold((0, 0), |(count, bytes), open| (count + 1, bytes + open.segment.size()))
    }

    /// Number of entries that wait in the catalogue to be sealed, and their bytes.
    pub fn unsealed(&self) -> (u64, u64) {
        let payloads = self.catalogue.unsealed.values();
        payloads.fold((0, 0), |(count, bytes), payload| (count + 1, bytes + payload.len() as u64))
    }

    /// Bytes of the files of saved sets.
    pub(crate) fn set_bytes(&self) -> u64 {
        let sizes = self.catalogue.files.values().map(|record| match record {
            FileRecord::Set { bytes } => *bytes,
            _ => 0,
        });
        sizes.sum()
    }

    /// Reads every byte of every file anew; what is wrong.
    pub(crate) fn verify_files(&self, store: &Path, stop: &Stop) -> Result<Vec<Error>> {
        let waiting = self.catalogue.unsealed.values().map(|waiting| waiting.bytes().map(drop));
        let sets = self.catalogue.files.iter().filter_map(|(&file, record)| match record {
            FileRecord::Set { bytes } => {
                let sum = self.catalogue.sums.get(&file).copied();
                Some(prove_members(&file_path(store, file, SET), *bytes, sum))
            }
            _ => None,
        });
        let dictionary = self.dictionary().map(|dictionary| dictionary.verify(stop));
        let files = self.segments.iter().filter(|open| open.segment.file().is_some());
        let segments = files.map(|open| {
            let verified = open.segment.get().and_then(|segment| segment.verify(stop));
            open.segment.release();
            verified
        });
        let mut problems = Vec::new();
        for found in dictionary.into_iter().chain(segments).chain(sets).chain(waiting) {
            stop.look()?;
            match found {
                Ok(()) => {}
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(problems)
    }
}
