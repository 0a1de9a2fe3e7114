//! Format 2: heads and tails in sections of their own, a checksum for each; a piece is compared with its own when it is first
//! used in an opened segment.

use super::proved::Proved;
use super::{Head, Part, PartReader, PartSections, Segment, root};
use crate::block::{Pieces, ScoreView, groups, v2};
use crate::entry::Group;
use crate::error::{Error, Result};
use crate::files::container::{Checked, Container, Section};
use crate::files::mapped::ReadSoFar;
use crate::ids::{LanguageId, PromptId, Shape};
use crate::segment::{ArchivedPartDirectory, ArchivedSegmentDirectory, PIECES, PartKind};
use xxhash_rust::xxh3::xxh3_64;

pub(super) struct Blocks {
    pieces: Checked,
    heads: Section,
    tails: Section,
    /// Two bits an entry: its head, its tail.
    proved: Proved,
}

/// One of the two pieces of an entry.
#[derive(Clone, Copy)]
enum Which {
    Head,
    Tail,
}

/// What the section `pieces` says of an entry: where its head and its tail begin, and their checksums.
struct Record([u64; 4]);

impl Record {
    fn read(bytes: &[u8], at: usize) -> Self {
        let record = &bytes[at * PIECES..];
        Self(std::array::from_fn(|n| u64::from_le_bytes(std::array::from_fn(|i| record[8 * n + i]))))
    }

    fn begin(&self, which: Which) -> u64 {
        self.0[2 * which as usize]
    }

    fn xxh3(&self, which: Which) -> u64 {
        self.0[2 * which as usize + 1]
    }
}

pub(super) fn open(container: Container) -> Result<Segment> {
    let directory = root::<ArchivedSegmentDirectory>(&container)?;
    let (run, layers) = (directory.run.to_native(), directory.layers.to_native());
    let head = Head { run, layers, width: directory.width.to_native(), score_type: directory.score_type };
    Segment::of(container, head, |container, shape| {
        let parts = root::<ArchivedSegmentDirectory>(container)?.parts.iter().enumerate();
        parts.map(|(number, directory)| part(container, number, directory, shape)).collect()
    })
}

fn part(container: &Container, number: usize, directory: &ArchivedPartDirectory, shape: Shape) -> Result<PartSections> {
    let reader = PartReader { container, number, count: directory.fact_count.to_native(), shape };
    let kind = reader.kind(directory.kind)?;
    // Neurons without scores have no blocks: their one grid says all of them.
    let records = if kind == PartKind::Neurons { 0 } else { u64::from(reader.count) + 1 };
    Ok(PartSections {
        number,
        language: LanguageId(directory.language.to_native()),
        prompt: PromptId(directory.prompt.to_native()),
        kind,
        count: reader.count,
        members: directory.members.to_native(),
        tau_floor: directory.tau_floor.to_native(),
        facts: reader.facts(directory.facts.get())?,
        grids: reader.grids(kind, &directory.grids)?,
        blocks: super::Blocks::V2(Blocks {
            pieces: reader.bounded(directory.pieces.get(), "pieces", Some(PIECES as u64 * records))?,
            heads: reader.bounded(directory.heads.get(), "heads", None)?.section,
            tails: reader.bounded(directory.tails.get(), "tails", None)?.section,
            proved: Proved::default(),
        }),
    })
}

/// Pieces lie one after the other, from the first byte of their section to the last.
fn contiguous(bytes: &[u8], heads: u64, tails: u64) -> Result<(), String> {
    let count = bytes.len() / PIECES;
    let mut before: Option<Record> = None;
    for at in 0..count {
        let record = Record::read(bytes, at);
        let ascends =
            |which| before.as_ref().map_or(record.begin(which) == 0, |b| b.begin(which) <= record.begin(which));
        if !ascends(Which::Head) || !ascends(Which::Tail) {
            return Err(format!("piece {at} out of order"));
        }
        before = Some(record);
    }
    match before {
        Some(last) if last.0 != [heads, 0, tails, 0] => {
            Err(format!("pieces up to {} and {} of {heads} and {tails} bytes", last.0[0], last.0[2]))
        }
        _ => Ok(()),
    }
}

impl Blocks {
    fn section(&self, which: Which) -> Section {
        match which {
            Which::Head => self.heads,
            Which::Tail => self.tails,
        }
    }

