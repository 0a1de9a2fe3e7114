//! Scores of some neurons of one fact, gathered in any order and put in order once.

use kndb_storage::{Neuron, Shape};

use crate::error::{ImportError, Location};

/// Scores by neuron, as they come.
#[derive(Default)]
pub(crate) struct SparseScores {
    rows: Vec<(Neuron, f32)>,
    ordered: bool,
}

/// A neuron that was given two different scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Twice {
    neuron: Neuron,
    first: f32,
    second: f32,
}

impl Twice {
    pub fn error(self, at: Box<Location>, fact: &str, shape: Shape) -> ImportError {
        let (layer, neuron) = shape.split(self.neuron);
        let (fact, layer) = (fact.to_owned(), layer.0);
        ImportError::TwoScores { at, fact, layer, neuron, first: self.first, second: self.second }
    }
}

impl SparseScores {
    pub fn push(&mut self, neuron: Neuron, score: f32) {
        self.ordered = self.rows.last().is_none_or(|last| self.ordered && last.0 < neuron);
        self.rows.push((neuron, score));
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Orders the rows and drops those that say again what another says; returns how many.
    pub fn settle(&mut self) -> Result<u64, Twice> {
        if self.ordered || self.rows.is_empty() {
            return Ok(0);
        }
        self.rows.sort_by_key(|row| row.0);
        if let Some(pair) = self.rows.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1) {
            return Err(Twice { neuron: pair[0].0, first: pair[0].1, second: pair[1].1 });
        }
        let before = self.rows.len();
        self.rows.dedup_by_key(|row| row.0);
        self.ordered = true;
        Ok((before - self.rows.len()) as u64)
    }

    /// Neurons ascending, their scores, and how many repeats were dropped.
    pub fn finish(mut self) -> Result<(Vec<Neuron>, Vec<f32>, u64), Twice> {
        let dropped = self.settle()?;
        let (neurons, scores) = self.rows.into_iter().unzip();
        Ok((neurons, scores, dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(rows: &[(u32, f32)]) -> Result<(Vec<Neuron>, Vec<f32>, u64), Twice> {
        let mut scores = SparseScores::default();
        rows.iter().for_each(|&(neuron, score)| scores.push(Neuron(neuron), score));
        scores.finish()
    }

    #[test]
    fn rows_come_out_in_order_and_once() {
        let (neurons, scores, dropped) = gather(&[(5, 0.5), (1, 0.1), (5, 0.5)]).expect("no conflict");
        assert_eq!((neurons, scores, dropped), (vec![Neuron(1), Neuron(5)], vec![0.1, 0.5], 1));
        let (neurons, _, dropped) = gather(&[(1, 0.1), (5, 0.5)]).expect("no conflict");
        assert_eq!((neurons, dropped), (vec![Neuron(1), Neuron(5)], 0));
    }

    #[test]
    fn two_scores_of_one_neuron_are_a_conflict() {
        let twice = gather(&[(5, 0.5), (5, 0.25)]).expect_err("two scores");
        assert_eq!(twice, Twice { neuron: Neuron(5), first: 0.5, second: 0.25 });
    }
}
