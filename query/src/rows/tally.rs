//! Counts the pairs, facts and neurons of a group while facts go by.

use super::counters::Counters;
use super::layers::Layers;
use super::numbered::Numbered;
use crate::plan::DENSE_LIMIT;
use kndb_storage::Shape;
use roaring::RoaringBitmap;

/// How a group is split by neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// Not at all.
    Whole,
    Layers,
    /// By unit, in whichever layer: by role.
    Units,
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
    /// Where a bit for each layer fits a word.
    layers: Option<Layers>,
    /// Whether there are so few groups that each may have a bit for every neuron from the start.
    bits: bool,
}

/// Bytes that the bits of all groups may take together: they stay in a processor's caches.
const BITS: usize = 1 << 20;

impl TallyPlan {
    pub(crate) fn new(shape: Shape, split: Split, alone: bool) -> Self {
        let few_layers = split == Split::Layers && shape.neurons() <= DENSE_LIMIT && shape.layers <= 64;
        Self { shape, split, alone, layers: few_layers.then(|| Layers::new(shape)), bits: false }
    }
}

impl TallyPlan {
    /// Says how many groups there are at most.
    pub(crate) fn of_groups(&mut self, groups: usize) {
        let small = self.shape.neurons() <= DENSE_LIMIT;
        self.bits = small && groups.saturating_mul(padded(self.shape) / 8) <= BITS;
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
    Dense(Counters),
    /// Facts of the neurons that occurred.
    Sparse(Numbered<u32, u32>),
    /// Neurons that occurred, while these are few.
    Few(RoaringBitmap),
    /// Neurons that occurred: a bit for each of the model.
    Bits(Vec<u64>),
}

impl Tally {
    pub(crate) fn new(plan: &TallyPlan) -> Self {
        let parts = match plan.split {
            Split::Whole => 1,
            // A damaged file may name a neuron behind the last layer; it is dropped at the end, never out of bounds.
            Split::Layers => padded(plan.shape).div_ceil(plan.shape.width as usize).max(64),
            Split::Units => plan.shape.width as usize,
            Split::Neurons => 0,
        };
        let small = plan.shape.neurons() <= DENSE_LIMIT;
        let neurons = match plan.split {
            // A fact's number of pairs is known without looking at them.
            Split::Whole if plan.bits || small && plan.alone => Neurons::Bits(vec![0; padded(plan.shape) / 64]),
            Split::Layers | Split::Neurons if small && plan.alone => {
                Neurons::Dense(Counters::zeros(padded(plan.shape), plan.shape.neurons() as usize))
            }
            Split::Neurons | Split::Units => Neurons::Sparse(Numbered::default()),
            Split::Whole | Split::Layers => Neurons::Few(RoaringBitmap::new()),
        };
        Self { first: u32::MAX, pairs: vec![0; parts], facts: vec![0; parts], neurons }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> u64 {
        let neurons = match &self.neurons {
            Neurons::Dense(counters) => counters.bytes(),
            // A key, a value, a byte of control, and the spare places of a hash table.
            Neurons::Sparse(counts) => 9 * counts.capacity() as u64,
            Neurons::Few(seen) => seen.serialized_size() as u64,
            Neurons::Bits(seen) => 8 * seen.len() as u64,
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
            Neurons::Dense(counters) => match &plan.layers {
                Some(layers) => {
                    // Their pairs are the sums of the counters.
                    let mut seen = counters.add_by_layer(neurons, layers);
                    while seen != 0 {
                        self.facts[seen.trailing_zeros() as usize] += 1;
                        seen &= seen - 1;
                    }
                    return;
                }
                None => counters.add(neurons),
            },
            Neurons::Sparse(counts) => neurons.iter().for_each(|&neuron| *counts.entry(neuron).or_default() += 1),
            Neurons::Few(seen) => {
                seen.extend(neurons.iter().copied());
                self.neurons.widen(plan.shape);
            }
            Neurons::Bits(seen) => mark_all(seen, neurons),
        }
        match plan.split {
            Split::Neurons => {}
            Split::Whole => {
                self.pairs[0] += neurons.len() as u64;
                self.facts[0] += 1;
            }
            Split::Layers if plan.layers.is_some() => {
                let width = plan.shape.width;
                // Neurons of one layer mostly come one after the other: a division for each would be most of the work. What lies behind the last
                // layer only a damaged file can name; its counts are never read.
                let layer_of = |neuron: u32| (neuron / width).min(63);
                let mut layer = layer_of(neurons[0]);
                let (mut first, mut begun, mut seen) = (layer * width, 0, 1_u64 << layer);
                for (at, &neuron) in neurons.iter().enumerate() {
                    if neuron.wrapping_sub(first) >= width {
                        self.pairs[layer as usize] += (at - begun) as u64;
                        (layer, begun) = (layer_of(neuron), at);
                        first = layer * width;
                        seen |= 1 << layer;
                    }
                }
                self.pairs[layer as usize] += (neurons.len() - begun) as u64;
                while seen != 0 {
                    self.facts[seen.trailing_zeros() as usize] += 1;
                    seen &= seen - 1;
                }
            }
            Split::Units => {
                let mut units: Vec<usize> = neurons.iter().map(|&n| (n % plan.shape.width) as usize).collect();
                units.iter().for_each(|&unit| self.pairs[unit] += 1);
                units.sort_unstable();
                units.dedup();
                units.into_iter().for_each(|unit| self.facts[unit] += 1);
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
            (Neurons::Dense(counters), Neurons::Dense(more)) => counters.merge(&more),
            (Neurons::Sparse(counts), more) => {
                for (neuron, count) in more.counts(1) {
                    *counts.entry(neuron).or_default() += count;
                }
            }
            (Neurons::Few(seen), Neurons::Few(more)) => *seen |= more,
            (Neurons::Bits(seen), Neurons::Bits(more)) => {
                seen.iter_mut().zip(more).for_each(|(sum, more)| *sum |= more)
            }
            (Neurons::Bits(seen), Neurons::Few(few)) => mark(seen, few.iter()),
            (mine @ Neurons::Few(_), Neurons::Bits(mut seen)) => {
                if let Neurons::Few(few) = mine {
                    mark(&mut seen, few.iter());
                }
                *mine = Neurons::Bits(seen);
            }
            // Tallies of one plan count in the same way.
            _ => {}
        }
    }

    /// The groups that are not empty: layer or neuron (0 for the whole), and counts, ascending. Of neurons, with `most`, only those that
    /// can be among so many with the most facts.
    pub(crate) fn groups(&self, plan: &TallyPlan, most: Option<usize>) -> Vec<(u32, Counts)> {
        let neurons = plan.shape.neurons();
        if plan.split == Split::Neurons {
            let counts = self.neurons.counts(most.map_or(1, |most| self.neurons.least_of(most)));
            let of = |facts: u32| Counts { pairs: u64::from(facts), facts: u64::from(facts), neurons: 1 };
            let within = counts.into_iter().filter(|&(neuron, _)| u64::from(neuron) < neurons);
            return within.map(|(neuron, facts)| (neuron, of(facts))).collect();
        }
        if plan.split == Split::Units {
            let mut distinct = vec![0_u64; plan.shape.width as usize];
            let seen = self.neurons.counts(1).into_iter().filter(|&(neuron, _)| u64::from(neuron) < neurons);
            seen.for_each(|(neuron, _)| distinct[(neuron % plan.shape.width) as usize] += 1);
            let counts = self.pairs.iter().zip(&self.facts).zip(distinct);
            let counts = counts.map(|((&pairs, &facts), neurons)| Counts { pairs, facts, neurons });
            return (0..).zip(counts).filter(|(_, counts)| counts.pairs > 0).collect();
        }
        let parts = if plan.split == Split::Whole { 1 } else { plan.shape.layers };
        let groups = (0..parts).map(|part| {
            let (first, end) = match plan.split {
                Split::Layers => (part * plan.shape.width, u64::from(part + 1) * u64::from(plan.shape.width)),
                Split::Whole | Split::Units | Split::Neurons => (0, neurons),
            };
            let counts = Counts {
                pairs: match &self.neurons {
                    Neurons::Dense(counters) if plan.layers.is_some() => counters.sum(first as usize..end as usize),
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

fn mark(seen: &mut [u64], neurons: impl Iterator<Item = u32>) {
    neurons.for_each(|neuron| seen[neuron as usize / 64] |= 1 << (neuron % 64));
}

/// The same of a fact's neurons. Where 16 bits can name them each has a word, and nobody has to ask whether it has.
fn mark_all(seen: &mut [u64], neurons: &[u32]) {
    let all = neurons.iter().fold(0, |all, neuron| all | neuron);
    match seen.first_chunk_mut::<{ (1 << 16) / 64 }>() {
        Some(seen) if all >> 16 == 0 => {
            neurons.iter().for_each(|&neuron| seen[usize::from(neuron as u16 / 64)] |= 1 << (neuron % 64));
        }
        _ => mark(seen, neurons.iter().copied()),
    }
}

impl Neurons {
    /// Many neurons get a bit each: it costs less than to look one up among thousands, and no more than 4 times the memory.
    fn widen(&mut self, shape: Shape) {
        if let Self::Few(few) = self
            && shape.neurons() <= DENSE_LIMIT
            // Two bytes a neuron against an eighth of one.
            && few.len() * 64 >= padded(shape) as u64
        {
            let mut seen = vec![0; padded(shape) / 64];
            mark(&mut seen, few.iter());
            *self = Self::Bits(seen);
        }
    }

    /// Neurons of at least so many facts, ascending, and how many each has.
    fn counts(&self, least: u32) -> Vec<(u32, u32)> {
        match self {
            Self::Dense(counters) => counters.of_at_least(least),
            Self::Sparse(counts) => {
                let all = counts.iter().map(|(&neuron, &count)| (neuron, count));
                let mut counts: Vec<(u32, u32)> = all.filter(|&(_, count)| count >= least).collect();
                counts.sort_unstable();
                counts
            }
            // These do not count.
            Self::Few(_) | Self::Bits(_) => Vec::new(),
        }
    }

    /// The number of facts that the neurons with the most facts have at least, so many of them.
    fn least_of(&self, most: usize) -> u32 {
        if let Self::Dense(counters) = self { counters.least_of(most) } else { 1 }
    }

    /// Neurons from `first` up to, not including, `end`.
    fn distinct(&self, first: u32, end: u64) -> u64 {
        match self {
            Self::Dense(counters) => counters.distinct(first as usize..end as usize),
            Self::Sparse(counts) => counts.keys().filter(|&&n| n >= first && u64::from(n) < end).count() as u64,
            Self::Few(seen) => seen.range_cardinality(first..=(end - 1) as u32),
            Self::Bits(seen) => between(seen, first as usize, end as usize),
        }
    }
}

/// How many bits from `first` up to, not including, `end` are set.
fn between(seen: &[u64], first: usize, end: usize) -> u64 {
    let below = |end: usize| -> u64 {
        let whole: u64 = seen.iter().take(end / 64).map(|word| u64::from(word.count_ones())).sum();
        let rest = seen.get(end / 64).map_or(0, |word| (word & ((1 << (end % 64)) - 1)).count_ones());
        whole + u64::from(rest)
    };
    below(end) - below(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn neurons_with_the_most_facts_are_among_those_that_are_left() {
        let shape = Shape { layers: 3, width: 500 };
        let plan = TallyPlan::new(shape, Split::Neurons, true);
        let mut tally = Tally::new(&plan);
        (0..).zip(facts()).for_each(|(number, neurons)| tally.add(&plan, number, &neurons));
        let mut all = tally.groups(&plan, None);
        all.sort_by_key(|&(neuron, counts)| (std::cmp::Reverse(counts.facts), neuron));
        for most in [1, 2, 20, all.len(), all.len() + 1] {
            let mut left = tally.groups(&plan, Some(most));
            left.sort_by_key(|&(neuron, counts)| (std::cmp::Reverse(counts.facts), neuron));
            assert_eq!(left[..most.min(all.len())], all[..most.min(all.len())], "{most}");
        }
        assert!(tally.groups(&plan, Some(2)).len() < all.len());
    }

    /// Facts of a model of 3 × 500 neurons: few of one neuron each, then ever more.
    fn facts() -> Vec<Vec<u32>> {
        (0..60_u32).map(|fact| (0..=fact * 3).map(|at| (fact * 131 + at * 7) % 1_500).collect()).collect()
    }

    #[test]
    fn distinct_neurons_are_counted_alike_in_every_form_and_after_every_merge() {
        let shape = Shape { layers: 3, width: 500 };
        for split in [Split::Whole, Split::Layers] {
            for alone in [false, true] {
                let plan = TallyPlan::new(shape, split, alone);
                for cut in [0, 2, 30, 58, 60] {
                    let (mut one, mut other) = (Tally::new(&plan), Tally::new(&plan));
                    for (number, neurons) in (0..).zip(facts()) {
                        if number < cut { &mut one } else { &mut other }.add(&plan, number, &neurons);
                    }
                    one.merge(other);
                    let parts = if split == Split::Whole { 1 } else { 3 };
                    let expected = (0..parts).map(|part| {
                        let of = |neuron: &&u32| split == Split::Whole || **neuron / 500 == part;
                        let count = |neurons: &Vec<u32>| neurons.iter().filter(of).count() as u64;
                        let counts = Counts {
                            pairs: facts().iter().map(count).sum(),
                            facts: facts().iter().filter(|neurons| count(neurons) > 0).count() as u64,
                            neurons: facts().iter().flatten().filter(of).collect::<BTreeSet<_>>().len() as u64,
                        };
                        (part, counts)
                    });
                    assert_eq!(one.groups(&plan, None), expected.collect::<Vec<_>>(), "{split:?}, {alone}, {cut}");
                }
            }
        }
    }
}
