//! Upkeep: many small segments into few large ones, and a check of every byte.

use crate::catalogue::FileRecord;
use crate::error::{Error, Result};
use crate::files::mapped::{RELEASED_BYTES, ReadSoFar};
use crate::files::{SEGMENT, file_path};
use crate::ids::{FactId, FileId, RunId};
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::snapshot::{LivePart, Snapshot, waiting_of};
use crate::stop::{Stop, Until};
use crate::store::Store;
use crate::writer::RunWriter;
use std::borrow::Cow;

/// A compacted segment is closed when it has this many bytes of payload.
const SEGMENT_BYTES: u64 = 1 << 30;
/// How often compaction starts again when someone changes what it reads.
const TRIES: usize = 4;

/// What compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Segments before.
    pub segments_before: u64,
    /// Segments after.
    pub segments_after: u64,
    /// Bytes before.
    pub bytes_before: u64,
    /// Bytes after.
    pub bytes_after: u64,
}

/// What [`Store::verify`] looked at and found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Segment files read.
    pub segments: u64,
    /// Bytes of segments and dictionary read.
    pub bytes: u64,
    /// Facts in the store.
    pub facts: u64,
    /// Whether the writers' catalogue was read, too: it cannot be where this process may not write.
    pub catalogue: bool,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Error>,
}

impl Store {
    /// Seals what waits, and merges the segments of every run; files of an older format version are written anew.
    ///
    /// # Errors
    /// [`Error::Stopped`] where that was asked for ([`Self::until`]): runs that are done stay compacted, the others are as they were.
    /// When something that would be copied is damaged: nothing of that run is changed, all others are compacted, and the message
    /// says where the first damage is.
    pub fn compact(&self) -> Result<Compacted> {
        let snapshot = self.for_writing()?;
        let before = snapshot.segment_files();
        // Runs with nothing to do are not opened for writing: a store may have thousands.
        let (mut due, mut damage) = (Vec::new(), None);
        for run in snapshot.runs() {
            let waits = waiting_of(&snapshot.catalogue, run.id).next().is_some();
            let gains = mergeable_segments(&snapshot, run.id).map(|segments| !segments.is_empty());
            if keep_damage(gains, &mut damage)?.unwrap_or(false) || waits {
                due.push(run.spec.name.clone());
            }
        }
        drop(snapshot);
        for name in &due {
            match self.merge_run(name) {
                // Dropped meanwhile.
                Err(Error::UnknownRun { .. }) => {}
                merged => keep_damage(merged, &mut damage).map(drop)?,
            }
        }
        if !due.is_empty() {
            self.collect_garbage()?;
        }
        // A damaged run keeps no other from being compacted.
        if let Some(damage) = damage {
            return Err(damage);
        }
        let after = self.snapshot()?.segment_files();
        Ok(Compacted {
            segments_before: before.0,
            segments_after: after.0,
            bytes_before: before.1,
            bytes_after: after.1,
        })
    }

    /// Seals what waits, and merges the segments of a run. Segments of unfinished imports stay as
    /// they are: they are how such an import knows what it wrote.
    ///
    /// # Errors
    /// When something that would be copied is damaged: nothing is changed, and the message says where it is.
    pub fn compact_run(&self, name: &str) -> Result<()> {
        self.merge_run(name)?;
        self.collect_garbage()
    }

    /// Leaves the replaced files to the next commit, which removes them as garbage: by then no snapshot of ours has them open.
    fn merge_run(&self, name: &str) -> Result<()> {
        let snapshot = self.for_writing()?;
        let run = snapshot.run_named(name).ok_or_else(|| snapshot.catalogue.unknown_run(name))?.clone();
        // A snapshot keeps the files it reads, so none is held when they are removed.
        drop(snapshot);
        // Not opened by its name: a run that was dropped meanwhile would be begun again.
        RunWriter::new(self.clone(), run.clone()).seal()?;
        for _ in 0..TRIES {
            if self.try_compact(run.id)? {
                break;
            }
        }
        Ok(())
    }

