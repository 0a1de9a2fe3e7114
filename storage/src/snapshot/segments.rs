//! The segments of a snapshot, each opened when it is first asked for something: a store may have thousands, and a
//! question is about a few. A damaged one so costs its own entries only.

use crate::catalogue::{Catalogue, Waiting};
use crate::error::{Error, Result};
use crate::files::mapped::Bytes;
use crate::files::{SEGMENT, file_path};
use crate::ids::{FileId, RunId};
use crate::run::Run;
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::segment::part_capacity;
use crate::segment::read::Segment;
use crate::segment::summary::{PartSummary, summaries};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A segment that is, or will be, open.
pub(crate) struct LazySegment {
    pub run: RunId,
    /// Its parts, in its order.
    pub parts: Vec<PartSummary>,
    source: Source,
    open: OnceLock<Segment>,
}

enum Source {
    File {
        file: FileId,
        path: PathBuf,
        bytes: u64,
        /// The checksum of its directory, if it is known.
        sum: Option<u64>,
    },
    /// Entries that wait to be sealed.
    Waiting { path: PathBuf, head: SegmentHead, entries: Vec<(EntryKey, Waiting)> },
}

impl LazySegment {
    /// A segment file of the manifest. Without a summary it is opened at once.
    pub(crate) fn of_file(
        folder: &Path,
        (file, run, bytes): (FileId, RunId, u64),
        sum: Option<u64>,
        summary: Option<&[PartSummary]>,
    ) -> Result<Self> {
        let source = Source::File { file, path: file_path(folder, file, SEGMENT), bytes, sum };
        let parts = summary.map(<[_]>::to_vec).unwrap_or_default();
        let mut segment = Self { run, parts, source, open: OnceLock::new() };
        if summary.is_none() {
            let open = segment.read()?;
            segment.parts = summaries(&open);
            segment.open = OnceLock::from(open);
        }
        Ok(segment)
    }

    /// What waits of a run; `None` where nothing does.
    pub(crate) fn of_waiting(catalogue: &Catalogue, run: &Run, folder: &Path) -> Option<Self> {
        let entries: Vec<_> = waiting_of(catalogue, run.id).map(|(key, waiting)| (key, waiting.clone())).collect();
        let head = SegmentHead { run: run.id, shape: run.spec.shape, score_type: run.spec.score_type };
        // As `build` will cut them.
        let parts = entries.chunk_by(|(one, _), (other, _)| one.part() == other.part());
        let parts = parts.flat_map(|part| part.chunks(part_capacity(head.shape)));
        let parts = parts.map(|part| PartSummary::of(part[0].0, part.len())).collect();
        if entries.is_empty() {
            return None;
        }
        let source = Source::Waiting { path: folder.join("unsealed entries"), head, entries };
        Some(Self { run: run.id, parts, source, open: OnceLock::new() })
    }

    /// `None` for one that exists only in memory.
    pub(crate) fn file(&self) -> Option<FileId> {
        match self.source {
            Source::File { file, .. } => Some(file),
            Source::Waiting { .. } => None,
        }
    }

    /// Size of the file in bytes; 0 where there is none.
    pub(crate) fn size(&self) -> u64 {
        match self.source {
            Source::File { bytes, .. } => bytes,
            Source::Waiting { .. } => 0,
        }
    }

    /// The segment itself.
    pub(crate) fn get(&self) -> Result<&Segment> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let open = self.read()?;
        let found = summaries(&open);
        if found != self.parts {
            let (found, expected) = (format!("{found:?}"), format!("{:?}", self.parts));
            return Err(Error::corrupt(open.path(), "parts", found, expected));
        }
        // Another thread may have been faster; both read the same bytes.
        Ok(self.open.get_or_init(|| open))
    }

    /// Gives the pages that were read back to the system.
    pub(crate) fn release(&self) {
        self.open.get().into_iter().for_each(Segment::release);
    }

    fn read(&self) -> Result<Segment> {
        match &self.source {
            Source::File { path, bytes, sum, .. } => {
                let mapped = Bytes::map(path)?.ok_or_else(|| Error::MissingFile { path: path.clone() })?;
                let open = Segment::open(mapped, path)?;
                agree(path, (open.run().0, open.size()), (self.run.0, *bytes), "run")?;
                open.must_be(*sum)?;
                Ok(open)
            }
            Source::Waiting { path, head, entries } => {
                let mut payloads = Vec::with_capacity(entries.len());
                for (key, waiting) in entries {
                    payloads.push((*key, Cow::Borrowed(waiting.bytes()?)));
                }
                let (bytes, _) = build(Vec::new(), *head, payloads.into_iter())
                    .map_err(|e| Error::corrupt(path, format!("run {}", head.run.0), e, "entries that can be read"))?;
                Segment::open(Bytes::Owned(bytes), path)
            }
        }
    }
}

/// Fails unless a file is the one that the manifest means: another good file may be in its place.
pub(crate) fn agree(path: &Path, found: (u32, u64), expected: (u32, u64), what: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let say = |(number, bytes)| format!("{bytes} bytes, {what} {number}");
    Err(Error::corrupt(path, "file", say(found), say(expected)))
}

/// The entries of a run that wait in the catalogue, in order.
pub(crate) fn waiting_of(catalogue: &Catalogue, run: RunId) -> impl Iterator<Item = (EntryKey, &Waiting)> {
    let all = catalogue.unsealed.range((run, EntryKey::FIRST)..).take_while(move |((of, _), _)| *of == run);
    all.map(|((_, key), waiting)| (*key, waiting))
}

/// The parts of a segment file that no manifest has told of yet.
pub(crate) fn summary_of_file(store: &Path, of: (FileId, RunId, u64), sum: Option<u64>) -> Result<Vec<PartSummary>> {
    Ok(LazySegment::of_file(store, of, sum, None)?.parts)
}
