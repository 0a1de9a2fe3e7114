//! One walk over the facts of two sides: their indices, what chance gives them, and the facts that only one side knows.

use super::Couple;
use super::layered::{Layered, Marks, meet};
use super::mean::Mean;
use super::others;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::rows::keys::FactKeys;
use crate::run::eval::Worker;
use crate::syntax::ast::Dimension;
use kndb_storage::Shape;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a row is about: number of the couple, key of its facts, and the layer.
pub(super) type RowKey = (u32, u32, Option<u32>);

/// Rows, and what there is to know beside them.
#[derive(Default)]
pub(super) struct Found {
    pub rows: BTreeMap<RowKey, Mean>,
    /// Whether some facts were compared with a sample of the others.
    pub sampled: bool,
    /// Facts that only one side of a couple knows, where no row says it.
    unsaid: u64,
}

impl Found {
    /// Takes what was found of other couples.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
        self.sampled |= other.sampled;
        self.unsaid += other.unsaid;
    }

    pub(super) fn note(&self, between: bool, notes: &mut Vec<String>) {
        if self.sampled {
            notes.push(others::note());
        }
        if between && self.unsaid > 0 {
            notes.push(format!(
                "{} times only one of two has entries of a fact, which is left out there; without `by layer` the column `unpaired` says where",
                self.unsaid
            ));
        }
    }

    /// The row of a key.
    pub(super) fn row(&mut self, key: RowKey, memory: &Memory) -> Result<&mut Mean, QueryError> {
        Ok(match self.rows.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                // In the tree, and once more in the list that is sorted.
                memory.take(3 * size_of::<(RowKey, Mean)>() as u64, "the rows of this result")?;
                new.insert(Mean::default())
            }
        })
    }
}

/// What all couples of a result share.
pub(super) struct Comparison<'a, 's> {
    pub keys: &'a FactKeys<'s>,
    pub by: &'a [Dimension],
    pub shape: Shape,
    pub memory: &'a Memory,
    /// Facts of each relation, by its name.
    pub relations: &'a BTreeMap<&'s str, Vec<u32>>,
}

impl<'s> Comparison<'_, 's> {
    pub(super) fn by_layer(&self) -> bool {
        self.by.contains(&Dimension::Layer)
    }

    /// Compares the two sides of a couple.
    pub(super) fn couple(
        &self,
        worker: &mut Worker<'_, 's>,
        couple: &Couple<'_, 's>,
        marks: &mut Marks,
        found: &mut Found,
    ) -> Result<(), QueryError> {
        let (width, memory, number) = (self.shape.width, self.memory, couple.number);
        let [on_left, on_right] = couple.attributed;
        let both = on_left & on_right;
        let (mut left, mut right, mut met) = (Layered::default(), Layered::default(), Vec::new());
        for fact in on_left | on_right {
            memory.interrupt.check()?;
            let key = self.keys.of(fact);
            if !both.contains(fact) {
                // What only one side knows belongs to no layer.
                if self.by_layer() {
                    found.unsaid += 1;
                } else {
                    let row = found.row((number, key, None), memory)?;
                    row.unpaired += 1;
                    row.first = row.first.min(fact);
                }
                continue;
            }
            couple.sides[0].read(worker, fact, width, &mut left)?;
            couple.sides[1].read(worker, fact, width, &mut right)?;
            marks.set(&left.neurons);
            meet(marks, &left, &right, &mut met);
            marks.clear(&left.neurons);
            let all = || std::iter::once((None, met.as_slice()));
            let layers = || met.chunks(1).map(|one| (one.first().map(|met| met.layer), one));
            let rows: &mut dyn Iterator<Item = _> = if self.by_layer() { &mut layers() } else { &mut all() };
            for (layer, met) in rows {
                let row = found.row((number, key, layer), memory)?;
                row.first = row.first.min(fact);
                row.add(met, width, memory)?;
            }
        }
        others::compare(self, worker, couple, &both, marks, found)?;
        if self.by.is_empty() {
            found.row((number, 0, None), memory)?;
        }
        Ok(())
    }
}
