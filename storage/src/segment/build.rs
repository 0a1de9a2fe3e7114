//! Builds a segment: blocks are streamed out, sets and postings are collected on the way.

mod grid;

use super::{PIECES, PartDirectory, PartKind, SegmentDirectory, TAU_GRID, part_capacity, slots};
use crate::block::{Form, LEAST_POSITIVE, Pieces, as_current, groups, v2};
use crate::files::container::{ContainerWriter, Magic};
use crate::ids::{FactId, LanguageId, PromptId, RunId, Shape};
use crate::run::ScoreType;
use grid::GridBuilder;
use std::borrow::Cow;
use std::io::Write;

/// What all entries of a segment share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentHead {
    pub run: RunId,
    pub shape: Shape,
    pub score_type: ScoreType,
}

/// Where an entry belongs. The order of this type is the order of entries in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntryKey {
    pub language: LanguageId,
    pub prompt: PromptId,
    pub kind: PartKind,
    pub fact: FactId,
}

impl EntryKey {
    /// None comes before it.
    pub(crate) const FIRST: Self =
        Self { language: LanguageId(0), prompt: PromptId(0), kind: PartKind::Scores, fact: FactId(0) };

    /// What no two entries of a run share: scores and neurons take the same place.
    pub(crate) fn place(self) -> (LanguageId, PromptId, bool, FactId) {
        (self.language, self.prompt, self.kind.is_attribution(), self.fact)
    }

    /// Entries of one part share this.
    pub(crate) fn part(self) -> (LanguageId, PromptId, PartKind) {
        (self.language, self.prompt, self.kind)
    }
}

/// Heads and sets are collected in memory while tails are written: a part ends when they take this much. Writing the sets takes up to
/// three times what the lowest threshold's take, so that a writer stays below 512 MB.
const PART_BYTES: usize = 160 << 20;

/// Payload of an entry as it waits in the catalogue: a score or group block, or the ascending neurons as `u32`s.
pub(crate) type Payload<'a> = Cow<'a, [u8]>;

/// Writes a segment from entries in ascending [`EntryKey`] order; returns the output and its length.
///
/// Payloads come from this program ([`crate::block`]), from the catalogue or from segments; one that cannot be read, or does
/// not agree with its own checksums, is an error of kind `InvalidData`.
pub(crate) fn build<'a, W: Write>(
    out: W,
    head: SegmentHead,
    entries: impl Iterator<Item = (EntryKey, Payload<'a>)>,
) -> std::io::Result<(W, u64)> {
    let mut writer = ContainerWriter::new(out, Magic::Segment)?;
    let mut parts = Vec::new();
    let mut entries = entries.peekable();
    while let Some(&(first, _)) = entries.peek() {
        let mut part = PartBuilder::new(head, first.kind);
        writer.begin()?;
        while let Some((key, payload)) = entries.next_if(|(key, _)| key.part() == first.part() && part.has_room()) {
            let invalid = |found| std::io::Error::new(std::io::ErrorKind::InvalidData, found);
            if first.kind == PartKind::Neurons {
                part.add_neurons(key.fact, &payload).map_err(invalid)?;
                continue;
            }
            let block = as_current(&payload, first.kind, part.form).map_err(invalid)?;
            let pieces = Pieces::read(&block).map_err(invalid)?;
            part.add(key.fact, pieces).map_err(invalid)?;
            writer.push(pieces.tail)?;
        }
        let tails = writer.end();
        part.pieces.extend(part.end().into_iter().flatten());
        let heads = writer.section(&part.heads)?;
        let facts = writer.section(&le_u32(&part.facts))?;
        let pieces = writer.section(&part.pieces)?;
        let mut grids = Vec::with_capacity(part.grids.len());
        for grid in &mut part.grids {
            grids.push(grid.write(&mut writer, slots(head.shape), part.facts.len())?);
        }
        parts.push(PartDirectory {
            language: first.language.0,
            prompt: first.prompt.0,
            kind: first.kind.code(),
            fact_count: part.facts.len() as u32,
            members: part.members,
            tau_floor: part.tau_floor,
            facts,
            grids,
            pieces,
            heads,
            tails,
        });
    }
    let directory = SegmentDirectory {
        run: head.run.0,
        layers: head.shape.layers,
        width: head.shape.width,
        score_type: head.score_type as u8,
        parts,
    };
    let directory = rkyv::to_bytes::<rkyv::rancor::Error>(&directory).map_err(std::io::Error::other)?;
    writer.finish(&directory)
}

