//! A counter for each neuron of a model, for sets that come fact by fact.
//!
//! Counters are bytes while few facts have come: those of most models fit the first cache then, and to count is to add one there. Before a
//! byte can overflow it is added to a wide counter.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Facts after which a byte may be full.
const FULL: u8 = u8::MAX;

/// Counters that are looked at together.
const BLOCK: usize = 64;
/// Of more neurons it is quicker to sort what there is.
const MOST: usize = 1 << 10;

/// How many facts have each neuron.
pub(super) struct Counters {
    narrow: Vec<u8>,
    /// What was in the bytes before; none while those are enough.
    wide: Vec<u32>,
    /// Facts that the bytes have counted.
    facts: u8,
}

thread_local! {
    /// The counters of this thread's last answer: where an allocator gives so much back to the system, taking it anew costs more than a small
    /// question.
    static LAST: Cell<(Vec<u8>, Vec<u32>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

impl Counters {
    /// So many, all 0.
    pub(super) fn zeros(count: usize) -> Self {
        let (mut narrow, mut wide) = LAST.take();
        wide.clear();
        narrow.clear();
        narrow.resize(count.next_multiple_of(BLOCK), 0);
        Self { narrow, wide, facts: 0 }
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> u64 {
        5 * self.narrow.len() as u64
    }

    /// The neurons of one more fact, each once.
    pub(super) fn add(&mut self, neurons: &[u32]) {
        for &neuron in neurons {
            let counter = &mut self.narrow[neuron as usize];
            // It counts less than 256 facts.
            *counter = counter.wrapping_add(1);
        }
        self.one_more();
    }

    /// The same, of at least one neuron; returns a bit for each layer that has any, of at most 64.
    pub(super) fn add_by_layer(&mut self, neurons: &[u32], width: u32) -> u64 {
        // Neurons of one layer mostly come one after the other: a division for each would be most of the work. What lies behind the last layer
        // only a damaged file can name; its counts are never read.
        let layer_of = |neuron: u32| (neuron / width).min(63);
        let first = neurons.first().map_or(0, |&neuron| layer_of(neuron));
        let (mut begin, mut seen) = (first * width, 1_u64 << first);
        for &neuron in neurons {
            let counter = &mut self.narrow[neuron as usize];
            *counter = counter.wrapping_add(1);
            if neuron.wrapping_sub(begin) >= width {
                let layer = layer_of(neuron);
                begin = layer * width;
                seen |= 1 << layer;
            }
        }
        self.one_more();
        seen
    }

    fn one_more(&mut self) {
        self.facts += 1;
        if self.facts == FULL {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.wide.resize(self.narrow.len(), 0);
        self.wide.iter_mut().zip(&self.narrow).for_each(|(wide, &narrow)| *wide += u32::from(narrow));
        self.narrow.fill(0);
        self.facts = 0;
    }

    /// Adds the counts of other facts.
    pub(super) fn merge(&mut self, other: &Self) {
        self.widen();
        self.wide.iter_mut().zip(&other.narrow).for_each(|(sum, &more)| *sum += u32::from(more));
        self.wide.iter_mut().zip(&other.wide).for_each(|(sum, more)| *sum += more);
    }

    /// All counts, so many at a time; of the neurons that the last block has too many, 0.
    fn blocks(&self) -> impl Iterator<Item = (usize, [u32; BLOCK])> {
        let (narrow, wide) = (self.narrow.as_chunks::<BLOCK>().0, self.wide.as_chunks::<BLOCK>().0);
        narrow.iter().enumerate().map(move |(number, narrow)| {
            let mut block = narrow.map(u32::from);
            if let Some(wide) = wide.get(number) {
                block.iter_mut().zip(wide).for_each(|(count, wide)| *count += wide);
            }
            (number * BLOCK, block)
        })
    }

    /// Neurons of at least so many facts, ascending, and how many each has.
    pub(super) fn of_at_least(&self, least: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        // Most have fewer, where only those with the most are asked for.
        for (first, block) in self.blocks().filter(|(_, block)| block.iter().any(|&count| count >= least)) {
            let all = (first as u32..).zip(block);
            found.extend(all.filter(|&(_, count)| count >= least));
        }
        found
    }

    /// The number of facts that the neurons with the most facts have at least, so many of them; 1 where fewer have any, or more are wanted than
    /// it pays to look for.
    pub(super) fn least_of(&self, most: usize) -> u32 {
        if most == 0 || most > MOST {
            return 1;
        }
        // The largest counts so far, the least of them first.
        let mut largest = BinaryHeap::with_capacity(most + 1);
        let mut least = 0;
        for (_, block) in self.blocks() {
            // Nearly all blocks have none that is larger.
            if block.iter().copied().fold(0, u32::max) <= least {
                continue;
            }
            for count in block.into_iter().filter(|&count| count > 0) {
                largest.push(Reverse(count));
                if largest.len() > most {
                    largest.pop();
                }
            }
            if largest.len() == most {
                least = largest.peek().map_or(0, |least| least.0);
            }
        }
        least.max(1)
    }

    /// How many neurons of a range have any fact.
    pub(super) fn distinct(&self, neurons: Range<usize>) -> u64 {
        let (narrow, wide) = self.parts(neurons);
        let count = if wide.is_empty() {
            narrow.iter().filter(|&&count| count > 0).count()
        } else {
            narrow.iter().zip(wide).filter(|&(&narrow, &wide)| narrow > 0 || wide > 0).count()
        };
        count as u64
    }

    /// Their counts together.
    pub(super) fn sum(&self, neurons: Range<usize>) -> u64 {
        let (narrow, wide) = self.parts(neurons);
        let narrow: u64 = narrow.iter().map(|&count| u64::from(count)).sum();
        narrow + wide.iter().map(|&count| u64::from(count)).sum::<u64>()
    }

    fn parts(&self, neurons: Range<usize>) -> (&[u8], &[u32]) {
        let neurons = neurons.start..neurons.end.min(self.narrow.len());
        (self.narrow.get(neurons.clone()).unwrap_or(&[]), self.wide.get(neurons).unwrap_or(&[]))
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        // Larger ones are for models whose questions are not small.
        if self.narrow.len() <= 1 << 18 {
            LAST.set((std::mem::take(&mut self.narrow), std::mem::take(&mut self.wide)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_of_many_facts_are_counted_beyond_a_byte() {
        let (mut one, mut other) = (Counters::zeros(8), Counters::zeros(8));
        (0..1_000).for_each(|fact| if fact < 700 { &mut one } else { &mut other }.add(&[1, 2 + fact % 2, 7]));
        one.merge(&other);
        assert_eq!(one.of_at_least(1), [(1, 1_000), (2, 500), (3, 500), (7, 1_000)]);
        assert_eq!((one.distinct(0..8), one.distinct(2..7), one.distinct(4..7)), (4, 2, 0));
        assert_eq!([1, 2, 3, 4, 5].map(|most| one.least_of(most)), [1_000, 1_000, 500, 500, 1]);
    }

    #[test]
    fn layers_are_told_whatever_the_order_of_neurons() {
        let mut counters = Counters::zeros(64);
        assert_eq!(counters.add_by_layer(&[11, 12, 35, 10, 1], 10), 0b1011);
        assert_eq!(counters.add_by_layer(&[0], 10), 1);
        assert_eq!((counters.sum(0..10), counters.sum(10..20), counters.distinct(0..64)), (2, 3, 6));
        (0..300).for_each(|_| assert_eq!(counters.add_by_layer(&[39], 10), 0b1000));
        assert_eq!((counters.sum(30..40), counters.of_at_least(2)), (301, vec![(39, 300)]));
    }

    #[test]
    fn counters_that_are_used_again_begin_at_0() {
        let mut used = Counters::zeros(4);
        (0..300).for_each(|_| used.add(&[0, 3]));
        drop(used);
        assert!(Counters::zeros(4).of_at_least(1).is_empty());
        assert_eq!(Counters::zeros(6).distinct(0..6), 0);
    }
}
