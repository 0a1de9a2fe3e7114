//! A score block, read in place.

use super::{Form, LEAST_POSITIVE, origin};
use crate::entry::{LayerEvidence, Origin};
use crate::ids::Neuron;
use crate::run::ScoreType;
use std::cmp::Ordering;
use std::ops::Range;

/// Bytes of what is known of a layer: five `f32`.
pub(super) const LAYER_BYTES: usize = 20;

/// What is known of one layer of one fact's scores. NaN where it was not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerSummary {
    /// Highest score of the layer.
    pub max: f32,
    /// Sum of the layer's scores, those that were not kept included.
    pub sum: f32,
    /// Evidence of the integral.
    pub evidence: LayerEvidence,
}

/// Neurons and their scores, as they lie in a block.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a> {
    scores: Numbers<'a>,
    neurons: Numbers<'a>,
    score_type: ScoreType,
}

/// Little-endian numbers of two or four bytes.
#[derive(Clone, Copy)]
enum Numbers<'a> {
    Two(&'a [[u8; 2]]),
    Four(&'a [[u8; 4]]),
}

impl<'a> Numbers<'a> {
    fn new(bytes: &'a [u8], four: bool) -> Self {
        if four { Self::Four(bytes.as_chunks().0) } else { Self::Two(bytes.as_chunks().0) }
    }

    fn len(self) -> usize {
        match self {
            Self::Two(numbers) => numbers.len(),
            Self::Four(numbers) => numbers.len(),
        }
    }

    fn get(self, at: usize) -> u32 {
        match self {
            Self::Two(numbers) => u16::from_le_bytes(numbers[at]).into(),
            Self::Four(numbers) => u32::from_le_bytes(numbers[at]),
        }
    }

    fn push_to(self, count: usize, out: &mut Vec<u32>) {
        match self {
            Self::Two(numbers) => out.extend(numbers[..count].iter().map(|&n| u32::from(u16::from_le_bytes(n)))),
            Self::Four(numbers) => out.extend(numbers[..count].iter().map(|&n| u32::from_le_bytes(n))),
        }
    }
}

impl<'a> Listed<'a> {
    /// As many neurons as scores: the caller has counted.
    pub(super) fn new(scores: &'a [u8], neurons: &'a [u8], form: Form) -> Self {
        let scores = Numbers::new(scores, form.score_type == ScoreType::F32);
        Self { scores, neurons: Numbers::new(neurons, form.is_wide()), score_type: form.score_type }
    }

    fn none(&self) -> Self {
        Self { scores: Numbers::Two(&[]), neurons: Numbers::Two(&[]), score_type: self.score_type }
    }

    fn len(&self) -> usize {
        self.scores.len()
    }

    fn score(&self, at: usize) -> f32 {
        let bits = self.scores.get(at);
        match self.score_type {
            ScoreType::F32 => f32::from_bits(bits),
            ScoreType::F16 => half::f16::from_bits(bits as u16).to_f32(),
            ScoreType::Bf16 => half::bf16::from_bits(bits as u16).to_f32(),
        }
    }
}

/// The scores of a fact: all that were kept ([`crate::Part::scores`]), or the highest of them ([`crate::Part::scores_above`]).
#[derive(Clone, Copy)]
pub struct ScoreView<'a> {
    floor: f32,
    max: f32,
    ceiling: f32,
    layers: &'a [[u8; LAYER_BYTES]],
    head: Listed<'a>,
    tail: Listed<'a>,
    negative: Listed<'a>,
    /// Scores, and negative ones, that are in the tail, whether or not this view has it.
    in_tail: (usize, usize),
    origin: Option<&'a [u8]>,
}

impl<'a> ScoreView<'a> {
    pub(super) fn of_one_piece(floor: f32, max: f32, layers: &'a [[u8; LAYER_BYTES]], all: Listed<'a>) -> Self {
        Self::of_head([floor, max, f32::NAN], layers, all, (0, 0), None)
    }

    /// Of floor, maximum and ceiling. The origin can be decoded.
    pub(super) fn of_head(
        [floor, max, ceiling]: [f32; 3],
        layers: &'a [[u8; LAYER_BYTES]],
        head: Listed<'a>,
        in_tail: (usize, usize),
        origin: Option<&'a [u8]>,
    ) -> Self {
        Self { floor, max, ceiling, layers, head, tail: head.none(), negative: head.none(), in_tail, origin }
    }

    pub(super) fn with_tail(self, tail: Listed<'a>, negative: Listed<'a>) -> Self {
        Self { tail, negative, ..self }
    }

    pub(super) fn in_tail(&self) -> (usize, usize) {
        self.in_tail
    }

    /// Number of scores in this view.
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether no score is in this view.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of scores that were kept of the fact, negative ones not counted; more than [`Self::len`] where the view has only
    /// the highest.
    pub fn kept(&self) -> usize {
        self.head.len() + self.in_tail.0
    }

    /// Every neuron with a score of at least this is kept.
    pub fn floor(&self) -> f32 {
        self.floor
    }

