//! What is added up for a row of a similarity.

use super::layered::Met;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::rows::digits::mean;
use kndb_chance::{Draw, Overlap, Tail, expected_jaccard};

/// Sums over the facts of a row.
#[derive(Clone, Debug)]
pub(super) struct Mean {
    /// The first fact that counts in the row, compared or not.
    pub first: u32,
    index: f64,
    expected: f64,
    pub facts: u64,
    pub unpaired: u64,
    /// Neurons in common, all facts added up.
    shared: u64,
    draws: Draws,
    others: f64,
    with_others: u64,
    /// Neurons of either side; of sets of neurons.
    pub neurons: u64,
}

impl Default for Mean {
    fn default() -> Self {
        Self {
            first: u32::MAX,
            index: 0.0,
            expected: 0.0,
            facts: 0,
            unpaired: 0,
            shared: 0,
            draws: Draws::default(),
            others: 0.0,
            with_others: 0,
            neurons: 0,
        }
    }
}

impl Mean {
    /// Adds a fact, by what its two sets have in each of the row's layers.
    pub(super) fn add(&mut self, met: &[Met], width: u32, memory: &Memory) -> Result<(), QueryError> {
        let (mut all, mut chance) = (Met { layer: 0, sizes: [0; 2], shared: 0 }, 0.0);
        for of_layer in met {
            let [s, t] = of_layer.sizes;
            all.sizes = [all.sizes[0] + s, all.sizes[1] + t];
            all.shared += of_layer.shared;
            if s > 0 && t > 0 {
                chance += f64::from(s) * f64::from(t) / f64::from(width);
                self.draws.add([s, t], memory)?;
            }
        }
        if let Some(index) = all.index() {
            let [s, t] = all.sizes.map(u64::from);
            self.index += index;
            self.expected += expected_jaccard(chance, s, t).unwrap_or(0.0);
            self.shared += u64::from(all.shared);
            self.facts += 1;
        }
        Ok(())
    }

    /// Adds the mean similarity of one fact's left set with the right sets of other facts.
    pub(super) fn add_others(&mut self, mean: f64) {
        self.others += mean;
        self.with_others += 1;
    }

    fn over(sum: f64, count: u64) -> Option<f64> {
        (count > 0).then(|| sum / count as f64)
    }

    pub(super) fn similarity(&self) -> Option<f64> {
        Self::over(self.index, self.facts)
    }

    pub(super) fn expected(&self) -> Option<f64> {
        Self::over(self.expected, self.facts).map(mean)
    }

    pub(super) fn others(&self) -> Option<f64> {
        Self::over(self.others, self.with_others).map(mean)
    }

    /// How likely it is that sets of these sizes share so many neurons; `None` where nothing was compared.
    pub(super) fn p(&self, width: u32) -> Option<Tail> {
        (self.facts > 0).then(|| self.draws.at_least(self.shared, width))
    }
}

/// Sizes of two sets in a layer, and how often they come; ascending. The smaller one first: which is which does not matter.
#[derive(Clone, Debug, Default)]
struct Draws(Vec<([u32; 2], u32)>);

impl Draws {
    fn add(&mut self, [s, t]: [u32; 2], memory: &Memory) -> Result<(), QueryError> {
        let sizes = [s.min(t), s.max(t)];
        match self.0.binary_search_by_key(&sizes, |(known, _)| *known) {
            Ok(at) => self.0[at].1 += 1,
            Err(at) => {
                // A list has up to twice the room it needs.
                memory.take(2 * size_of::<([u32; 2], u32)>() as u64, "the sizes of sets in this result")?;
                self.0.insert(at, (sizes, 1));
            }
        }
        Ok(())
    }

    fn at_least(&self, shared: u64, width: u32) -> Tail {
        let bound = self.bound(shared, width);
        if bound < UNSHOWN {
            return Tail::of_ln(bound);
        }
        let mut overlap = Overlap::default();
        for &(sizes, times) in &self.0 {
            if let Some(draw) = Draw::new(u64::from(width), &sizes.map(u64::from)) {
                overlap.add_times(&draw, u64::from(times));
            }
        }
        overlap.at_least(shared)
    }

    /// What the logarithm of the tail is at most: Chernoff's bound of a Poisson count of the same mean, which a sum of hypergeometric
    /// counts does not exceed (Hoeffding 1963).
    fn bound(&self, shared: u64, width: u32) -> f64 {
        let of = |&([s, t], times): &([u32; 2], u32)| f64::from(s) * f64::from(t) * f64::from(times);
        let (mean, x) = (self.0.iter().map(of).sum::<f64>() / f64::from(width), shared as f64);
        if x > mean && mean > 0.0 { x - mean - x * (x / mean).ln() } else { 0.0 }
    }
}

/// The logarithm of what is too small for a number (5e-324): such a tail is shown as that, and only its bound is computed, which costs
/// nothing. The exact one would cost most where it is least needed.
const UNSHOWN: f64 = -745.2;

#[cfg(test)]
mod tests {
    use super::*;

    /// Of whole and of sparse layers, of few facts and of many.
    #[test]
    fn a_bound_is_never_below_the_tail() {
        let memory = Memory::new(None, crate::Interrupt::default());
        for (sizes, times, width) in [([3, 4], 1, 10), ([9, 9], 2, 10), ([1, 1], 40, 1_000), ([8, 9], 30, 400)] {
            let mut draws = Draws::default();
            (0..times).for_each(|_| draws.add(sizes, &memory).expect("memory"));
            for shared in 0..=u64::from(sizes[0] * times) {
                let overlap = Draw::new(width, &sizes.map(u64::from)).map(|draw| {
                    let mut overlap = Overlap::default();
                    overlap.add_times(&draw, u64::from(times));
                    overlap.at_least(shared).ln()
                });
                let (tail, bound) = (overlap.expect("sets of the layer"), draws.bound(shared, width as u32));
                assert!(bound >= tail - 1e-9, "{sizes:?} × {times} of {width}: {bound} for {tail}");
            }
        }
    }
}
