//! Segments: immutable, checksummed, memory-mapped files with the entries of one run.
//!
//! A segment holds *parts*; a part holds, for one (language, prompt) and many facts, either scores,
//! or neuron sets without scores, or degenerate groups. What is in a part, and which question it serves:
//!
//! | section | question |
//! |---|---|
//! | facts: ascending fact ids | is this fact here, and where? |
//! | per grid τ: packed roaring sets, fact → neurons | set algebra, counts by layer |
//! | per grid τ: packed roaring postings, neuron → facts | which facts use this neuron? |
//! | heads: the best scores first ([`crate::ScoreView`]) | any other threshold from [`crate::HEAD_SHARE`] on, evidence, origin |
//! | tails: the scores after them | lower thresholds, ranks, all scores |
//!
//! [`build`] writes them, in format 2; [`read`] reads formats 1 and 2; `docs/format.md` is the byte layout. Not for
//! changing anything: a fact is replaced by a tombstone and a new segment.

pub(crate) mod build;
pub(crate) mod read;
pub(crate) mod summary;

use crate::entry::EntryData;
use crate::files::container::Section;
use crate::ids::Shape;
use rkyv::{Archive, Serialize};

/// Thresholds (shares of the fact's maximum) whose neuron sets are stored ready-made, ascending.
pub const TAU_GRID: [f64; 6] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7];

/// What the entries of a part are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// Attribution scores.
    Scores,
    /// Neuron sets without scores.
    Neurons,
    /// Degenerate groups.
    Groups,
}

impl PartKind {
    pub(crate) fn of(data: &EntryData) -> Self {
        match data {
            EntryData::Scores(_) | EntryData::Stored(_) => Self::Scores,
            EntryData::Neurons(_) => Self::Neurons,
            EntryData::Groups(_) | EntryData::Searched { .. } => Self::Groups,
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Scores => 0,
            Self::Neurons => 1,
            Self::Groups => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Scores),
            1 => Some(Self::Neurons),
            2 => Some(Self::Groups),
            _ => None,
        }
    }

    /// Scores and neurons are two ways to say what a fact's attribution is; groups come on top.
    pub(crate) fn is_attribution(self) -> bool {
        self != Self::Groups
    }
}

/// Containers a fact takes: values of a roaring container have 16 bits.
pub(crate) fn slots(shape: Shape) -> u32 {
    shape.neurons().div_ceil(1 << 16) as u32
}

/// Facts a part can hold: container keys have 16 bits too; and a part is built in memory.
pub(crate) fn part_capacity(shape: Shape) -> usize {
    ((1 << 16) / slots(shape)).min(1 << 14) as usize
}

/// Bytes of a record of the section `pieces`: where head and tail begin, and their checksums, as `u64`s.
const PIECES: usize = 32;

// The fields of the directory: `docs/format.md`, "What is in a segment?".

#[derive(Archive, Serialize)]
struct SegmentDirectory {
    run: u32,
    layers: u32,
    width: u32,
    score_type: u8,
    parts: Vec<PartDirectory>,
}

#[derive(Archive, Serialize)]
struct PartDirectory {
    language: u16,
    prompt: u16,
    kind: u8,
    fact_count: u32,
    members: u64,
    tau_floor: f64,
    facts: Section,
    grids: Vec<GridDirectory>,
    pieces: Section,
    heads: Section,
    tails: Section,
}

#[derive(Archive, Serialize)]
struct GridDirectory {
    tau: f64,
    index: Section,
    counts: Section,
    sets: Section,
    postings: Vec<Section>,
}
