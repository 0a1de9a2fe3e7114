//! A counter for each neuron of a model, for sets that come fact by fact.
//!
//! Counters are bytes while few facts have come: those of most models fit the first cache then, and to count is to add one there. Before a
//! byte can overflow it is added to a wide counter.

use super::layers::Layers;
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

/// Neurons that 16 bits can name.
const SMALL: usize = 1 << 16;
type Small = [u8; SMALL];

/// Without a test whether there is such a counter: each 16-bit number has one.
fn count(counters: &mut Small, neurons: &[u32]) {
    neurons.iter().for_each(|&neuron| one_more_of(&mut counters[usize::from(neuron as u16)]));
}

fn one_more_of(counter: &mut u8) {
    *counter = counter.wrapping_add(1);
}

/// How many facts have each neuron.
pub(super) struct Counters {
    narrow: Vec<u8>,
    /// What was in the bytes before; none while those are enough.
    wide: Vec<u32>,
    /// Counters that are ever asked for; those behind are for what only a damaged file can name.
    used: usize,
    /// Facts that the bytes have counted.
    facts: u8,
}

thread_local! {
    /// The counters of this thread's last answer: where an allocator gives so much back to the system, taking it anew costs more than a small
    /// question.
    static LAST: Cell<(Vec<u8>, Vec<u32>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

impl Counters {
    /// So many, all 0, of which the first `used` are those of a model's neurons.
    pub(super) fn zeros(count: usize, used: usize) -> Self {
        let (mut narrow, mut wide) = LAST.take();
        wide.clear();
        narrow.clear();
        narrow.resize(count.next_multiple_of(BLOCK), 0);
        Self { used: used.next_multiple_of(BLOCK).min(narrow.len()), narrow, wide, facts: 0 }
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> u64 {
        5 * self.narrow.len() as u64
    }

    /// The neurons of one more fact, each once.
    pub(super) fn add(&mut self, neurons: &[u32]) {
        let all = neurons.iter().fold(0, |all, neuron| all | neuron);
        match self.small() {
            Some(narrow) if all >> 16 == 0 => count(narrow, neurons),
            // They count less than 256 facts.
            _ => neurons.iter().for_each(|&neuron| one_more_of(&mut self.narrow[neuron as usize])),
        }
        self.one_more();
    }

    /// Those of a model whose neurons 16 bits can name.
    fn small(&mut self) -> Option<&mut Small> {
        self.narrow.first_chunk_mut()
    }

    /// The same, of at least one neuron; returns a bit for each layer that has any, of at most 64.
    pub(super) fn add_by_layer(&mut self, neurons: &[u32], layers: &Layers) -> u64 {
        let (seen, all) = layers.of(neurons);
        match self.small() {
            Some(narrow) if all >> 16 == 0 => count(narrow, neurons),
            _ => neurons.iter().for_each(|&neuron| one_more_of(&mut self.narrow[neuron as usize])),
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
        self.wide.resize(self.used, 0);
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

    /// Blocks of counters: the number of each, and its largest count.
    fn blocks(&self) -> impl Iterator<Item = (usize, u32)> {
        let (narrow, wide) = (self.narrow[..self.used].as_chunks::<BLOCK>().0, self.wide.as_chunks::<BLOCK>().0);
        narrow.iter().enumerate().map(move |(number, narrow)| {
            // Bytes are compared sixteen at a time; few blocks are looked at closer.
            let largest = match wide.get(number) {
                None => narrow.iter().copied().fold(0, u8::max).into(),
                Some(wide) => {
                    narrow.iter().zip(wide).fold(0, |most, (&narrow, wide)| most.max(wide + u32::from(narrow)))
                }
            };
            (number, largest)
        })
    }

    /// The neurons of a block, and how many facts each has.
    fn block(&self, number: usize) -> impl Iterator<Item = (u32, u32)> {
        let places = number * BLOCK..(number + 1) * BLOCK;
        let wide = self.wide.get(places.clone()).unwrap_or(&[]);
        places.map(move |at| {
            let wide = wide.get(at % BLOCK).copied().unwrap_or(0);
            (at as u32, wide + u32::from(self.narrow[at]))
        })
    }

    /// Neurons of at least so many facts, ascending, and how many each has.
    pub(super) fn of_at_least(&self, least: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        // Most have fewer, where only those with the most are asked for.
        for (number, _) in self.blocks().filter(|&(_, largest)| largest >= least) {
            found.extend(self.block(number).filter(|&(_, count)| count >= least));
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
        for (number, of_block) in self.blocks() {
            // Nearly all blocks have none that is larger.
            if of_block <= least {
                continue;
            }
            for (_, count) in self.block(number) {
                if count <= least {
                    continue;
                }
                largest.push(Reverse(count));
                if largest.len() > most {
                    largest.pop();
                }
                if largest.len() == most {
                    least = largest.peek().map_or(0, |least| least.0);
                }
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
    use kndb_storage::Shape;

    #[test]
    fn neurons_of_many_facts_are_counted_beyond_a_byte() {
        let (mut one, mut other) = (Counters::zeros(8, 8), Counters::zeros(8, 8));
        (0..1_000).for_each(|fact| if fact < 700 { &mut one } else { &mut other }.add(&[1, 2 + fact % 2, 7]));
        one.merge(&other);
        assert_eq!(one.of_at_least(1), [(1, 1_000), (2, 500), (3, 500), (7, 1_000)]);
        assert_eq!((one.distinct(0..8), one.distinct(2..7), one.distinct(4..7)), (4, 2, 0));
        assert_eq!([1, 2, 3, 4, 5].map(|most| one.least_of(most)), [1_000, 1_000, 500, 500, 1]);
    }

    #[test]
    fn layers_are_told_whatever_the_order_of_neurons() {
        let (mut counters, tens) = (Counters::zeros(64, 64), Layers::new(Shape { layers: 7, width: 10 }));
        assert_eq!(counters.add_by_layer(&[11, 12, 35, 10, 1], &tens), 0b1011);
        assert_eq!(counters.add_by_layer(&[0], &tens), 1);
        assert_eq!((counters.sum(0..10), counters.sum(10..20), counters.distinct(0..64)), (2, 3, 6));
        (0..300).for_each(|_| assert_eq!(counters.add_by_layer(&[39], &tens), 0b1000));
        assert_eq!((counters.sum(30..40), counters.of_at_least(2)), (301, vec![(39, 300)]));
    }

    #[test]
    fn counters_that_are_used_again_begin_at_0() {
        let mut used = Counters::zeros(4, 4);
        (0..300).for_each(|_| used.add(&[0, 3]));
        drop(used);
        assert!(Counters::zeros(4, 4).of_at_least(1).is_empty());
        assert_eq!(Counters::zeros(6, 6).distinct(0..6), 0);
    }
}
