//! Other facts of the same relation: how similar a fact's left set is to *their* right sets.
//!
//! A fact's own two sets may be alike because of its relation, or of the template; what is the fact's alone is what they share beyond this.
//! In a relation of at most [`ALL`] facts each meets all others. In a larger one each meets the [`PARTNERS`] that come after it in a
//! circle of all facts in random order: so no more than these few sets are in memory at a time.

use super::Couple;
use super::compare::{Comparison, Found};
use super::layered::{Layered, Marks, Met, meet, meet_whole};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::result::FactNames;
use crate::run::eval::Worker;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// Relations of up to so many facts are compared whole.
const ALL: usize = 64;
/// In larger ones each fact meets so many others.
const PARTNERS: usize = 16;
/// Of the circle.
const SEED: u64 = 1;

/// What is said where not all were compared.
pub(super) fn note() -> String {
    format!(
        "`others` is a sample: in a relation of more than {ALL} facts each was compared with {PARTNERS} others (seed {SEED})"
    )
}

/// Adds to the rows what facts that both sides know have in common with others of their relation.
pub(super) fn compare<'s>(
    comparison: &Comparison<'_, 's>,
    worker: &mut Worker<'_, 's>,
    couple: &Couple<'_, 's>,
    both: &RoaringBitmap,
    marks: &mut Marks,
    found: &mut Found,
) -> Result<(), QueryError> {
    let mut walk = Walk { comparison, couple, marks, left: Layered::default(), right: Vec::new() };
    let mut facts = Vec::new();
    for relation in comparison.relations.values() {
        facts.clear();
        facts.extend(relation.iter().filter(|fact| both.contains(**fact)));
        if facts.len() > 1 {
            found.sampled |= facts.len() > ALL;
            walk.relation(worker, &facts, found)?;
        }
    }
    Ok(())
}

/// Facts of each relation, by its name.
pub(super) fn by_relation<'s>(
    facts: &RoaringBitmap,
    names: FactNames<'s>,
    memory: &Memory,
) -> Result<BTreeMap<&'s str, Vec<u32>>, QueryError> {
    // Of one couple there is a second list.
    memory.take(8 * facts.len(), "the facts of this result's relations")?;
    let mut relations: BTreeMap<&'s str, Vec<u32>> = BTreeMap::new();
    for fact in facts {
        memory.interrupt.check()?;
        if let Some(relation) = names.relation_name(fact)? {
            relations.entry(relation).or_default().push(fact);
        }
    }
    Ok(relations)
}

/// One walk round the circles.
struct Walk<'a, 's> {
    comparison: &'a Comparison<'a, 's>,
    couple: &'a Couple<'a, 's>,
    marks: &'a mut Marks,
    left: Layered,
    /// Right sets of a fact and the partners after it, each in its place modulo their number.
    right: Vec<Layered>,
}

impl<'s> Walk<'_, 's> {
    fn relation(&mut self, worker: &mut Worker<'_, 's>, facts: &[u32], found: &mut Found) -> Result<(), QueryError> {
        let count = facts.len();
        let partners = if count <= ALL { count - 1 } else { PARTNERS };
        let order = kndb_chance::circle(count, SEED);
        let width = self.comparison.shape.width;
        let [left, right] = self.couple.sides;
        self.right.resize_with(partners + 1, Layered::default);
        for at in 0..partners {
            right.read(worker, facts[order[at]], width, &mut self.right[at])?;
        }
        for at in 0..count {
            let last = at + partners;
            right.read(worker, facts[order[last % count]], width, &mut self.right[last % (partners + 1)])?;
            let fact = facts[order[at]];
            left.read(worker, fact, width, &mut self.left)?;
            self.marks.set(&self.left.neurons);
            let added = self.fact(fact, at, found);
            self.marks.clear(&self.left.neurons);
            added?;
        }
        Ok(())
    }

    /// Adds what the fact in a place of the circle has in common with those after it.
    fn fact(&self, fact: u32, at: usize, found: &mut Found) -> Result<(), QueryError> {
        let Self { comparison, marks, left, right, .. } = self;
        let memory = comparison.memory;
        let number = self.couple.number;
        let key = comparison.keys.of(fact);
        let own = &right[at % right.len()];
        let partners = || (at + 1..at + right.len()).map(|place| &right[place % right.len()]);
        if !comparison.by_layer() {
            if meet_whole(marks, left, own).index().is_none() {
                return Ok(());
            }
            let indices = partners().filter_map(|other| meet_whole(marks, left, other).index());
            if let Some(mean) = mean(indices) {
                found.row((number, key, None), memory)?.add_others(mean);
            }
            return Ok(());
        }
        let (mut layers, mut met) = (Vec::new(), Vec::new());
        meet(marks, left, own, &mut layers);
        let mut sums = vec![(0.0, 0_u32); layers.len()];
        for other in partners() {
            meet(marks, left, other, &mut met);
            add_by_layer(&layers, &met, &mut sums);
        }
        for (own, (sum, count)) in layers.iter().zip(sums).filter(|(_, (_, count))| *count > 0) {
            found.row((number, key, Some(own.layer)), memory)?.add_others(sum / f64::from(count));
        }
        Ok(())
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Adds the indices of the layers that the fact itself has.
fn add_by_layer(layers: &[Met], met: &[Met], sums: &mut [(f64, u32)]) {
    let mut met = met.iter().peekable();
    for (own, (sum, count)) in layers.iter().zip(sums) {
        while met.next_if(|other| other.layer < own.layer).is_some() {}
        if let Some(index) = met.next_if(|other| other.layer == own.layer).and_then(Met::index) {
            *sum += index;
            *count += 1;
        }
    }
}
