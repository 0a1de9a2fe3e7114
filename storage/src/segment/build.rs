//! Builds a segment: blocks are streamed out, sets and postings are collected on the way.

use super::{GridDirectory, PartDirectory, PartKind, SegmentDirectory, TAU_GRID, part_capacity, slots};
use crate::block::{LEAST_POSITIVE, ScoreView, decode_groups};
use crate::files::container::{ContainerWriter, Magic};
use crate::ids::{FactId, LanguageId, PromptId, RunId, Shape};
use crate::packed;
use crate::run::ScoreType;
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
    /// What no two entries of a run share: scores and neurons take the same place.
    pub(crate) fn place(self) -> (LanguageId, PromptId, bool, FactId) {
        (self.language, self.prompt, self.kind.is_attribution(), self.fact)
    }

    fn part(self) -> (LanguageId, PromptId, PartKind) {
        (self.language, self.prompt, self.kind)
    }
}

/// Payload of an entry as it is stored: a score or group block, or the ascending neurons as `u32`s.
pub(crate) type Payload<'a> = Cow<'a, [u8]>;

/// Writes a segment from entries in ascending [`EntryKey`] order; returns the output and its length.
///
/// Payloads come from this program ([`crate::block`]) or from checked segments; one that cannot be
/// read is an error of kind `InvalidData`.
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
        while let Some((key, payload)) =
            entries.next_if(|(key, _)| key.part() == first.part() && part.facts.len() < part.capacity)
        {
            let block =
                part.add(key.fact, &payload).map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))?;
            if block {
                writer.push(&payload)?;
            }
        }
        let blocks = writer.end();
        let facts = writer.section(&le_u32(&part.facts))?;
        let offsets = writer.section(&le_u64(&part.offsets))?;
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
            offsets,
            blocks,
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
    score_type: ScoreType,
    capacity: usize,
    facts: Vec<u32>,
    offsets: Vec<u64>,
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
            score_type: head.score_type,
            capacity: part_capacity(head.shape),
            facts: Vec::new(),
            offsets: vec![0],
            members: 0,
            tau_floor: 0.0,
            grids: taus.iter().map(|&tau| GridBuilder { tau, counts: Vec::new(), neurons: Vec::new() }).collect(),
            scratch: Vec::new(),
        }
    }

    /// Takes an entry; says whether its payload belongs into the blocks.
    fn add(&mut self, fact: FactId, payload: &[u8]) -> Result<bool, String> {
        self.facts.push(fact.0);
        match self.kind {
            PartKind::Scores => {
                let view = ScoreView::new(payload, self.score_type)?;
                self.members += view.len() as u64;
                if view.max() > 0.0 {
                    self.tau_floor = self.tau_floor.max(f64::from(view.floor()) / f64::from(view.max()));
                } else if view.floor() > LEAST_POSITIVE {
                    // The maximum is positive perhaps, and was dropped: no τ is known to be complete.
                    self.tau_floor = f64::INFINITY;
                }
                // Thresholds ascend, so each set is a prefix of the one before.
                let mut count = view.len();
                for grid in &mut self.grids {
                    count = view.above_share(grid.tau, 0..count);
                    self.scratch.clear();
                    view.push_neurons(count, &mut self.scratch);
                    self.scratch.sort_unstable();
                    grid.add(&self.scratch);
                }
            }
            PartKind::Neurons => {
                let (neurons, []) = payload.as_chunks() else {
                    return Err(format!("a neuron set of {} bytes", payload.len()));
                };
                self.members += neurons.len() as u64;
                self.scratch.clear();
                self.scratch.extend(neurons.iter().map(|&neuron| u32::from_le_bytes(neuron)));
                for grid in &mut self.grids {
                    grid.add(&self.scratch);
                }
            }
            PartKind::Groups => self.members += decode_groups(payload)?.len() as u64,
        }
        let block = self.kind != PartKind::Neurons;
        let end = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(if block { end + payload.len() as u64 } else { end });
        Ok(block)
    }
}

/// The sets of one threshold, fact after fact.
struct GridBuilder {
    tau: f64,
    counts: Vec<u32>,
    neurons: Vec<u32>,
}

impl GridBuilder {
    fn add(&mut self, ascending: &[u32]) {
        self.counts.push(ascending.len() as u32);
        self.neurons.extend_from_slice(ascending);
    }

    fn write<W: Write>(
        &mut self,
        writer: &mut ContainerWriter<W>,
        slots: u32,
        facts: usize,
    ) -> std::io::Result<GridDirectory> {
        let mut keys = Vec::with_capacity(self.neurons.len());
        let mut index = Vec::with_capacity(facts + 1);
        let mut containers = 0_u32;
        // One sort makes all postings: neuron in the upper half, fact in the lower.
        let mut pairs = Vec::with_capacity(self.neurons.len());
        let mut at = 0;
        for (fact, &count) in self.counts.iter().enumerate() {
            index.push(containers);
            let mut slot_before = None;
            for &neuron in &self.neurons[at..at + count as usize] {
                let slot = fact as u32 * slots + (neuron >> 16);
                containers += u32::from(slot_before != Some(slot));
                slot_before = Some(slot);
                keys.push(slot << 16 | neuron & 0xFFFF);
                pairs.push(u64::from(neuron) << 16 | fact as u64);
            }
            at += count as usize;
        }
        index.push(containers);
        self.neurons = Vec::new();
        pairs.sort_unstable();
        let sets = writer.section(&packed::pack(keys.into_iter()))?;
        let mut postings = Vec::with_capacity(slots as usize);
        let mut rest = pairs.as_slice();
        for high in 0..u64::from(slots) {
            let (here, after) = rest.split_at(rest.partition_point(|pair| pair >> 32 <= high));
            postings.push(writer.section(&packed::pack(here.iter().map(|&pair| pair as u32)))?);
            rest = after;
        }
        Ok(GridDirectory {
            tau: self.tau,
            index: writer.section(&le_u32(&index))?,
            counts: writer.section(&le_u32(&self.counts))?,
            sets,
            postings,
        })
    }
}

pub(crate) fn le_u32(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn le_u64(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