    fn try_compact(&self, run: RunId) -> Result<bool> {
        let snapshot = self.for_writing()?;
        let Some(head) = snapshot.run(run).map(|run| SegmentHead {
            run: run.id,
            shape: run.spec.shape,
            score_type: run.spec.score_type,
        }) else {
            return Ok(true);
        };
        let segments = mergeable_segments(&snapshot, run)?;
        if segments.is_empty() {
            return Ok(true);
        }
        let entries = entries(&snapshot, &segments, &self.stop)?;
        let mut written = Vec::new();
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let building = self.building()?;
            let (mut count, mut size, mut damage) = (0, 0, None);
            let mut read = ReadSoFar::default();
            let payloads = rest.iter().map_while(|entry| {
                if size >= SEGMENT_BYTES {
                    return None;
                }
                match self.stop.look().and_then(|()| entry.payload(&snapshot)) {
                    Ok(payload) => {
                        count += 1;
                        size += payload.len() as u64;
                        if read.is_much(payload.len() as u64) {
                            snapshot.release_pages(RELEASED_BYTES);
                        }
                        Some((entry.key, payload))
                    }
                    Err(error) => {
                        damage = Some(error);
                        None
                    }
                }
            });
            let built = build(Until::new(building.writer()?, &self.stop), head, payloads.fuse());
            // Damage, or the wish to stop, first: what was built before it ends too early.
            if let Some(damage) = damage {
                return Err(damage);
            }
            if built.is_err() {
                self.stop.look()?;
            }
            let (out, bytes) = built.map_err(Error::io("write", building.path()))?;
            building.sync(out.into_inner())?;
            written.push((building, bytes));
            rest = &rest[count..];
        }
        self.write(|locked| {
            // Entries may have been replaced since, and the run dropped or compacted by another: then all is done again.
            for (file, _) in &segments {
                let tombstones = |c: &crate::catalogue::Catalogue| {
                    c.tombstones.range((*file, 0)..=(*file, u32::MAX)).map(|(_, l)| l.clone()).collect::<Vec<_>>()
                };
                if !locked.now().files.contains_key(file) || tombstones(locked.now()) != tombstones(&snapshot.catalogue)
                {
                    return Ok(false);
                }
            }
            for (file, _) in &segments {
                locked.remove_file(*file);
            }
            for (building, bytes) in &written {
                let file = locked.next_file();
                building.rename(&file_path(self.path(), file, SEGMENT))?;
                locked.set_file(file, FileRecord::Segment { run: run.0, job: None, bytes: *bytes });
            }
            Ok(true)
        })
    }

    /// Reads every byte the store has and compares it with its checksum. What any writer mends is mended on the way: a manifest that is
    /// missing, and a snapshot of sled's that it cannot read, of which [`Self::repairs`] tells after.
    ///
    /// # Errors
    /// When the store cannot be read at all; [`Error::Stopped`] where that was asked for ([`Self::until`]).
    pub fn verify(&self) -> Result<Verified> {
        let snapshot = self.refresh()?;
        let mut problems = snapshot.verify_files(self.path(), &self.stop)?;
        let catalogue = self.verify_catalogue(&snapshot, &mut problems);
        if catalogue && problems.is_empty() {
            // Best effort, as what else any writer mends.
            let _ = self.tell_what_came_back();
        }
        let (segments, bytes) = snapshot.segment_files();
        Ok(Verified {
            segments,
            bytes: bytes + snapshot.dictionary_bytes() + snapshot.set_bytes(),
            facts: snapshot.fact_count(),
            catalogue,
            problems,
        })
    }

    /// Compares the catalogue with what was published of it; says whether it could be read.
    fn verify_catalogue(&self, published: &Snapshot, problems: &mut Vec<Error>) -> bool {
        match self.lock() {
            Ok((_gate, locked)) => {
                let (found, expected) = (locked.now(), &published.catalogue);
                // A commit may have come in between; it has its own manifest.
                if found.counters.epoch == expected.counters.epoch && !found.says_the_same(expected) {
                    let found = "other content than the manifest of the same commit";
                    problems.push(Error::corrupt(&self.catalogue(), "catalogue", found, "the same"));
                }
                true
            }
            Err(e @ (Error::Corrupt { .. } | Error::MissingFile { .. })) => {
                problems.push(e);
                true
            }
            // What is the matter with the disk, or who may write, is no damage.
            Err(Error::Io { .. } | Error::Sled { .. } | Error::Locked { .. } | Error::ReadOnly { .. }) => false,
            Err(Error::NeedsUpgrade { .. } | Error::Linked { .. }) => false,
            Err(e) => {
                problems.push(e);
                true
            }
        }
    }
}