struct PartBuilder {
    kind: PartKind,
    form: Form,
    capacity: usize,
    facts: Vec<u32>,
    /// Of each entry, where its pieces begin, and their checksums.
    pieces: Vec<u8>,
    heads: Vec<u8>,
    tail_bytes: u64,
    members: u64,
    tau_floor: f64,
    grids: Vec<GridBuilder>,
    scratch: Vec<u32>,
}

impl PartBuilder {
    fn new(head: SegmentHead, kind: PartKind) -> Self {
        let taus: &[f64] = match kind {
            PartKind::Scores => &TAU_GRID,
            PartKind::Neurons => &[f64::NAN],
            PartKind::Groups => &[],
        };
        Self {
            kind,
            form: Form { shape: head.shape, score_type: head.score_type },
            capacity: part_capacity(head.shape),
            facts: Vec::new(),
            pieces: Vec::new(),
            heads: Vec::new(),
            tail_bytes: 0,
            members: 0,
            tau_floor: 0.0,
            grids: taus.iter().map(|&tau| GridBuilder::new(tau)).collect(),
            scratch: Vec::new(),
        }
    }

    fn has_room(&self) -> bool {
        let sets: usize = self.grids.iter().map(GridBuilder::bytes).sum();
        self.facts.len() < self.capacity && self.heads.len() + sets < PART_BYTES
    }

    /// A record of the section `pieces`.
    fn record(&self, head_xxh3: u64, tail_xxh3: u64) -> [u8; PIECES] {
        let numbers = [self.heads.len() as u64, head_xxh3, self.tail_bytes, tail_xxh3].map(u64::to_le_bytes);
        std::array::from_fn(|at| numbers[at / 8][at % 8])
    }

    /// The record after the last entry's: where all pieces end. Neurons have none.
    fn end(&self) -> Option<[u8; PIECES]> {
        (self.kind != PartKind::Neurons).then(|| self.record(0, 0))
    }

    /// Takes an entry whose payload is a block; its tail is the caller's to write.
    fn add(&mut self, fact: FactId, block: Pieces<'_>) -> Result<(), String> {
        self.facts.push(fact.0);
        if self.kind == PartKind::Groups {
            self.members += groups::decode(block.head)?.len() as u64;
        } else {
            self.add_scores(block)?;
        }
        self.pieces.extend(self.record(block.head_xxh3, block.tail_xxh3));
        self.heads.extend_from_slice(block.head);
        self.tail_bytes += block.tail.len() as u64;
        Ok(())
    }

    fn add_scores(&mut self, block: Pieces<'_>) -> Result<(), String> {
        let view = v2::whole(block.head, block.tail, self.form)?;
        self.members += view.len() as u64;
        if view.max() > 0.0 {
            self.tau_floor = self.tau_floor.max(f64::from(view.floor()) / f64::from(view.max()));
        } else if view.floor() > LEAST_POSITIVE {
            // The maximum is positive perhaps, and was dropped: no τ is known to be complete.
            self.tau_floor = f64::INFINITY;
        }
        // Thresholds ascend, so each set is a prefix of the one before: one sort by neuron does for all, and each takes from it what
        // ranks before its end.
        let mut count = self.grids.first().map_or(0, |grid| view.above_share(grid.tau, 0..view.len()));
        self.scratch.clear();
        view.push_neurons(count, &mut self.scratch);
        let mut by_neuron: Vec<u64> =
            (0_u64..).zip(&self.scratch).map(|(rank, &neuron)| u64::from(neuron) << 32 | rank).collect();
        by_neuron.sort_unstable();
        for grid in &mut self.grids {
            count = view.above_share(grid.tau, 0..count);
            self.scratch.resize(by_neuron.len(), 0);
            let mut taken = 0;
            for &key in &by_neuron {
                // Written in any case: a wrong guess of the processor would cost more.
                self.scratch[taken] = (key >> 32) as u32;
                taken += usize::from((key as u32 as usize) < count);
            }
            self.scratch.truncate(taken);
            grid.add(&self.scratch, self.form)?;
        }
        Ok(())
    }

    /// Takes a neuron set, which its grid keeps.
    fn add_neurons(&mut self, fact: FactId, payload: &[u8]) -> Result<(), String> {
        let (neurons, []) = payload.as_chunks() else {
            return Err(format!("a neuron set of {} bytes", payload.len()));
        };
        self.facts.push(fact.0);
        self.members += neurons.len() as u64;
        self.scratch.clear();
        self.scratch.extend(neurons.iter().map(|&neuron| u32::from_le_bytes(neuron)));
        self.grids.iter_mut().try_for_each(|grid| grid.add(&self.scratch, self.form))
    }
}

pub(crate) fn le_u32(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn le_u64(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
