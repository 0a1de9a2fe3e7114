//! Sets that are stored ready-made, as they lie in their files: combined without a copy of them.
//!
//! Not while `explain analyze` counts, which shows what every node does.

use super::algebra::Stored;
use super::eval::{Worker, filter};
use crate::plan::{Access, Cell, Pairs, Source};
use crate::syntax::ast::SetOp;
use kndb_storage::Values;

impl<'s> Worker<'_, 's> {
    /// A union of two stored sets: one, and what only the other has. Says whether it was done.
    pub(super) fn two_stored(&mut self, source: &Source<'s>, fact: u32, out: &mut Vec<u32>) -> bool {
        let [first, second] = source.cells.as_slice() else { return false };
        let Some((first, second)) = self.stored(source, first, fact).zip(self.stored(source, second, fact)) else {
            return false;
        };
        let done = self.algebra.keep(second, first, false, out);
        if done {
            out.extend(widened(first));
            filter(source, out);
        }
        done
    }

    /// `left op right` of two stored sets, where filters of the right side do not matter: they were pushed to the left side, too. Says
    /// whether it was done.
    pub(super) fn both_stored(
        &mut self,
        op: SetOp,
        (left, right): (&Pairs<'s>, &Pairs<'s>),
        fact: u32,
        out: &mut Vec<u32>,
    ) -> bool {
        let (Pairs::Source(left), Pairs::Source(right)) = (left, right) else { return false };
        let ([one], [other]) = (left.cells.as_slice(), right.cells.as_slice()) else { return false };
        let common = op == SetOp::Intersection;
        let filtered = right.facts.is_some() || right.neurons.is_some();
        if filtered || !(common || op == SetOp::Difference) {
            return false;
        }
        if left.facts.as_ref().is_some_and(|filter| !filter.accepts(fact)) {
            return false;
        }
        let Some((one, other)) = self.stored(left, one, fact).zip(self.stored(right, other, fact)) else {
            return false;
        };
        let done = self.algebra.keep(one, other, common, out);
        if done {
            filter(left, out);
        }
        done
    }

    /// `out = out op right` without copying `right`, where that is one stored set and its filters do not
    /// matter: they were pushed to the left side too. Says whether it was done.
    pub(super) fn apply_in_place(&mut self, op: SetOp, right: &Pairs<'s>, fact: u32, out: &mut Vec<u32>) -> bool {
        let Pairs::Source(source) = right else { return false };
        let [cell] = source.cells.as_slice() else { return false };
        let filtered = source.facts.is_some() || source.neurons.is_some();
        if filtered || !matches!(op, SetOp::Intersection | SetOp::Difference) {
            return false;
        }
        match self.stored(source, cell, fact) {
            Some(stored) => {
                self.algebra.apply(op, out, widened(stored));
                true
            }
            None => false,
        }
    }

    /// The stored set of a fact in a cell, where that is one ready-made array. Not while counting: `explain
    /// analyze` shows what every node does.
    pub(super) fn stored(&mut self, source: &Source<'s>, cell: &Cell<'s>, fact: u32) -> Option<&'s [[u8; 2]]> {
        let [prompt] = cell.prompts.as_slice() else { return None };
        if source.groups || source.counts_places() || self.stats.is_some() || !cell.share.accepts(1, 1) {
            return None;
        }
        let (part, local) = self.locate(&prompt.parts, fact)?;
        match part.access {
            Access::Grid(_, sets) if sets.is_single() => match sets.single(local) {
                Some(Values::Array(values)) => Some(values),
                Some(Values::Bitmap(_)) => None,
                None => Some(&[]),
            },
            _ => None,
        }
    }
}

pub(super) fn widened(stored: Stored<'_>) -> impl ExactSizeIterator<Item = u32> + Clone {
    stored.iter().map(|&neuron| u32::from(u16::from_le_bytes(neuron)))
}