/// What was found; damage is kept for later, if it is the first.
fn keep_damage<T>(found: Result<T>, first: &mut Option<Error>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ (Error::Corrupt { .. } | Error::MissingFile { .. })) => {
            first.get_or_insert(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

struct Source<'a> {
    key: EntryKey,
    part: LivePart<'a>,
    local: u32,
}

impl<'a> Source<'a> {
    /// The entry's bytes, proved; damage says whose they are.
    fn payload(&self, snapshot: &Snapshot) -> Result<Cow<'a, [u8]>> {
        self.part.part.payload(self.local).map_err(|error| {
            let fact = snapshot.external_id(self.key.fact).unwrap_or_default();
            let language = snapshot.language_name(self.key.language);
            error.in_place_of(&format!("fact {fact:?} ({language}, prompt {})", self.key.prompt))
        })
    }
}

/// Live entries of segments, in the order of a new segment.
fn entries<'a>(snapshot: &Snapshot, segments: &[(FileId, Vec<LivePart<'a>>)], stop: &Stop) -> Result<Vec<Source<'a>>> {
    let mut entries = Vec::new();
    for part in segments.iter().flat_map(|(_, parts)| parts) {
        stop.look()?;
        part.part.prove()?;
        // Neuron sets, and parts of format 1, are read whole there.
        snapshot.release_pages(RELEASED_BYTES);
        for (local, &fact) in (0..).zip(part.part.facts()?) {
            if part.is_live(local) {
                let key = EntryKey {
                    language: part.part.language(),
                    prompt: part.part.prompt(),
                    kind: part.part.kind(),
                    fact: FactId(u32::from_le_bytes(fact)),
                };
                // What no reader could see any more would be gone for good.
                if key.fact.0 >= snapshot.catalogue.counters.next_fact {
                    return Err(part.damaged(format!("fact number {}", key.fact), "one that the store has given out"));
                }
                entries.push(Source { key, part: *part, local });
            }
        }
    }
    entries.sort_by_key(|entry| entry.key);
    Ok(entries)
}

/// The segments of a run that are to be merged: none, if there is nothing to gain.
fn mergeable_segments(snapshot: &Snapshot, run: RunId) -> Result<Vec<(FileId, Vec<LivePart<'_>>)>> {
    let mut segments = snapshot.sealed_segments(run)?;
    segments.retain(|(file, parts)| mergeable(snapshot, *file, parts));
    let is_fine = |part: &LivePart<'_>| part.replaced.is_none() && !part.part.is_old();
    let gain = segments.len() > 1 || !segments.iter().all(|(_, parts)| parts.iter().all(is_fine));
    Ok(if gain { segments } else { Vec::new() })
}

fn mergeable(snapshot: &Snapshot, file: FileId, parts: &[LivePart<'_>]) -> bool {
    match snapshot.catalogue.files.get(&file) {
        Some(FileRecord::Segment { job: Some(job), .. }) => {
            snapshot.catalogue.jobs.get(job).is_none_or(|job| job.finished)
        }
        Some(FileRecord::Segment { job: None, bytes, .. }) => {
            let tombstones = snapshot.catalogue.tombstones.range((file, 0)..=(file, u32::MAX)).next();
            *bytes < SEGMENT_BYTES || tombstones.is_some() || parts.iter().any(|part| part.part.is_old())
        }
        _ => false,
    }
}
