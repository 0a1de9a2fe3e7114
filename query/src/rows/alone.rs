//! `by` of a set of facts, or of neurons: what each group has of one kind alone.

use super::Out;
use super::asked::Asked;
use super::by_group::DegenerateGroups;
use super::groups::{Group, Naming};
use super::keys::FactKeys;
use super::partition::Splits;
use super::shape::Grouping;
use super::spread::Spread;
use super::tally::{Counts, Split};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::result::FactNames;
use crate::syntax::ast::Dimension;
use kndb_storage::{Neuron, Shape};
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// Rows of a grouped set of facts, or of neurons: a set of pairs with one partner each.
pub(crate) fn rows(
    members: &RoaringBitmap,
    grouping: &Grouping,
    (facts, shape): (bool, Shape),
    names: FactNames<'_>,
    (memory, notes): (&Memory, &Notes),
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let list: Vec<u32> = members.iter().collect();
    let mut keys = FactKeys::new(&grouping.by, names);
    for &fact in list.iter().filter(|_| facts) {
        memory.interrupt.check()?;
        keys.add(fact)?;
    }
    let split = match grouping.by.contains(&Dimension::Neuron) {
        _ if facts => Split::Whole,
        true => Split::Neurons,
        false => Split::Layers,
    };
    let mut counted: HashMap<(u32, u32), u64> = HashMap::new();
    for &member in &list {
        memory.interrupt.check()?;
        let key = match split {
            Split::Whole => (keys.of(member), 0),
            Split::Neurons => (0, member),
            // Of neurons alone nobody knows which run says what their units are.
            Split::Layers | Split::Units => (0, shape.split(Neuron(member)).0.0),
        };
        *counted.entry(key).or_default() += 1;
    }
    let groups = counted.into_iter().map(|((fact, neuron), count)| {
        let counts = Counts { pairs: count, facts: count, neurons: count };
        Group::new((fact, 0, neuron), counts)
    });
    let groups = groups.collect();
    let (splits, asked, total) = (&Splits::whole(), Asked::Unknown, members.len());
    let degenerate = DegenerateGroups::default();
    let texts = keys.texts(memory)?;
    let (keys, against) = (&keys, None);
    let roles = Vec::new();
    let naming =
        Naming { grouping, keys, texts, splits, asked, degenerate, split, shape, names, total, against, roles };
    naming.deliver(groups, &Spread::default(), (memory, notes), out)
}
