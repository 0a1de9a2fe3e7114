//! Segments of a damaged store: which entries are whole, and a new segment of these.

use super::catalogue::Found;
use super::{Changes, dictionary, entry_name, run_name};
use crate::catalogue::{Catalogue, FileRecord};
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::mapped::{Bytes, ReadSoFar};
use crate::ids::{FactId, FileId, RunId};
use crate::lost::LostFrom;
use crate::run::Run;
use crate::segment::PartKind;
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::segment::read::Segment;
use crate::snapshot::agree;
use crate::stop::Stop;
use crate::store::Store;
use crate::upkeep::prove::prove;
use roaring::RoaringBitmap;
use std::path::Path;

/// What is whole of a segment, on its way into another.
pub(super) struct Rewritten {
    segment: Segment,
    head: SegmentHead,
    job: Option<u32>,
    /// Entries with their parts and positions there, in the order of a segment.
    entries: Vec<(EntryKey, usize, u32)>,
}

/// Looks at a segment. What is lost of it, and what takes its place, goes among the changes.
pub(super) fn look(
    changes: &mut Changes,
    found: &Found,
    (file, record): (FileId, &FileRecord),
    path: &Path,
    names: &dictionary::Names,
) {
    let catalogue = &found.catalogue;
    let FileRecord::Segment { run, bytes, job } = *record else { return };
    let sum = catalogue.sums.get(&file).copied();
    let Err(damage) = prove(path, record, sum, &Stop::default()) else { return };
    let of_run = catalogue.runs.get(&RunId(run));
    let open = || {
        let mapped = Bytes::map(path)?.ok_or_else(|| Error::MissingFile { path: path.to_owned() })?;
        let segment = Segment::open(mapped, path)?;
        agree(path, (segment.run().0, segment.size()), (run, bytes), "run")?;
        // Another segment in its place has other entries: none of it is to be saved.
        segment.must_be(sum)?;
        Ok::<_, Error>(segment)
    };
    let (Ok(segment), Some(of_run)) = (open(), of_run) else {
        lose_all(changes, found, file, RunId(run), &damage);
        changes.files.push((file, None));
        return;
    };
    let lost_before = changes.repair.lost.len();
    let entries = whole(changes, catalogue, (file, of_run), &segment, names);
    if changes.repair.lost.len() == lost_before {
        changes.repair.rebuilt.push(format!("sets and postings of segment {file}, from its scores: {damage}"));
    }
    // It stays open until the new one is built, and others beside it.
    segment.release();
    let head = SegmentHead { run: RunId(run), shape: of_run.spec.shape, score_type: of_run.spec.score_type };
    let rewritten = (!entries.is_empty()).then_some(Rewritten { segment, head, job, entries });
    changes.files.push((file, rewritten));
}

/// A segment that cannot be opened: what it held is known from a manifest, but not whose it was.
fn lose_all(changes: &mut Changes, found: &Found, file: FileId, run: RunId, damage: &Error) {
    let catalogue = &found.catalogue;
    let of = run_name(catalogue, run);
    let Some(parts) = found.summaries.get(&file) else {
        changes.repair.lost.push(format!("all entries of segment {file}, of run {of}: {damage}"));
        let from = LostFrom { language: u16::MAX, prompt: u16::MAX, kind: PartKind::Scores.code() };
        return changes.lose_unknown(run, from, 1);
    };
    for (index, part) in (0..).zip(parts) {
        let replaced = catalogue.tombstones.get(&(file, index)).map_or(0, RoaringBitmap::len);
        let count = u64::from(part.count).saturating_sub(replaced);
        let language = catalogue.languages.get(usize::from(part.language)).map_or("?", String::as_str);
        let what = match part.kind() {
            Some(PartKind::Groups) => "groups",
            Some(PartKind::Neurons) => "neuron sets",
            _ => "scores",
        };
        let facts = if count == 1 { "fact" } else { "facts" };
        if count > 0 {
            changes.repair.lost.push(format!(
                "{what} of {count} {facts} ({language}, prompt {}) in run {of}, all that segment {file} had of them; whose they \
                 were is not known any more: {damage}",
                part.prompt
            ));
            let from = LostFrom { language: part.language, prompt: part.prompt, kind: part.kind };
            changes.lose_unknown(run, from, count);
        }
    }
}

/// The entries that are whole and were not replaced; the others are told.
fn whole(
    changes: &mut Changes,
    catalogue: &Catalogue,
    (file, run): (FileId, &Run),
    segment: &Segment,
    names: &dictionary::Names,
) -> Vec<(EntryKey, usize, u32)> {
    let mut entries = Vec::new();
    let mut read = ReadSoFar::default();
    for index in 0..segment.len() {
        let part = segment.part(index);
        let replaced = catalogue.tombstones.get(&(file, index as u32));
        let is_live = |local: u32| replaced.is_none_or(|replaced| !replaced.contains(local));
        let facts = match part.proved_facts() {
            Ok(facts) if part.shape() == run.spec.shape => facts,
            other => {
                let damage = other.err().map_or_else(|| "of another shape".into(), |damage| damage.to_string());
                let count = u64::from(part.len()).saturating_sub(replaced.map_or(0, RoaringBitmap::len));
                let language = catalogue.languages.get(usize::from(part.language().0)).map_or("?", String::as_str);
                let of = format!("({language}, prompt {}) of run {:?}", part.prompt(), run.spec.name);
                let what = format!("{count} entries {of}, whose facts are not known any more: {damage}");
                changes.repair.lost.push(what);
                let (language, prompt, kind) = (part.language().0, part.prompt().0, part.kind().code());
                changes.lose_unknown(run.id, LostFrom { language, prompt, kind }, count);
                continue;
            }
        };
        for (local, &fact) in (0..).zip(facts).filter(|&(local, _)| is_live(local)) {
            let fact = FactId(u32::from_le_bytes(fact));
            let (language, prompt, kind) = (part.language(), part.prompt(), part.kind());
            let key = EntryKey { language, prompt, kind, fact };
            let known = usize::from(language.0) < catalogue.languages.len() && names.has(fact);
            if read.is_much(part.bytes_each()) {
                segment.release();
            }
            let found = if known { part.salvaged(local).map(drop) } else { Err(part.unknown(local)) };
            match found {
                Ok(()) => entries.push((key, index, local)),
                Err(damage) => {
                    changes.repair.lost.push(format!("{}: {damage}", entry_name(catalogue, run.id, key, names)));
                    changes.lose(run.id, key);
                }
            }
        }
    }
    entries.sort_unstable_by_key(|(key, ..)| *key);
    entries
}

impl Rewritten {
    /// Writes the new segment.
    pub(super) fn build(&self, store: &Store) -> Result<(Building, FileRecord)> {
        let building = store.building()?;
        let (mut damage, mut read) = (None, ReadSoFar::default());
        let payloads =
            self.entries.iter().map_while(|&(key, index, local)| match self.segment.part(index).salvaged(local) {
                Ok(payload) => {
                    if read.is_much(payload.len() as u64) {
                        self.segment.release();
                    }
                    Some((key, payload))
                }
                Err(error) => {
                    damage = Some(error);
                    None
                }
            });
        let built = build(building.writer()?, self.head, payloads.fuse());
        // Damage first: what was built before it ends too early.
        if let Some(damage) = damage {
            return Err(damage);
        }
        let (out, bytes) = built.map_err(Error::io("write", building.path()))?;
        building.sync(out)?;
        self.segment.release();
        Ok((building, FileRecord::Segment { run: self.head.run.0, job: self.job, bytes }))
    }
}
