//! `similarity(A, B)`: the Jaccard index |A ∩ B| / |A ∪ B| of each fact's neurons, then the mean over facts.
//!
//! Compared are facts that both sides have been attributed for; facts that only one side knows are
//! counted apart (`unpaired`), because missing data is no dissimilarity. A fact without any neuron on
//! either side has no index and is not counted.

use super::Rows;
use super::facts::FactNames;
use super::keys::FactKeys;
use super::shape::{Grouping, holds};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::plan::Pairs;
use crate::result::{Sink, Value};
use crate::run::domain::{Execution, attributed};
use crate::syntax::ast::{Dimension, Key, Measure, SetOp};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Sum of indices, facts compared, facts of one side only.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    facts: u64,
    unpaired: u64,
}

impl Mean {
    fn value(self) -> Option<f64> {
        (self.facts > 0).then(|| self.sum / self.facts as f64)
    }

    fn number(self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Similarity => self.value(),
            Measure::Facts => Some(self.facts as f64),
            _ => Some(self.unpaired as f64),
        }
    }
}

/// What a row is about: key of its facts, and the layer.
type RowKey = (u32, Option<u32>);

/// Rows of a similarity.
pub(crate) fn rows<'s>(
    execution: &mut Execution<'s>,
    sides: [&Pairs<'s>; 2],
    grouping: &Grouping,
    names: FactNames<'s>,
    sink: &mut dyn Sink,
) -> Result<u64, QueryError> {
    let [left, right] = sides;
    let (on_left, on_right) = (attributed(left)?, attributed(right)?);
    let both = &on_left & &on_right;
    let by_layer = grouping.by.contains(&Dimension::Layer);
    let width = execution.shape.width;
    let mut keys = FactKeys::new(&grouping.by, names);
    let mut means: BTreeMap<RowKey, Mean> = BTreeMap::new();
    let memory = execution.memory;
    let mut worker = execution.worker();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for fact in on_left | on_right {
        if !both.contains(fact) {
            // What only one side knows belongs to no layer.
            if !by_layer {
                means.entry((keys.add(fact)?, None)).or_default().unpaired += 1;
            }
            continue;
        }
        a.clear();
        b.clear();
        worker.pairs(left, fact, &mut a)?;
        worker.pairs(right, fact, &mut b)?;
        let layers = if by_layer { layers_of(&a, &b, width) } else { vec![None] };
        let key = if layers.is_empty() { continue } else { keys.add(fact)? };
        for layer in layers {
            let within = |neuron: &u32| layer.is_none_or(|layer| neuron / width == layer);
            let mut common: Vec<u32> = a.iter().copied().filter(within).collect();
            let mut other: Vec<u32> = b.iter().copied().filter(within).collect();
            common.sort_unstable();
            other.sort_unstable();
            let sizes = common.len() + other.len();
            worker.apply(SetOp::Intersection, &mut common, &other);
            let union = sizes - common.len();
            let mean = match means.entry((key, layer)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    // In the tree, and once more in the list that is sorted.
                    memory.take(3 * size_of::<(RowKey, Mean)>() as u64, "the rows of this result")?;
                    new.insert(Mean::default())
                }
            };
            if union > 0 {
                mean.sum += common.len() as f64 / union as f64;
                mean.facts += 1;
            }
        }
    }
    if means.is_empty() && grouping.by.is_empty() {
        means.insert((0, None), Mean::default());
    }
    deliver(means.into_iter().collect(), grouping, &keys, memory, sink)
}

/// Layers in which either side has a neuron.
fn layers_of(a: &[u32], b: &[u32], width: u32) -> Vec<Option<u32>> {
    let mut layers: Vec<Option<u32>> = a.iter().chain(b).map(|neuron| Some(neuron / width)).collect();
    layers.sort_unstable();
    layers.dedup();
    layers
}

fn deliver(
    mut means: Vec<(RowKey, Mean)>,
    grouping: &Grouping,
    keys: &FactKeys<'_>,
    memory: &Memory,
    sink: &mut dyn Sink,
) -> Result<u64, QueryError> {
    let number = |((_, layer), mean): &(RowKey, Mean), of: Key| match of {
        // What only one side knows belongs to no layer.
        Key::Measure(Measure::Unpaired) if layer.is_some() => None,
        Key::Measure(measure) => mean.number(measure),
        Key::Dimension(Dimension::Layer) => layer.map(f64::from),
        Key::Dimension(_) => None,
    };
    means.retain(|row| grouping.having.iter().all(|having| holds(having, number(row, having.key))));
    let texts = keys.texts(memory)?;
    let by_dimension = |((a, a_layer), _): &(RowKey, Mean), ((b, b_layer), _): &(RowKey, Mean), dimension| {
        if dimension == Dimension::Layer { a_layer.cmp(b_layer) } else { keys.compare(*a, *b, dimension, &texts) }
    };
    means.sort_by(|a, b| {
        for &(key, descending) in &grouping.order {
            let compared = match key {
                Key::Dimension(dimension) => by_dimension(a, b, dimension),
                key => number(a, key).partial_cmp(&number(b, key)).unwrap_or(Ordering::Equal),
            };
            if compared != Ordering::Equal {
                return if descending { compared.reverse() } else { compared };
            }
        }
        // Subjects of one name are told apart by their facts.
        let dims = grouping.by.iter().copied().chain([Dimension::Fact]);
        dims.map(|dimension| by_dimension(a, b, dimension)).find(|c| *c != Ordering::Equal).unwrap_or(Ordering::Equal)
    });
    let mut rows = Rows::new(sink, &grouping.columns(), grouping.top)?;
    for ((key, layer), mean) in &means {
        let mut row = Vec::new();
        for &dimension in &grouping.by {
            row.push(match dimension {
                Dimension::Layer => layer.map_or(Value::Null, |layer| Value::Integer(u64::from(layer))),
                dimension => keys.value(*key, dimension)?,
            });
        }
        row.push(mean.value().map_or(Value::Null, Value::Ratio));
        row.push(Value::Integer(mean.facts));
        row.push(if layer.is_some() { Value::Null } else { Value::Integer(mean.unpaired) });
        if !rows.push(&row)? {
            break;
        }
    }
    rows.end()
}
