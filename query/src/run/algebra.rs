//! Set operations on the neurons of one fact.
//!
//! Two ways, by the size of the model. Up to [`MARKS_LIMIT`] neurons a byte per neuron marks one side and
//! the other side is looked up in it: no branches, no order needed, about a nanosecond an element.
//! Larger models would not fit the cache: there both sides ascend and are merged. Not for sets over many facts.

use crate::syntax::ast::SetOp;

/// Up to this many neurons marks are used.
pub(crate) const MARKS_LIMIT: u64 = 1 << 20;

/// The scratch memory of set operations on one thread.
pub(crate) struct Algebra {
    /// One byte a neuron, all 0 between operations; empty for models that merge.
    marks: Vec<u8>,
}

impl Algebra {
    pub(crate) fn new(neurons: u64) -> Self {
        // Whole containers, so that no 16-bit value of a damaged file can lie outside.
        let bytes = if neurons <= MARKS_LIMIT { (neurons as usize).next_multiple_of(1 << 16) } else { 0 };
        Self { marks: vec![0; bytes] }
    }

    /// Whether both sides of every operation must ascend.
    pub(crate) fn needs_order(&self) -> bool {
        self.marks.is_empty()
    }

    /// `left = left op right`. Each side lists a neuron at most once; `right` is walked more than once,
    /// so that a stored set can be read in place.
    pub(crate) fn apply(&mut self, op: SetOp, left: &mut Vec<u32>, right: impl Iterator<Item = u32> + Clone) {
        if self.needs_order() {
            *left = merge(op, left, &right.collect::<Vec<_>>());
            return;
        }
        match op {
            SetOp::Intersection => self.keep_marked(left, right, 1),
            SetOp::Difference => self.keep_marked(left, right, 0),
            SetOp::Union => {
                let before = left.len();
                self.mark(left.iter().copied(), 1);
                left.extend(right.filter(|&neuron| self.marks[neuron as usize] == 0));
                self.mark(left[..before].iter().copied(), 0);
            }
            SetOp::SymmetricDifference => {
                self.mark(right.clone(), 1);
                let mut only_left = Vec::with_capacity(left.len());
                only_left.extend(left.iter().filter(|&&neuron| self.marks[neuron as usize] == 0));
                self.mark(left.iter().copied(), 0);
                only_left.extend(right.clone().filter(|&neuron| self.marks[neuron as usize] == 1));
                self.mark(right, 0);
                *left = only_left;
            }
        }
    }

    /// Adds to a union of many sets those of `more` that are not in it: each neuron is looked at once, however many sets there are. Until
    /// [`Self::joined`] nothing else may be asked of the marks.
    pub(crate) fn join(&mut self, all: &mut Vec<u32>, more: impl ExactSizeIterator<Item = u32>) {
        if self.needs_order() {
            all.extend(more);
            return;
        }
        let mut kept = all.len();
        all.resize(kept + more.len(), 0);
        for neuron in more {
            // Written in any case: whether it is new cannot be guessed, and a wrong guess costs more than a write.
            all[kept] = neuron;
            kept += usize::from(std::mem::replace(&mut self.marks[neuron as usize], 1) == 0);
        }
        all.truncate(kept);
    }

    /// Ends a union of many sets: what was given to [`Self::join`], each neuron once.
    pub(crate) fn joined(&mut self, all: &mut Vec<u32>) {
        if self.needs_order() {
            all.sort_unstable();
            all.dedup();
        } else {
            self.mark(all.iter().copied(), 0);
        }
    }

    fn mark(&mut self, neurons: impl Iterator<Item = u32>, mark: u8) {
        neurons.for_each(|neuron| self.marks[neuron as usize] = mark);
    }

    fn keep_marked(&mut self, left: &mut Vec<u32>, right: impl Iterator<Item = u32> + Clone, mark: u8) {
        self.mark(right.clone(), 1);
        let mut kept = 0;
        for at in 0..left.len() {
            let neuron = left[at];
            left[kept] = neuron;
            kept += usize::from(self.marks[neuron as usize] == mark);
        }
        left.truncate(kept);
        self.mark(right, 0);
    }
}

/// `left op right` of two ascending lists, ascending.
fn merge(op: SetOp, left: &[u32], right: &[u32]) -> Vec<u32> {
    let (only_left, both, only_right) = match op {
        SetOp::Union => (true, true, true),
        SetOp::Intersection => (false, true, false),
        SetOp::Difference => (true, false, false),
        SetOp::SymmetricDifference => (true, false, true),
    };
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        let (a, b) = (left[l], right[r]);
        let keep = match a.cmp(&b) {
            std::cmp::Ordering::Less => only_left,
            std::cmp::Ordering::Equal => both,
            std::cmp::Ordering::Greater => only_right,
        };
        if keep {
            out.push(a.min(b));
        }
        l += usize::from(a <= b);
        r += usize::from(b <= a);
    }
    if only_left {
        out.extend_from_slice(&left[l..]);
    }
    if only_right {
        out.extend_from_slice(&right[r..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn both_ways_agree_with_the_standard_library(
            left in proptest::collection::btree_set(0u32..300, 0..60),
            right in proptest::collection::btree_set(0u32..300, 0..60),
        ) {
            let expected: [BTreeSet<u32>; 4] = [
                left.union(&right).copied().collect(),
                left.intersection(&right).copied().collect(),
                left.difference(&right).copied().collect(),
                left.symmetric_difference(&right).copied().collect(),
            ];
            let ops = [SetOp::Union, SetOp::Intersection, SetOp::Difference, SetOp::SymmetricDifference];
            let (l, r): (Vec<u32>, Vec<u32>) = (left.iter().copied().collect(), right.iter().copied().collect());
            for neurons in [300, MARKS_LIMIT + 1] {
                let mut algebra = Algebra::new(neurons);
                for (op, expected) in ops.iter().zip(&expected) {
                    let mut found = l.clone();
                    algebra.apply(*op, &mut found, r.iter().copied());
                    prop_assert_eq!(found.len(), expected.len(), "no neuron twice");
                    prop_assert_eq!(&found.into_iter().collect::<BTreeSet<_>>(), expected);
                    prop_assert!(algebra.marks.iter().all(|&mark| mark == 0));
                }
                let mut all = Vec::new();
                for side in [&l, &r, &l] {
                    algebra.join(&mut all, side.iter().copied());
                }
                algebra.joined(&mut all);
                prop_assert_eq!(all.len(), expected[0].len(), "no neuron twice");
                prop_assert_eq!(&all.into_iter().collect::<BTreeSet<_>>(), &expected[0]);
                prop_assert!(algebra.marks.iter().all(|&mark| mark == 0));
            }
        }
    }
}
