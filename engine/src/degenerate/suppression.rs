//! AMIG's Algorithm 1, for groups of two and more.

use super::{Suppressed, group, is_harmless, rounded};
use crate::error::{Error, Result};
use kndb_storage::{Group, Neuron};
use std::collections::BTreeMap;

/// Largest group that is searched for: of 20 candidates there are 4,845 groups of four.
const LARGEST: usize = 4;

/// Degenerate groups by suppression (AMIG, AAAI 2024, Eq. 9–10 and Algorithm 1): with p the fact's probability and p(G) the one
/// with the neurons of G suppressed, G is degenerate if p(H) ≥ p·(1 − t_low) for every proper subset H of G, and
/// p(G) < p·(1 − t_high). Sets are tried from small to large; one that does harm is not extended.
///
/// What is found is kept with its evidence for all thresholds up to `keep_low` and down to `keep_high`, so that a query can
/// choose others than `t_low` and `t_high` without the model. Groups smaller than `size` are kept whatever they do: they are
/// the evidence of the larger ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// Largest share of p whose loss is harmless; 0.2 in the paper.
    pub t_low: f64,
    /// Least share of p whose loss is harmful; 0.25 in the paper.
    pub t_high: f64,
    /// Largest `t_low` a query may ask for.
    pub keep_low: f64,
    /// Least `t_high` a query may ask for.
    pub keep_high: f64,
    /// Neurons of the largest group, 2 to 4; 2 in the paper.
    pub size: usize,
}

impl Default for Suppression {
    fn default() -> Self {
        Self { t_low: 0.2, t_high: 0.25, keep_low: 0.5, keep_high: 0.1, size: 2 }
    }
}

impl Suppression {
    /// Checks the options.
    ///
    /// # Errors
    /// Thresholds that are no shares or that the evidence would not cover; a size that cannot be searched.
    pub fn check(&self) -> Result<()> {
        let wrong =
            |option, given: f64, expected: String| Err(Error::Option { option, given: given.to_string(), expected });
        let share = "a share of the probability, 0 to 1".to_owned();
        for (option, given) in
            [("t_low", self.t_low), ("t_high", self.t_high), ("keep_low", self.keep_low), ("keep_high", self.keep_high)]
        {
            if !(0.0..=1.0).contains(&given) {
                return wrong(option, given, share);
            }
        }
        if self.keep_low < self.t_low {
            return wrong("keep_low", self.keep_low, format!("at least t_low, {}", self.t_low));
        }
        if self.keep_high > self.t_high {
            return wrong("keep_high", self.keep_high, format!("at most t_high, {}", self.t_high));
        }
        if !(2..=LARGEST).contains(&self.size) {
            return wrong("size", self.size as f64, format!("2 to {LARGEST} neurons"));
        }
        Ok(())
    }

    /// The groups of one fact among its `candidates`, with their evidence; neurons ascend.
    ///
    /// # Errors
    /// Those of `fact`.
    pub fn groups(&self, candidates: &[Neuron], fact: &mut dyn Suppressed) -> Result<Vec<Group>> {
        let mut candidates = candidates.to_vec();
        candidates.sort_unstable();
        candidates.dedup();
        let mut sets = vec![Vec::new()];
        sets.extend(candidates.iter().map(|&neuron| vec![neuron]));
        let first = rounded(fact, &sets)?;
        let (p, alone) = first.split_first().map_or((0.0, &[][..]), |(&p, alone)| (p, alone));
        let after: BTreeMap<Neuron, f32> = candidates.iter().copied().zip(alone.iter().copied()).collect();
        let mut harmless: Vec<Vec<Neuron>> =
            after.iter().filter(|(_, q)| is_harmless(**q, p, self.keep_low)).map(|(&neuron, _)| vec![neuron]).collect();
        let mut groups = Vec::new();
        for size in 2..=self.size {
            let sets = extended(&harmless);
            if sets.is_empty() {
                break;
            }
            let found = rounded(fact, &sets)?;
            harmless = Vec::new();
            for (set, q) in sets.into_iter().zip(found) {
                if size < self.size && is_harmless(q, p, self.keep_low) {
                    harmless.push(set.clone());
                }
                if size < self.size || !is_harmless(q, p, self.keep_high) {
                    let alone = set.iter().filter_map(|neuron| after.get(neuron).copied()).collect();
                    groups.push(group(set, p, alone, q));
                }
            }
        }
        Ok(groups)
    }
}

/// The sets of one neuron more, all of whose subsets of the present size are among `sets`; these ascend, and so do their
/// neurons. The join and pruning of Agrawal & Srikant's Apriori (VLDB 1994).
fn extended(sets: &[Vec<Neuron>]) -> Vec<Vec<Neuron>> {
    let mut larger = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let Some((_, start)) = set.split_last() else { continue };
        for other in sets[at + 1..].iter().take_while(|other| other.starts_with(start)) {
            let mut joined = set.clone();
            joined.extend(other.last());
            let known = |without: usize| {
                let mut subset = joined.clone();
                subset.remove(without);
                sets.binary_search(&subset).is_ok()
            };
            if (0..joined.len()).all(known) {
                larger.push(joined);
            }
        }
    }
    larger
}
