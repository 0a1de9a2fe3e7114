//! Counts the pairs, facts and neurons of a group while facts go by.

use crate::plan::DENSE_LIMIT;
use kndb_storage::Shape;
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// How a group is split by neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// Not at all.
    Whole,
    Layers,
    Neurons,
}

/// Distinct counts of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub pairs: u64,
    pub facts: u64,
    pub neurons: u64,
}

/// What all tallies of a result share.
pub(crate) struct TallyPlan {
    pub shape: Shape,
    pub split: Split,
    /// Whether one tally holds everything, so that it may be as large as the model.
    pub alone: bool,
    /// Bit of the layer of every neuron, for models of at most 64 layers that are small enough for a table.
    layers: Vec<u8>,
}

impl TallyPlan {
    pub(crate) fn new(shape: Shape, split: Split, alone: bool) -> Self {
        let table = split == Split::Layers && alone && shape.neurons() <= DENSE_LIMIT && shape.layers <= 64;
        let size = if table { padded(shape) as u32 } else { 0 };
        // What lies behind the last layer only a damaged file can name; its counts are never read.
        let layer = |neuron: u32| (neuron / shape.width).min(63) as u8;
        Self { shape, split, alone, layers: (0..size).map(layer).collect() }
    }
}

/// Neurons rounded up to whole containers: no 16-bit value of a damaged file lies outside.
fn padded(shape: Shape) -> usize {
    (shape.neurons() as usize).next_multiple_of(1 << 16)
}

/// The counters of one group.
pub(crate) struct Tally {
    /// The first fact that has any.
    pub first: u32,
    pairs: Vec<u64>,
    facts: Vec<u64>,
    neurons: Neurons,
}

enum Neurons {
    /// Facts of every neuron of the model.
    Dense(Vec<u32>),
    /// Facts of the neurons that occurred.
    Sparse(HashMap<u32, u32>),
    /// Neurons that occurred.
    Seen(RoaringBitmap),
}

