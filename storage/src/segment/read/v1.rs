//! Format 1: whole blocks in one section. Its one checksum proves all of them, when the first is read.

use super::{Head, Part, PartReader, PartSections, Segment, root};
use crate::block::{ScoreView, v1};
use crate::entry::Group;
use crate::error::{Error, Result};
use crate::files::container::{Checked, Container, Section};
use crate::files::mapped::u64s;
use crate::ids::{LanguageId, PromptId, Shape};
use crate::segment::GridDirectory;
use rkyv::Archive;

// The fields of the directory: `docs/format.md`, "What was different in format 1?". Nothing writes it any more.

#[derive(Archive)]
#[expect(dead_code, reason = "only what rkyv makes of it is read")]
struct Directory {
    run: u32,
    layers: u32,
    width: u32,
    score_type: u8,
    parts: Vec<PartDirectory>,
}

#[derive(Archive)]
struct PartDirectory {
    language: u16,
    prompt: u16,
    kind: u8,
    fact_count: u32,
    members: u64,
    tau_floor: f64,
    facts: Section,
    grids: Vec<GridDirectory>,
    offsets: Section,
    blocks: Section,
}

pub(super) struct Blocks {
    offsets: Checked,
    blocks: Checked,
}

pub(super) fn open(container: Container) -> Result<Segment> {
    let directory = root::<ArchivedDirectory>(&container)?;
    let (run, layers) = (directory.run.to_native(), directory.layers.to_native());
    let head = Head { run, layers, width: directory.width.to_native(), score_type: directory.score_type };
    Segment::of(container, head, |container, shape| {
        let parts = root::<ArchivedDirectory>(container)?.parts.iter().enumerate();
        parts.map(|(number, directory)| part(container, number, directory, shape)).collect()
    })
}

fn part(container: &Container, number: usize, directory: &ArchivedPartDirectory, shape: Shape) -> Result<PartSections> {
    let reader = PartReader { container, number, count: directory.fact_count.to_native(), shape };
    let kind = reader.kind(directory.kind)?;
    let offsets = Some(8 * (u64::from(reader.count) + 1));
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
        blocks: super::Blocks::V1(Blocks {
            offsets: reader.bounded(directory.offsets.get(), "offsets", offsets)?,
            blocks: reader.bounded(directory.blocks.get(), "blocks", None)?,
        }),
    })
}

impl Blocks {
    pub(super) fn block<'a>(&'a self, part: &Part<'a>, local: u32) -> Result<&'a [u8]> {
        let container = &part.segment.container;
        let limit = self.blocks.section.len;
        let ascend = |bytes: &[u8]| {
            let offsets = u64s(bytes);
            let ascends = offsets.is_sorted_by(|a, b| u64::from_le_bytes(*a) <= u64::from_le_bytes(*b));
            match offsets.last().map(|&last| u64::from_le_bytes(last)) {
                Some(last) if last == limit && ascends => Ok(()),
                last => Err(format!("offsets up to {last:?} of {limit} bytes")),
            }
        };
        let offsets = container.checked(&self.offsets, "offsets", ascend).map(u64s)?;
        let blocks = container.checked(&self.blocks, "blocks", |_| Ok(()))?;
        let at = |index: usize| u64::from_le_bytes(offsets[index]) as usize;
        Ok(&blocks[at(local as usize)..at(local as usize + 1)])
    }

    pub(super) fn scores<'a>(&'a self, part: &Part<'a>, local: u32) -> Result<ScoreView<'a>> {
        v1::view(self.block(part, local)?, part.segment.form())
            .map_err(|found| Error::corrupt(part.path(), part.place(local, "block"), found, "a score block"))
    }

    pub(super) fn groups(&self, part: &Part<'_>, local: u32) -> Result<Vec<Group>> {
        v1::decode_groups(self.block(part, local)?)
            .map_err(|found| Error::corrupt(part.path(), part.place(local, "block"), found, "a group block"))
    }

    /// Bytes of a block, on average over the part.
    pub(super) fn bytes_each(&self, part: &Part<'_>) -> u64 {
        self.blocks.section.len / u64::from(part.len().max(1))
    }

    /// Compares everything with its checksum, whether or not that was done before.
    pub(super) fn prove(&self, container: &Container) -> Result<()> {
        container.verify(self.offsets.section, "offsets")?;
        container.verify(self.blocks.section, "blocks")
    }
}
