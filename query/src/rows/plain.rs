//! Rows of one pair each, with nothing to say but what every pair has: handed out many at a time.

use super::Rows;
use super::groups::Naming;
use super::tally::Split;
use crate::error::QueryError;
use crate::syntax::ast::{Dimension, Measure};
use kndb_storage::Neuron;

impl Naming<'_, '_> {
    /// Whether each row is one pair of a fact, and is all there is to say.
    pub(super) fn is_plain(&self) -> bool {
        let grouping = self.grouping;
        let usual = [Measure::Pairs, Measure::Facts, Measure::Neurons, Measure::Share];
        let of_pairs =
            |dimension: &Dimension| matches!(dimension, Dimension::Fact | Dimension::Layer | Dimension::Neuron);
        self.split == Split::Neurons
            && self.splits.is_whole()
            && grouping.having.is_empty()
            && grouping.order.len() <= 1
            && grouping.measures == usual
            && grouping.by.iter().all(of_pairs)
    }

    /// Hands the pairs of one fact out, neurons ascending, where rows are plain; whether more are wanted.
    pub(super) fn push_neurons(&self, fact: u32, neurons: &[u32], rows: &mut Rows<'_>) -> Result<bool, QueryError> {
        let by = &self.grouping.by;
        let share = 1.0 / self.total as f64;
        rows.push_many(neurons.len(), |building, some| {
            let (some, mut column) = (&neurons[some], 0);
            for &dimension in by {
                // Layer and unit stand side by side: `neuron` is both where `layer` is no dimension.
                let places = by.len() - usize::from(by.contains(&Dimension::Fact));
                match dimension {
                    Dimension::Fact => column += 1,
                    Dimension::Neuron if places == 1 => {
                        building.places(column, some.iter().copied(), self.shape.width);
                        column += 2;
                    }
                    Dimension::Layer => {
                        building.numbers(column, some.iter().map(|&neuron| self.shape.split(Neuron(neuron)).0.0));
                        column += 1;
                    }
                    _ => {
                        building.numbers(column, some.iter().map(|&neuron| self.shape.split(Neuron(neuron)).1));
                        column += 1;
                    }
                }
            }
            for &measure in &self.grouping.measures {
                if measure == Measure::Share {
                    building.ratios(column, some.len(), share);
                } else {
                    building.integers(column, some.len(), 1);
                }
                column += 1;
            }
            building.rows_of(fact, some.len());
        })
    }
}
