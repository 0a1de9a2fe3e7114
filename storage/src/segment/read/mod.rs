//! Reads a segment: parts, their sets, postings and blocks, in place.

use super::{ArchivedGridDirectory, ArchivedPartDirectory, ArchivedSegmentDirectory, PartKind, slots};
use crate::block::{ScoreView, decode_groups};
use crate::entry::Group;
use crate::error::{Error, Result};
use crate::files::container::{Checked, Container, Magic, Section};
use crate::files::mapped::{Bytes, u32s, u64s};
use crate::ids::{FactId, LanguageId, Neuron, PromptId, RunId, Shape};
use crate::packed::{PackedSets, Values};
use crate::run::ScoreType;
use rkyv::rancor;
use std::path::Path;

/// An open segment.
pub struct Segment {
    container: Container,
    run: RunId,
    shape: Shape,
    score_type: ScoreType,
    parts: Vec<PartSections>,
}

struct PartSections {
    language: LanguageId,
    prompt: PromptId,
    kind: PartKind,
    count: u32,
    members: u64,
    tau_floor: f64,
    facts: Checked,
    offsets: Checked,
    blocks: Section,
    grids: Vec<GridSections>,
}

struct GridSections {
    tau: f64,
    index: Checked,
    counts: Checked,
    sets: Checked,
    postings: Vec<Checked>,
}

impl Segment {
    /// Opens a segment and checks its envelope, directory and the bounds of every section.
    pub(crate) fn open(bytes: Bytes, path: &Path) -> Result<Self> {
        let container = Container::open(bytes, path, Magic::Segment)?;
        let directory = rkyv::access::<ArchivedSegmentDirectory, rancor::Error>(container.directory())
            .map_err(|e| Error::corrupt(path, "directory", e, "a segment directory"))?;
        let (layers, width) = (directory.layers.to_native(), directory.width.to_native());
        let shape = Shape::new(layers, width)
            .ok_or_else(|| Error::corrupt(path, "directory", format!("{layers} × {width}"), "a model's shape"))?;
        let score_type = match directory.score_type {
            0 => ScoreType::F32,
            1 => ScoreType::F16,
            2 => ScoreType::Bf16,
            other => return Err(Error::corrupt(path, "directory", format!("score type {other}"), "0 to 2")),
        };
        let run = RunId(directory.run.to_native());
        let parts = directory.parts.iter().enumerate();
        let parts = parts.map(|(at, part)| read_part(&container, at, part, shape)).collect::<Result<_>>()?;
        Ok(Self { container, run, shape, score_type, parts })
    }

    /// The run whose entries these are.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The model's shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.container.len()
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.container.path()
    }

    /// Number of parts.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The part at `index`.
    pub fn part(&self, index: usize) -> Part<'_> {
        Part { segment: self, part: &self.parts[index] }
    }

    /// Reads every byte anew: all checksums, all sets, all blocks.
    pub(crate) fn verify(&self) -> Result<()> {
        self.container.verify_envelope()?;
        for index in 0..self.len() {
            self.part(index).verify()?;
        }
        Ok(())
    }
}

fn read_part(container: &Container, at: usize, part: &ArchivedPartDirectory, shape: Shape) -> Result<PartSections> {
    let path = container.path();
    let count = part.fact_count.to_native();
    let place = |name: &str| format!("part {at}, {name}");
    let bounded = |section: Section, name: &str, bytes: Option<u64>| {
        container.check_bounds(section, &place(name))?;
        match bytes {
            Some(bytes) if bytes != section.len => {
                Err(Error::corrupt(path, place(name), format!("{} bytes", section.len), format!("{bytes}")))
            }
            _ => Ok(Checked::new(section)),
        }
    };
    let kind =
        PartKind::from_code(part.kind).ok_or_else(|| Error::corrupt(path, place("kind"), part.kind, "0 to 2"))?;
    let grid = |grid: &ArchivedGridDirectory| {
        if grid.postings.len() != slots(shape) as usize {
            return Err(Error::corrupt(path, place("postings"), grid.postings.len(), slots(shape)));
        }
        Ok(GridSections {
            tau: grid.tau.to_native(),
            index: bounded(grid.index.get(), "index", Some(4 * (u64::from(count) + 1)))?,
            counts: bounded(grid.counts.get(), "counts", Some(4 * u64::from(count)))?,
            sets: bounded(grid.sets.get(), "sets", None)?,
            postings: grid.postings.iter().map(|p| bounded(p.get(), "postings", None)).collect::<Result<_>>()?,
        })
    };
    Ok(PartSections {
        language: LanguageId(part.language.to_native()),
        prompt: PromptId(part.prompt.to_native()),
        kind,
        count,
        members: part.members.to_native(),
        tau_floor: part.tau_floor.to_native(),
        facts: bounded(part.facts.get(), "facts", Some(4 * u64::from(count)))?,
        offsets: bounded(part.offsets.get(), "offsets", Some(8 * (u64::from(count) + 1)))?,
        blocks: bounded(part.blocks.get(), "blocks", None)?.section,
        grids: part.grids.iter().map(grid).collect::<Result<_>>()?,
    })
}