    /// A piece, proved: compared with its checksum now (`afresh`), or when it was first used.
    fn piece<'a>(&'a self, part: &Part<'a>, local: u32, which: Which, afresh: bool) -> Result<(&'a [u8], u64)> {
        let container = &part.segment.container;
        let whole = |bytes: &[u8]| contiguous(bytes, self.heads.len, self.tails.len);
        let records = container.checked(&self.pieces, "pieces", whole)?;
        let at = local as usize;
        // A part without blocks has no records; nobody asks it for any.
        if records.len() < (at + 2) * PIECES {
            return Err(Error::corrupt(part.path(), part.place(local, "block"), "none", "a block"));
        }
        let (record, next) = (Record::read(records, at), Record::read(records, at + 1));
        let section = self.section(which);
        let bytes = &container.raw(section)[record.begin(which) as usize..next.begin(which) as usize];
        let bit = 2 * at + which as usize;
        if afresh || !self.proved.has(bit) {
            let (found, expected) = (xxh3_64(bytes), record.xxh3(which));
            if found != expected {
                let name = match which {
                    Which::Head => "head",
                    Which::Tail => "tail",
                };
                let offset = section.offset + record.begin(which);
                let place = format!("{} at byte {offset}", part.place(local, name));
                let (found, expected) = (format!("checksum {found:016x}"), format!("{expected:016x}"));
                return Err(Error::corrupt(part.path(), place, found, expected));
            }
            self.proved.set(bit, 2 * part.len() as usize);
        }
        Ok((bytes, record.xxh3(which)))
    }

    pub(super) fn scores<'a>(&'a self, part: &Part<'a>, local: u32, with_tail: bool) -> Result<ScoreView<'a>> {
        let (head, _) = self.piece(part, local, Which::Head, false)?;
        let form = part.segment.form();
        let view = if with_tail {
            v2::whole(head, self.piece(part, local, Which::Tail, false)?.0, form)
        } else {
            v2::head(head, form)
        };
        view.map_err(|found| Error::corrupt(part.path(), part.place(local, "block"), found, "scores"))
    }

    pub(super) fn groups(&self, part: &Part<'_>, local: u32) -> Result<Vec<Group>> {
        groups::decode(self.piece(part, local, Which::Head, false)?.0)
            .map_err(|found| Error::corrupt(part.path(), part.place(local, "block"), found, "groups"))
    }

    /// What was asked when groups were searched for, where it is known.
    pub(super) fn question_of_groups(&self, part: &Part<'_>, local: u32) -> Result<Option<u64>> {
        let (tail, _) = self.piece(part, local, Which::Tail, false)?;
        if tail.is_empty() {
            return Ok(None);
        }
        let question = tail.try_into().map(u64::from_le_bytes);
        let found = format!("{} bytes behind the groups", tail.len());
        question.map(Some).map_err(|_| Error::corrupt(part.path(), part.place(local, "tail"), found, "0 or 8"))
    }

    /// Bytes of a block, on average over the part.
    pub(super) fn bytes_each(&self, part: &Part<'_>) -> u64 {
        (self.heads.len + self.tails.len) / u64::from(part.len().max(1))
    }

    /// Both pieces, compared with their checksums at this moment.
    pub(super) fn copied(&self, part: &Part<'_>, local: u32) -> Result<Vec<u8>> {
        let (head, head_xxh3) = self.piece(part, local, Which::Head, true)?;
        let (tail, tail_xxh3) = self.piece(part, local, Which::Tail, true)?;
        Ok(Pieces { head, tail, head_xxh3, tail_xxh3 }.to_bytes())
    }

    /// Compares everything with its checksum, whether or not that was done before. Pieces first: they say whose they are.
    pub(super) fn prove(&self, part: &Part<'_>) -> Result<()> {
        let container = &part.segment.container;
        container.verify(self.pieces.section, "pieces")?;
        if part.kind() != PartKind::Neurons {
            let mut read = ReadSoFar::default();
            for local in 0..part.len() {
                let (head, _) = self.piece(part, local, Which::Head, true)?;
                let (tail, _) = self.piece(part, local, Which::Tail, true)?;
                if read.is_much((head.len() + tail.len()) as u64) {
                    part.segment.release();
                }
            }
        }
        container.verify(self.heads, "heads")?;
        container.verify(self.tails, "tails")
    }
}
