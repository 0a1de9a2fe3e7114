//! Sets of neurons: one index for two of them, and `between relation`, where those of each two relations are compared.

use super::compare::RowKey;
use super::kept::take_marks;
use super::layered::{Layered, Marks, meet};
use super::mean::Mean;
use super::table::{Couples, Table};
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::result::FactNames;
use crate::result::Value;
use crate::rows::Out;
use crate::rows::keys::FactKeys;
use crate::rows::shape::Grouping;
use crate::run::domain::Execution;
use crate::syntax::ast::Dimension;
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Rows of the similarity of two sets of neurons.
pub(crate) fn two(
    sets: [RoaringBitmap; 2],
    grouping: &Grouping,
    execution: &Execution<'_>,
    names: FactNames<'_>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    rows(&sets, Couples::one(), grouping, execution, names, out)
}

/// Rows of the similarities of each two relations: of the neurons that any of their facts has.
pub(crate) fn relations<'s>(
    execution: &mut Execution<'s>,
    set: &Pairs<'s>,
    grouping: &Grouping,
    names: FactNames<'s>,
    notes: &mut Vec<String>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let memory = execution.memory;
    let mut relations: BTreeMap<&'s str, RoaringBitmap> = BTreeMap::new();
    let mut without = 0_u64;
    execution.for_each_fact(set, |fact, neurons| {
        if neurons.is_empty() {
            return Ok(true);
        }
        match names.relation_name(fact)? {
            None => without += 1,
            Some(relation) => {
                let known = relations.entry(relation).or_default();
                let before = known.len();
                known.extend(neurons.iter().copied());
                memory.take(2 * (known.len() - before), "the neurons of this result's relations")?;
            }
        }
        Ok(true)
    })?;
    match without {
        0 => {}
        1 => notes.push("one fact has no relation, and is left out".to_owned()),
        several => notes.push(format!("{several} facts have no relation, and are left out")),
    }
    if relations.len() == 1 {
        notes.push("there is one relation in this set, and so none to compare it with".to_owned());
    }
    let named = relations.keys().map(|relation| Value::Text(Cow::Borrowed(*relation))).collect();
    let sets: Vec<RoaringBitmap> = relations.into_values().collect();
    rows(&sets, Couples::of(named), grouping, execution, names, out)
}

fn rows(
    sets: &[RoaringBitmap],
    couples: Couples<'_>,
    grouping: &Grouping,
    execution: &Execution<'_>,
    names: FactNames<'_>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let (shape, memory) = (execution.shape, execution.memory);
    let by_layer = grouping.by.contains(&Dimension::Layer);
    take_marks(memory, 1, Marks::bytes(shape.neurons()))?;
    let mut marks = Marks::new(shape.neurons());
    let mut found: BTreeMap<RowKey, Mean> = BTreeMap::new();
    let (mut left, mut met) = (None, Vec::new());
    for (number, &[a, b]) in (0..).zip(&couples.places) {
        memory.interrupt.check()?;
        // Couples of one left side come one after the other.
        let (_, left) = match left.take().filter(|(at, _)| *at == a) {
            Some(known) => left.insert(known),
            None => left.insert((a, Layered::of(sets[a].iter().collect(), shape.width))),
        };
        let right = Layered::of(sets[b].iter().collect(), shape.width);
        marks.set(&left.neurons);
        meet(&marks, left, &right, &mut met);
        marks.clear(&left.neurons);
        let mut add = |layer, met: &[_]| {
            memory.take(3 * size_of::<(RowKey, Mean)>() as u64, "the rows of this result")?;
            let row = found.entry((number, 0, layer)).or_default();
            row.add(met, shape.width, memory)?;
            row.neurons = met.iter().map(|met| u64::from(met.sizes[0]) + u64::from(met.sizes[1] - met.shared)).sum();
            Ok::<_, QueryError>(())
        };
        if by_layer {
            met.iter().try_for_each(|of_layer| add(Some(of_layer.layer), std::slice::from_ref(of_layer)))?;
        } else {
            add(None, &met)?;
        }
    }
    let keys = FactKeys::new(&[], names);
    Table { grouping, keys: &keys, couples, width: shape.width }.deliver(found, (memory, &execution.notes), out)
}