/// Entries of one (language, prompt, kind) in a segment. A fact is named by its position, from 0.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    segment: &'a Segment,
    part: &'a PartSections,
}

impl<'a> Part<'a> {
    pub(crate) fn path(&self) -> &'a Path {
        self.segment.path()
    }

    /// Its language.
    pub fn language(&self) -> LanguageId {
        self.part.language
    }

    /// Its prompt.
    pub fn prompt(&self) -> PromptId {
        self.part.prompt
    }

    /// What its entries are.
    pub fn kind(&self) -> PartKind {
        self.part.kind
    }

    /// The model's shape.
    pub fn shape(&self) -> Shape {
        self.segment.shape
    }

    /// Number of facts.
    pub fn len(&self) -> u32 {
        self.part.count
    }

    /// Whether there is no fact.
    pub fn is_empty(&self) -> bool {
        self.part.count == 0
    }

    /// Number of kept scores, neurons or groups.
    pub fn members(&self) -> u64 {
        self.part.members
    }

    /// From this τ on, the set of every fact is complete. Below it, single facts may still be: see [`ScoreView::floor`].
    pub fn tau_floor(&self) -> f64 {
        self.part.tau_floor
    }

    /// Ascending fact ids; the position in this list names the fact in all other calls.
    pub fn facts(&self) -> Result<&'a [[u8; 4]]> {
        let ascending = |bytes: &[u8]| {
            let facts = u32s(bytes);
            match facts.is_sorted_by(|a, b| u32::from_le_bytes(*a) < u32::from_le_bytes(*b)) {
                true => Ok(()),
                false => Err("fact ids out of order".to_owned()),
            }
        };
        self.segment.container.checked(&self.part.facts, "facts", ascending).map(u32s)
    }

    /// The position of a fact.
    pub fn find(&self, fact: FactId) -> Result<Option<u32>> {
        let found = self.facts()?.binary_search_by_key(&fact.0, |&id| u32::from_le_bytes(id));
        Ok(found.ok().map(|at| at as u32))
    }

    /// Thresholds with ready-made sets, ascending; one NaN for neuron sets without scores.
    pub fn taus(&self) -> impl ExactSizeIterator<Item = f64> + use<'a> {
        self.part.grids.iter().map(|grid| grid.tau)
    }

    fn sets(&self, grid: usize) -> Result<PackedSets<'a>> {
        let sets = &self.part.grids[grid].sets;
        self.segment.container.checked(sets, "sets", PackedSets::check).map(PackedSets::new)
    }

    /// The ready-made sets of a threshold, ready for many look-ups.
    pub fn grid(&self, grid: usize) -> Result<GridSets<'a>> {
        let sections = &self.part.grids[grid];
        let sets = self.sets(grid)?;
        let slots = slots(self.segment.shape);
        // Every container must belong to the fact that the index gives it to.
        let fits = |bytes: &[u8]| {
            let index: Vec<usize> = u32s(bytes).iter().map(|&at| u32::from_le_bytes(at) as usize).collect();
            let last = index.last().copied().unwrap_or(usize::MAX);
            if last != sets.len() || !index.is_sorted() {
                return Err(format!("index up to {last} of {} containers", sets.len()));
            }
            for (fact, range) in index.windows(2).enumerate() {
                if let Some(at) = (range[0]..range[1]).find(|&at| u32::from(sets.slot(at)) / slots != fact as u32) {
                    return Err(format!("container {at} of slot {} for fact {fact}", sets.slot(at)));
                }
            }
            Ok(())
        };
        let index = self.segment.container.checked(&sections.index, "index", fits).map(u32s)?;
        let counts = self.segment.container.checked(&sections.counts, "counts", |_| Ok(())).map(u32s)?;
        Ok(GridSets { sets, index, counts, slots })
    }

    fn postings_of_slot(&self, grid: usize, high: usize) -> Result<PackedSets<'a>> {
        let postings = &self.part.grids[grid].postings[high];
        self.segment.container.checked(postings, "postings", PackedSets::check).map(PackedSets::new)
    }

    /// Positions of the facts whose ready-made set has this neuron.
    pub fn postings(&self, grid: usize, neuron: Neuron) -> Result<Option<Values<'a>>> {
        Ok(self.postings_of_slot(grid, (neuron.0 >> 16) as usize)?.of(neuron.0 as u16))
    }

    fn block(&self, local: u32) -> Result<&'a [u8]> {
        let container = &self.segment.container;
        let limit = self.part.blocks.len;
        let ascend = |bytes: &[u8]| {
            let offsets = u64s(bytes);
            let ascends = offsets.is_sorted_by(|a, b| u64::from_le_bytes(*a) <= u64::from_le_bytes(*b));
            match offsets.last().map(|&last| u64::from_le_bytes(last)) {
                Some(last) if last == limit && ascends => Ok(()),
                last => Err(format!("offsets up to {last:?} of {limit} bytes")),
            }
        };
        let offsets = container.checked(&self.part.offsets, "offsets", ascend).map(u64s)?;
        let at = |index: usize| u64::from_le_bytes(offsets[index]) as usize;
        Ok(&container.raw(self.part.blocks)[at(local as usize)..at(local as usize + 1)])
    }

    /// The scores of a fact. Only for parts of kind [`PartKind::Scores`].
    pub fn scores(&self, local: u32) -> Result<ScoreView<'a>> {
        ScoreView::new(self.block(local)?, self.segment.score_type)
            .map_err(|found| Error::corrupt(self.segment.path(), format!("block {local}"), found, "a score block"))
    }

    /// The degenerate groups of a fact. Only for parts of kind [`PartKind::Groups`].
    pub fn groups(&self, local: u32) -> Result<Vec<Group>> {
        decode_groups(self.block(local)?)
            .map_err(|found| Error::corrupt(self.segment.path(), format!("block {local}"), found, "a group block"))
    }

    fn verify(&self) -> Result<()> {
        let container = &self.segment.container;
        let part = self.part;
        container.verify(part.facts.section, "facts")?;
        container.verify(part.offsets.section, "offsets")?;
        container.verify(part.blocks, "blocks")?;
        for (at, grid) in part.grids.iter().enumerate() {
            container.verify(grid.index.section, "index")?;
            container.verify(grid.counts.section, "counts")?;
            container.verify(grid.sets.section, "sets")?;
            self.grid(at)?;
            for (high, postings) in grid.postings.iter().enumerate() {
                container.verify(postings.section, "postings")?;
                self.postings_of_slot(at, high)?;
            }
        }
        self.facts()?;
        for local in 0..self.len() {
            match self.kind() {
                PartKind::Scores => drop(self.scores(local)?),
                PartKind::Groups => drop(self.groups(local)?),
                PartKind::Neurons => {}
            }
        }
        Ok(())
    }

    /// The entry as it is stored, for copying into another segment.
    pub(crate) fn payload(&self, local: u32) -> Result<std::borrow::Cow<'a, [u8]>> {
        if self.kind() != PartKind::Neurons {
            return self.block(local).map(std::borrow::Cow::Borrowed);
        }
        let mut neurons = Vec::new();
        self.grid(0)?.push_to(local, &mut neurons);
        Ok(super::build::le_u32(&neurons).into())
    }
}

