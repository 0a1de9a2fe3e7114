//! Upkeep: many small segments into few large ones, and a check of every byte.

use crate::catalogue::FileRecord;
use crate::error::{Error, Result};
use crate::files::{SEGMENT, file_path};
use crate::ids::{FileId, RunId};
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::snapshot::{LivePart, Snapshot};
use crate::store::Store;
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
    /// What is wrong; empty when all is well.
    pub problems: Vec<Error>,
}

impl Store {
    /// Seals what waits, and merges the segments of every run.
    pub fn compact(&self) -> Result<Compacted> {
        let before = self.snapshot()?.segment_files();
        let names: Vec<String> = self.snapshot()?.runs().map(|run| run.spec.name.clone()).collect();
        for name in names {
            self.compact_run(&name)?;
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
    pub fn compact_run(&self, name: &str) -> Result<()> {
        let snapshot = self.snapshot()?;
        let run = snapshot.run_named(name).ok_or_else(|| snapshot.catalogue.unknown_run(name))?.clone();
        // A snapshot keeps the files it reads, so none is held when they are removed.
        drop(snapshot);
        self.open_run(run.spec.clone())?.seal()?;
        for _ in 0..TRIES {
            if self.try_compact(run.id)? {
                break;
            }
        }
        self.collect_garbage()
    }

    fn try_compact(&self, run: RunId) -> Result<bool> {
        let snapshot = self.snapshot()?;
        let Some(head) = snapshot.run(run).map(|run| SegmentHead {
            run: run.id,
            shape: run.spec.shape,
            score_type: run.spec.score_type,
        }) else {
            return Ok(true);
        };
        let segments: Vec<_> = snapshot.sealed_segments(run).filter(|(file, _)| mergeable(&snapshot, *file)).collect();
        let untouched = segments.iter().all(|(_, parts)| parts.iter().all(|part| part.replaced.is_none()));
        if segments.len() < 2 && untouched {
            return Ok(true);
        }
        let entries = entries(&segments)?;
        let mut written = Vec::new();
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let mut count = 0;
            while count < rest.len() && bytes < SEGMENT_BYTES {
                bytes += rest[count].part.part.payload(rest[count].local)?.len() as u64;
                count += 1;
            }
            let (now, later) = rest.split_at(count);
            let building = self.building()?;
            // Reading a payload was tried just above.
            let payloads = now.iter().map(|e| (e.key, e.part.part.payload(e.local).unwrap_or(Cow::Borrowed(&[]))));
            let (out, bytes) =
                build(building.writer()?, head, payloads).map_err(Error::io("write", building.path()))?;
            building.sync(out)?;
            written.push((building, bytes));
            rest = later;
        }
        self.write(|locked| {
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

    /// Reads every byte the store has and compares it with its checksum.
    pub fn verify(&self) -> Result<Verified> {
        let snapshot = self.refresh()?;
        let (segments, bytes) = snapshot.segment_files();
        Ok(Verified {
            segments,
            bytes: bytes + snapshot.dictionary_bytes(),
            facts: snapshot.fact_count(),
            problems: snapshot.verify_files(),
        })
    }
}

struct Source<'a> {
    key: EntryKey,
    part: LivePart<'a>,
    local: u32,
}

/// Live entries of segments, in the order of a new segment.
fn entries<'a>(segments: &[(FileId, Vec<LivePart<'a>>)]) -> Result<Vec<Source<'a>>> {
    let mut entries = Vec::new();
    for part in segments.iter().flat_map(|(_, parts)| parts) {
        for (local, &fact) in (0..).zip(part.part.facts()?) {
            if part.is_live(local) {
                let key = EntryKey {
                    language: part.part.language(),
                    prompt: part.part.prompt(),
                    kind: part.part.kind(),
                    fact: crate::ids::FactId(u32::from_le_bytes(fact)),
                };
                entries.push(Source { key, part: *part, local });
            }
        }
    }
    entries.sort_by_key(|entry| entry.key);
    Ok(entries)
}

fn mergeable(snapshot: &Snapshot, file: FileId) -> bool {
    match snapshot.catalogue.files.get(&file) {
        Some(FileRecord::Segment { job: Some(job), .. }) => {
            snapshot.catalogue.jobs.get(job).is_none_or(|job| job.finished)
        }
        Some(FileRecord::Segment { job: None, bytes, .. }) => {
            let tombstones = snapshot.catalogue.tombstones.range((file, 0)..=(file, u32::MAX)).next();
            *bytes < SEGMENT_BYTES || tombstones.is_some()
        }
        _ => false,
    }
}
