//! A counter for each neuron of a model, for sets that come fact by fact.
//!
//! Counters are bytes while few facts have come: those of most models fit the first cache then, and to count is to add one there. Before a
//! byte can overflow it is added to a wide counter.

use std::cell::Cell;
use std::ops::Range;

/// Facts after which a byte may be full.
const FULL: u8 = u8::MAX;

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
        narrow.resize(count, 0);
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

    fn count(&self, neuron: usize) -> u32 {
        // Without wide ones there is nothing to add, for all neurons alike.
        let wide = if self.wide.is_empty() { 0 } else { self.wide[neuron] };
        wide + u32::from(self.narrow[neuron])
    }

    /// Neurons of at least so many facts, ascending, and how many each has.
    pub(super) fn of_at_least(&self, least: u32) -> Vec<(u32, u32)> {
        let all = (0..self.narrow.len()).map(|neuron| (neuron as u32, self.count(neuron)));
        all.filter(|&(_, count)| count >= least).collect()
    }

    /// The number of facts that the neurons with the most facts have at least, so many of them; 1 where fewer have any.
    pub(super) fn least_of(&self, most: usize) -> u32 {
        let enough = |least: u32| {
            let found = if self.wide.is_empty() {
                self.narrow.iter().map(|&count| usize::from(u32::from(count) >= least)).sum::<usize>()
            } else {
                (0..self.narrow.len()).map(|neuron| usize::from(self.count(neuron) >= least)).sum()
            };
            found >= most
        };
        // As many passes as the largest count has digits: each is quicker than to sort what is left of the last.
        let (mut low, mut high) = (1, (0..self.narrow.len()).map(|neuron| self.count(neuron)).max().unwrap_or(0) + 1);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if enough(middle) { low = middle } else { high = middle }
        }
        low
    }

    /// How many neurons of a range have any fact.
    pub(super) fn distinct(&self, neurons: Range<usize>) -> u64 {
        let end = neurons.end.min(self.narrow.len());
        (neurons.start..end).map(|neuron| u64::from(self.count(neuron) > 0)).sum()
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
    fn counters_that_are_used_again_begin_at_0() {
        let mut used = Counters::zeros(4);
        (0..300).for_each(|_| used.add(&[0, 3]));
        drop(used);
        assert!(Counters::zeros(4).of_at_least(1).is_empty());
        assert_eq!(Counters::zeros(6).distinct(0..6), 0);
    }
}