    /// Maximum over all scores of the fact; NaN where none was given.
    pub fn max(&self) -> f32 {
        self.max
    }

    /// The score of rank `rank` (from 0, best first; below [`Self::len`]).
    pub fn score(&self, rank: usize) -> f32 {
        if rank < self.head.len() { self.head.score(rank) } else { self.tail.score(rank - self.head.len()) }
    }

    /// The neuron of rank `rank` (from 0, best first; below [`Self::len`]).
    pub fn neuron(&self, rank: usize) -> Neuron {
        let high = self.head.len();
        Neuron(if rank < high { self.head.neurons.get(rank) } else { self.tail.neurons.get(rank - high) })
    }

    /// Appends the neurons of the best `count` scores, best first.
    pub fn push_neurons(&self, count: usize, out: &mut Vec<u32>) {
        let high = count.min(self.head.len());
        self.head.neurons.push_to(high, out);
        if count > high {
            self.tail.neurons.push_to(count - high, out);
        }
    }

    /// Neurons with negative scores, most negative first: those that a run with a signed rule keeps
    /// ([`crate::Keep::Signed`]). A view of the highest scores has none of them.
    pub fn negative(&self) -> impl Iterator<Item = (Neuron, f32)> + use<'a> {
        let list = self.negative;
        (0..list.len()).map(move |at| (Neuron(list.neurons.get(at)), list.score(at)))
    }

    /// Every neuron with a score of at most this is among the negative ones; NaN where that is not known.
    pub fn ceiling(&self) -> f32 {
        self.ceiling
    }

    /// What the entry was made from, where its writer said so.
    pub fn origin(&self) -> Option<Origin> {
        // It was decoded when the view was made.
        self.origin_parts().map(|parts| parts.to_origin())
    }

    /// The same in place.
    pub(crate) fn origin_parts(&self) -> Option<origin::Parts<'a>> {
        self.origin.and_then(|bytes| origin::decode(bytes).ok().flatten())
    }

    /// Number of negative scores that were kept of the fact, whether or not this view has them.
    pub fn kept_negative(&self) -> usize {
        self.in_tail.1
    }

    /// How many scores satisfy `pass`, which must hold for a prefix; the answer is known to lie in `within`.
    pub fn prefix(&self, within: Range<usize>, pass: impl Fn(f32) -> bool) -> usize {
        let (mut low, mut high) = (within.start.min(self.len()), within.end.min(self.len()));
        while low < high {
            let middle = low.midpoint(high);
            if pass(self.score(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many scores exceed `tau` times the fact's maximum (AMIG Eq. 7; strictly, in 64-bit arithmetic).
    pub fn above_share(&self, tau: f64, within: Range<usize>) -> usize {
        let max = self.max();
        if max.is_nan() || max <= 0.0 {
            return 0;
        }
        let threshold = tau * f64::from(max);
        self.prefix(within, |score| f64::from(score) > threshold)
    }

    /// Whether every neuron that scores more than `tau` times the fact's maximum was kept. A maximum that was not kept is not
    /// known, and so is what lies above a share of it.
    pub fn knows_share(&self, tau: f64) -> bool {
        let max = f64::from(self.max());
        self.floor() <= LEAST_POSITIVE || (max > 0.0 && self.knows_from(tau * max, true))
    }

    /// Whether every neuron that scores at least `bound` (`strict`: more) was kept.
    pub fn knows_from(&self, bound: f64, strict: bool) -> bool {
        // The least 32-bit score that passes must be one that was kept.
        let near = bound as f32;
        let passes = if strict { f64::from(near) > bound } else { f64::from(near) >= bound };
        self.floor() <= LEAST_POSITIVE || (if passes { near } else { near.next_up() }) >= self.floor()
    }

    /// What is known of each layer.
    pub fn layers(&self) -> impl Iterator<Item = LayerSummary> + use<'a> {
        self.layers.iter().map(|layer| {
            let number = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| layer[4 * at + i]));
            let evidence = LayerEvidence { probability: number(2), baseline: number(3), residual: number(4) };
            LayerSummary { max: number(0), sum: number(1), evidence }
        })
    }

    /// Says what is wrong with scores that no writer of ours would write so: neurons outside of the model, scores that do
    /// not descend. For `verify`, and for copying: it reads all of them.
    pub(crate) fn check(&self, neurons: u64) -> Result<(), String> {
        let mut all = Vec::with_capacity(self.len());
        self.push_neurons(self.len(), &mut all);
        all.extend(self.negative().map(|(neuron, _)| neuron.0));
        if let Some(neuron) = all.iter().find(|&&neuron| u64::from(neuron) >= neurons) {
            return Err(format!("neuron {neuron} of {neurons}"));
        }
        let rises = |&rank: &usize| self.score(rank).partial_cmp(&self.score(rank - 1)).is_none_or(Ordering::is_gt);
        match (1..self.len()).find(rises) {
            Some(rank) => Err(format!("score {} of rank {rank} after {}", self.score(rank), self.score(rank - 1))),
            None => Ok(()),
        }
    }
}
