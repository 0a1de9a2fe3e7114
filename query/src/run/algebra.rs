//! Set operations on the neurons of one fact.
//!
//! Two ways, by the size of the model. Up to [`MARKS_LIMIT`] neurons a bit per neuron marks one side and
//! the other side is looked up in it: no branches, no order needed, about a nanosecond an element.
//! Larger models would not fit the cache: there both sides ascend and are merged. Two stored sets, which lie side by side and ascend, are
//! compared in [vector instructions](vectors), where the machine has them. Not for sets over many facts.

use super::vectors;
use crate::syntax::ast::SetOp;
use std::cell::Cell;

/// Up to this many neurons marks are used.
pub(crate) const MARKS_LIMIT: u64 = 1 << 20;

/// A stored set of a model of at most 65,536 neurons: ascending, in place.
pub(crate) type Stored<'a> = &'a [[u8; 2]];

/// The scratch memory of set operations on one thread.
pub(crate) struct Algebra {
    /// One bit a neuron, all 0 between operations; none before the first operation. Bits, and not bytes: those of most models stay in the
    /// first cache, beside what is counted.
    marks: Vec<u64>,
    /// How many words; 0 for models that merge.
    words: usize,
    /// Whether stored sets are compared in vector instructions.
    vectors: bool,
    /// What such sets have in common so far, as a stored set has it.
    narrow: Vec<[u8; 2]>,
}

thread_local! {
    /// The marks of this thread's last worker, all 0: to clear as many anew costs more than a small question.
    static MARKS: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

impl Algebra {
    pub(crate) fn new(neurons: u64) -> Self {
        // Whole containers, so that no 16-bit value of a damaged file can lie outside.
        let words = if neurons <= MARKS_LIMIT { (neurons as usize).next_multiple_of(1 << 16) / 64 } else { 0 };
        Self { marks: Vec::new(), words, vectors: vectors::are_there(), narrow: Vec::new() }
    }

    /// Whether both sides of every operation must ascend.
    pub(crate) fn needs_order(&self) -> bool {
        self.words == 0
    }

    /// Appends the members that two stored sets have in common, or that only the left one has, ascending; whether it was done.
    pub(crate) fn keep(&self, left: Stored<'_>, right: Stored<'_>, common: bool, out: &mut Vec<u32>) -> bool {
        if self.vectors {
            vectors::keep(left, right, common, out);
        }
        self.vectors
    }

    /// `left = left op right`, an intersection or a difference, of what [`Self::keep`] gave and a stored set.
    pub(crate) fn keep_of(&mut self, left: &mut Vec<u32>, right: Stored<'_>, common: bool) {
        let mut narrow = std::mem::take(&mut self.narrow);
        narrow.clear();
        narrow.extend(left.iter().map(|&neuron| (neuron as u16).to_le_bytes()));
        left.clear();
        vectors::keep(&narrow, right, common, left);
        self.narrow = narrow;
    }

    /// How many different neurons two lists have together, each of which has a neuron once; `None` where they are not of a small model, or
    /// do not ascend.
    pub(crate) fn together(&mut self, one: &[u32], other: &[u32]) -> Option<usize> {
        let is_small = |list: &[u32]| list.last().is_none_or(|&last| last <= u16::MAX.into());
        if !self.vectors || ![one, other].iter().all(|list| is_small(list) && ascends(list)) {
            return None;
        }
        let mut narrow = std::mem::take(&mut self.narrow);
        narrow.clear();
        narrow.extend(one.iter().chain(other).map(|&neuron| (neuron as u16).to_le_bytes()));
        let (left, right) = narrow.split_at(one.len());
        let common = vectors::common(left, right);
        self.narrow = narrow;
        Some(one.len() + other.len() - common)
    }

    /// Has marks at hand.
    fn begin(&mut self) {
        if self.marks.len() < self.words {
            self.marks = MARKS.take();
            self.marks.resize(self.words.max(self.marks.len()), 0);
        }
    }

    /// `left = left op right`. Each side lists a neuron at most once; `right` is walked more than once,
    /// so that a stored set can be read in place.
    pub(crate) fn apply(&mut self, op: SetOp, left: &mut Vec<u32>, right: impl Iterator<Item = u32> + Clone) {
        if self.needs_order() {
            *left = merge(op, left, &right.collect::<Vec<_>>());
            return;
        }
        self.begin();
        match op {
            SetOp::Intersection => self.keep_marked(left, right, true),
            SetOp::Difference => self.keep_marked(left, right, false),
            SetOp::Union => {
                let before = left.len();
                self.mark(left.iter().copied());
                left.extend(right.filter(|&neuron| !self.is_marked(neuron)));
                self.clear(left[..before].iter().copied());
            }
            SetOp::SymmetricDifference => {
                self.mark(right.clone());
                let mut only_left = Vec::with_capacity(left.len());
                only_left.extend(left.iter().filter(|&&neuron| !self.is_marked(neuron)));
                left.iter().for_each(|&neuron| self.marks[neuron as usize / 64] &= !bit(neuron));
                only_left.extend(right.clone().filter(|&neuron| self.is_marked(neuron)));
                self.clear(right);
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
        self.begin();
        let mut kept = all.len();
        all.resize(kept + more.len(), 0);
        for neuron in more {
            // Written in any case: whether it is new cannot be guessed, and a wrong guess costs more than a write.
            all[kept] = neuron;
            let word = &mut self.marks[neuron as usize / 64];
            kept += usize::from(*word & bit(neuron) == 0);
            *word |= bit(neuron);
        }
        all.truncate(kept);
    }

    /// Ends a union of many sets: what was given to [`Self::join`], each neuron once.
    pub(crate) fn joined(&mut self, all: &mut Vec<u32>) {
        if self.needs_order() {
            all.sort_unstable();
            all.dedup();
        } else {
            self.begin();
            self.clear(all.iter().copied());
        }
    }

    fn mark(&mut self, neurons: impl Iterator<Item = u32>) {
        neurons.for_each(|neuron| self.marks[neuron as usize / 64] |= bit(neuron));
    }

    fn is_marked(&self, neuron: u32) -> bool {
        self.marks[neuron as usize / 64] & bit(neuron) != 0
    }

    /// Takes all marks back, which are among these.
    fn clear(&mut self, neurons: impl Iterator<Item = u32>) {
        neurons.for_each(|neuron| self.marks[neuron as usize / 64] = 0);
    }

    fn keep_marked(&mut self, left: &mut Vec<u32>, right: impl Iterator<Item = u32> + Clone, marked: bool) {
        self.mark(right.clone());
        let mut kept = 0;
        for at in 0..left.len() {
            let neuron = left[at];
            left[kept] = neuron;
            kept += usize::from(self.is_marked(neuron) == marked);
        }
        left.truncate(kept);
        self.clear(right);
    }
}

/// Whether a list ascends, each neuron once. Without an early end, so that many are compared at a time.
pub(crate) fn ascends(list: &[u32]) -> bool {
    list.iter().zip(list.get(1..).unwrap_or(&[])).fold(true, |all, (one, next)| all & (one < next))
}

fn bit(neuron: u32) -> u64 {
    1 << (neuron % 64)
}

impl Drop for Algebra {
    fn drop(&mut self) {
        // After a panic some may be set.
        if !self.marks.is_empty() && !std::thread::panicking() {
            debug_assert!(self.marks.iter().all(|&mark| mark == 0), "no mark is left");
            MARKS.set(std::mem::take(&mut self.marks));
        }
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
