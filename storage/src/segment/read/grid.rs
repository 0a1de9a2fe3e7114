//! The ready-made sets of one threshold.

use crate::packed::{PackedSets, Values};

/// Ready-made sets of one threshold of a part.
#[derive(Clone, Copy)]
pub struct GridSets<'a> {
    pub(super) sets: PackedSets<'a>,
    pub(super) index: &'a [[u8; 4]],
    pub(super) counts: &'a [[u8; 4]],
    pub(super) slots: u32,
}

impl<'a> GridSets<'a> {
    /// Size of a fact's set.
    pub fn count(&self, local: u32) -> u32 {
        u32::from_le_bytes(self.counts[local as usize])
    }

    /// A fact's set, where it is one container: models of at most 65,536 neurons. `None` when it is empty.
    pub fn single(&self, local: u32) -> Option<Values<'a>> {
        let (first, end) = self.range(local);
        (first < end).then(|| self.sets.values(first))
    }

    /// Whether [`Self::single`] gives whole sets.
    pub fn is_single(&self) -> bool {
        self.slots == 1
    }

    /// Appends a fact's neurons, ascending.
    pub fn push_to(&self, local: u32, out: &mut Vec<u32>) {
        let (first, end) = self.range(local);
        for index in first..end {
            let high = u32::from(self.sets.slot(index)).saturating_sub(local * self.slots);
            self.sets.values(index).push_to(high << 16, out);
        }
    }

    fn range(&self, local: u32) -> (usize, usize) {
        let at = |index: usize| u32::from_le_bytes(self.index[index]) as usize;
        (at(local as usize), at(local as usize + 1))
    }
}