impl Tally {
    pub(crate) fn new(plan: &TallyPlan) -> Self {
        let parts = match plan.split {
            Split::Whole => 1,
            // A damaged file may name a neuron behind the last layer; it is dropped at the end, never out of bounds.
            Split::Layers => padded(plan.shape).div_ceil(plan.shape.width as usize).max(64),
            Split::Neurons => 0,
        };
        let neurons = match plan.split {
            _ if plan.alone && plan.shape.neurons() <= DENSE_LIMIT => Neurons::Dense(vec![0; padded(plan.shape)]),
            Split::Neurons => Neurons::Sparse(HashMap::new()),
            Split::Whole | Split::Layers => Neurons::Seen(RoaringBitmap::new()),
        };
        Self { first: u32::MAX, pairs: vec![0; parts], facts: vec![0; parts], neurons }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> u64 {
        let neurons = match &self.neurons {
            Neurons::Dense(counts) => 4 * counts.len() as u64,
            // A key, a value, a byte of control, and the spare places of a hash table.
            Neurons::Sparse(counts) => 9 * counts.capacity() as u64,
            Neurons::Seen(seen) => seen.serialized_size() as u64,
        };
        let fixed = size_of::<Self>() + 16 * self.pairs.len();
        neurons + 2 * fixed as u64
    }

    /// The neurons of one more fact, each once.
    pub(crate) fn add(&mut self, plan: &TallyPlan, fact: u32, neurons: &[u32]) {
        if neurons.is_empty() {
            return;
        }
        self.first = self.first.min(fact);
        match &mut self.neurons {
            Neurons::Dense(counts) => neurons.iter().for_each(|&neuron| counts[neuron as usize] += 1),
            Neurons::Sparse(counts) => neurons.iter().for_each(|&neuron| *counts.entry(neuron).or_default() += 1),
            Neurons::Seen(seen) => seen.extend(neurons.iter().copied()),
        }
        match plan.split {
            Split::Neurons => {}
            Split::Whole => {
                self.pairs[0] += neurons.len() as u64;
                self.facts[0] += 1;
            }
            // Pairs are the sums of the dense counts; only the facts of each layer are left to count.
            Split::Layers if !plan.layers.is_empty() => {
                let mut seen = 0_u64;
                for &neuron in neurons {
                    seen |= 1 << plan.layers[neuron as usize];
                }
                while seen != 0 {
                    self.facts[seen.trailing_zeros() as usize] += 1;
                    seen &= seen - 1;
                }
            }
            Split::Layers => {
                let mut layers: Vec<usize> = neurons.iter().map(|&n| (n / plan.shape.width) as usize).collect();
                layers.sort_unstable();
                for &layer in &layers {
                    self.pairs[layer] += 1;
                }
                layers.dedup();
                for layer in layers {
                    self.facts[layer] += 1;
                }
            }
        }
    }

    /// Takes another thread's counts of the same group, over other facts.
    pub(crate) fn merge(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.pairs.iter_mut().zip(other.pairs).for_each(|(sum, more)| *sum += more);
        self.facts.iter_mut().zip(other.facts).for_each(|(sum, more)| *sum += more);
        match (&mut self.neurons, other.neurons) {
            (Neurons::Dense(counts), Neurons::Dense(more)) => {
                counts.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
            (Neurons::Seen(seen), Neurons::Seen(more)) => *seen |= more,
            (mine, more) => {
                for (neuron, count) in more.counts() {
                    if let Neurons::Sparse(counts) = mine {
                        *counts.entry(neuron).or_default() += count;
                    }
                }
            }
        }
    }

    /// The groups that are not empty: layer or neuron (0 for the whole), and counts, ascending.
    pub(crate) fn groups(&self, plan: &TallyPlan) -> Vec<(u32, Counts)> {
        let neurons = plan.shape.neurons();
        if plan.split == Split::Neurons {
            let mut counts = self.neurons.counts();
            counts.sort_unstable();
            let of = |facts: u32| Counts { pairs: u64::from(facts), facts: u64::from(facts), neurons: 1 };
            let within = counts.into_iter().filter(|&(neuron, _)| u64::from(neuron) < neurons);
            return within.map(|(neuron, facts)| (neuron, of(facts))).collect();
        }
        let parts = if plan.split == Split::Whole { 1 } else { plan.shape.layers };
        let groups = (0..parts).map(|part| {
            let (first, end) = match plan.split {
                Split::Layers => (part * plan.shape.width, u64::from(part + 1) * u64::from(plan.shape.width)),
                Split::Whole | Split::Neurons => (0, neurons),
            };
            let counts = Counts {
                pairs: match &self.neurons {
                    Neurons::Dense(counts) if !plan.layers.is_empty() => {
                        counts[first as usize..end as usize].iter().map(|&count| u64::from(count)).sum()
                    }
                    _ => self.pairs[part as usize],
                },
                facts: self.facts[part as usize],
                neurons: self.neurons.distinct(first, end),
            };
            (part, counts)
        });
        groups.filter(|(_, counts)| counts.pairs > 0).collect()
    }
}

impl Neurons {
    fn counts(&self) -> Vec<(u32, u32)> {
        match self {
            Self::Dense(counts) => (0..).zip(counts.iter().copied()).filter(|&(_, count)| count > 0).collect(),
            Self::Sparse(counts) => counts.iter().map(|(&neuron, &count)| (neuron, count)).collect(),
            Self::Seen(seen) => seen.iter().map(|neuron| (neuron, 1)).collect(),
        }
    }

    /// Neurons from `first` up to, not including, `end`.
    fn distinct(&self, first: u32, end: u64) -> u64 {
        match self {
            Self::Dense(counts) => {
                counts[first as usize..(end as usize).min(counts.len())].iter().filter(|&&count| count > 0).count()
                    as u64
            }
            Self::Sparse(counts) => counts.keys().filter(|&&n| n >= first && u64::from(n) < end).count() as u64,
            Self::Seen(seen) => seen.range_cardinality(first..=(end - 1) as u32),
        }
    }
}