/// Ready-made sets of one threshold of a part.
#[derive(Clone, Copy)]
pub struct GridSets<'a> {
    sets: PackedSets<'a>,
    index: &'a [[u8; 4]],
    counts: &'a [[u8; 4]],
    slots: u32,
}

impl<'a> GridSets<'a> {
    /// Size of a fact's set.
    pub fn count(&self, local: u32) -> u32 {
        u32::from_le_bytes(self.counts[local as usize])
    }

    /// A fact's set, where it is one container: models of at most 65,536 neurons. `None` when it is empty.
    pub fn single(&self, local: u32) -> Option<Values<'a>> {
        let (first, end) = self.range(local);
        (first < end).then(|| self.sets.values(first))
    }

    /// Whether [`Self::single`] gives whole sets.
    pub fn is_single(&self) -> bool {
        self.slots == 1
    }

    /// Appends a fact's neurons, ascending.
    pub fn push_to(&self, local: u32, out: &mut Vec<u32>) {
        let (first, end) = self.range(local);
        for index in first..end {
            let high = u32::from(self.sets.slot(index)).saturating_sub(local * self.slots);
            self.sets.values(index).push_to(high << 16, out);
        }
    }

    fn range(&self, local: u32) -> (usize, usize) {
        let at = |index: usize| u32::from_le_bytes(self.index[index]) as usize;
        (at(local as usize), at(local as usize + 1))
    }
}
