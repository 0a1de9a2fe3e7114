//! Pushes neuron and fact filters down to the sources, where they save reading.
//!
//! `(A op B) & f` is `(A & f) op (B & f)` for every operator, and `(A - B) & f` is `(A & f) - B`; so a
//! filter that is known ends at the leaves. A filter that must be computed first (`facts of …`) is
//! computed at the start of the execution and then pushed the same way.

use crate::plan::parts::PartsOfLayers;
use crate::plan::{Entries, FactFilter, Facts, NeuronFilter, Neurons, Pairs, RowSet, Set};
use crate::syntax::ast::SetOp;
use kndb_storage::Shape;
use roaring::RoaringBitmap;

/// Pushes what is known before the execution.
pub(crate) fn optimise<'s>(set: Set<'s>, shape: Option<Shape>) -> Set<'s> {
    match (set, shape) {
        (Set::Pairs(pairs), Some(shape)) => Set::Pairs(in_pairs(pairs, shape)),
        (Set::Neurons(neurons), Some(shape)) => Set::Neurons(in_neurons(neurons, shape)),
        (Set::Facts(facts), _) => Set::Facts(in_facts(facts)),
        (Set::Entries(entries), _) => Set::Entries(in_entries(entries)),
        (set, None) => set,
    }
}

pub(crate) fn in_pairs<'s>(pairs: Pairs<'s>, shape: Shape) -> Pairs<'s> {
    match pairs {
        Pairs::Source(_) | Pairs::Saved(_) => pairs,
        Pairs::Rows { rows, neurons, facts } => Pairs::Rows { rows: in_rows(rows), neurons, facts },
        Pairs::Binary { id, op, left, right } => {
            let left = Box::new(in_pairs(*left, shape));
            Pairs::Binary { id, op, left, right: Box::new(in_pairs(*right, shape)) }
        }
        Pairs::WithNeurons { id, pairs, neurons, keep } => {
            let mut pairs = in_pairs(*pairs, shape);
            match in_neurons(neurons, shape) {
                Neurons::Known { neurons, .. } if keep => {
                    push_neurons(&mut pairs, &neurons, shape);
                    pairs
                }
                Neurons::Known { neurons, .. } => {
                    let others = NeuronFilter::kept((*neurons.set).clone(), keep, shape);
                    push_neurons(&mut pairs, &others, shape);
                    pairs
                }
                neurons => Pairs::WithNeurons { id, pairs: Box::new(pairs), neurons, keep },
            }
        }
        Pairs::WithFacts { id, pairs, facts, keep } => {
            let mut pairs = in_pairs(*pairs, shape);
            match in_facts(facts) {
                Facts::Known { facts, .. } => {
                    push_facts(&mut pairs, &facts, keep);
                    pairs
                }
                facts => Pairs::WithFacts { id, pairs: Box::new(pairs), facts, keep },
            }
        }
    }
}

/// Within a query in parentheses: what surrounds it is not pushed into it, since its rows are counted without that.
fn in_rows(rows: Box<RowSet<'_>>) -> Box<RowSet<'_>> {
    let RowSet { id, query, of, beside, shape } = *rows;
    let beside = beside.map(|pairs| in_pairs(pairs, shape));
    Box::new(RowSet { id, query, of: optimise(of, Some(shape)), beside, shape })
}

fn in_facts(facts: Facts<'_>) -> Facts<'_> {
    match facts {
        Facts::Rows(rows) => Facts::Rows(in_rows(rows)),
        Facts::Of { id, pairs, shape } => Facts::Of { id, pairs: Box::new(in_pairs(*pairs, shape)), shape },
        Facts::Binary { id, op, left, right } => {
            Facts::Binary { id, op, left: Box::new(in_facts(*left)), right: Box::new(in_facts(*right)) }
        }
        Facts::OfEntries { id, entries } => Facts::OfEntries { id, entries: Box::new(in_entries(*entries)) },
        known @ Facts::Known { .. } => known,
    }
}

fn in_entries(entries: Entries<'_>) -> Entries<'_> {
    match entries {
        Entries::Source(_) => entries,
        Entries::WithFacts { id, entries, facts, keep } => {
            let mut entries = in_entries(*entries);
            match in_facts(facts) {
                Facts::Known { facts, .. } => {
                    push_to_entries(&mut entries, &facts, keep);
                    entries
                }
                facts => Entries::WithFacts { id, entries: Box::new(entries), facts, keep },
            }
        }
    }
}

/// Keeps only entries of these facts, or only those of others.
fn push_to_entries(entries: &mut Entries<'_>, facts: &RoaringBitmap, keep: bool) {
    match entries {
        Entries::Source(source) => filter(&mut source.facts, facts, keep),
        Entries::WithFacts { entries, .. } => push_to_entries(entries, facts, keep),
    }
}

pub(crate) fn in_neurons<'s>(neurons: Neurons<'s>, shape: Shape) -> Neurons<'s> {
    match neurons {
        Neurons::Of { id, pairs } => Neurons::Of { id, pairs: Box::new(in_pairs(*pairs, shape)) },
        Neurons::Rows(rows) => Neurons::Rows(in_rows(rows)),
        Neurons::Binary { id, op, left, right } => match (op, in_neurons(*left, shape), in_neurons(*right, shape)) {
            (
                _,
                Neurons::Known { text: l, neurons: left, parts: of_left, .. },
                Neurons::Known { text: r, neurons: right, parts: of_right, .. },
            ) => {
                let set = combine(op, &left.set, &right.set);
                // Two parts may be a whole layer together.
                let parts = of_left.max(of_right).min(PartsOfLayers::of_neurons(&set, shape));
                Neurons::Known { id, text: format!("{l} {op} {r}"), neurons: NeuronFilter::new(set, shape), parts }
            }
            (op, left, right) => Neurons::Binary { id, op, left: Box::new(left), right: Box::new(right) },
        },
        known @ Neurons::Known { .. } => known,
    }
}

/// `left op right` of bitmaps.
pub(crate) fn combine(op: SetOp, left: &RoaringBitmap, right: &RoaringBitmap) -> RoaringBitmap {
    match op {
        SetOp::Union => left | right,
        SetOp::Intersection => left & right,
        SetOp::Difference => left - right,
        SetOp::SymmetricDifference => left ^ right,
    }
}

/// Keeps only pairs of these neurons.
pub(crate) fn push_neurons(pairs: &mut Pairs<'_>, only: &NeuronFilter, shape: Shape) {
    let merged =
        |old: &Option<NeuronFilter>| Some(old.as_ref().map_or_else(|| only.clone(), |old| old.and(only, shape)));
    match pairs {
        Pairs::Source(source) => source.neurons = merged(&source.neurons),
        Pairs::Saved(saved) => saved.neurons = merged(&saved.neurons),
        Pairs::Rows { neurons, .. } => *neurons = merged(neurons),
        Pairs::Binary { op, left, right, .. } => {
            push_neurons(left, only, shape);
            if *op != SetOp::Difference {
                push_neurons(right, only, shape);
            }
        }
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => push_neurons(pairs, only, shape),
    }
}

/// Adds to a filter that these facts are kept, or left out.
pub(crate) fn filter(of: &mut Option<FactFilter>, facts: &RoaringBitmap, keep: bool) {
    let filter = of.get_or_insert_with(|| FactFilter { only: None, without: RoaringBitmap::new() });
    match (keep, &mut filter.only) {
        (true, Some(only)) => *only &= facts,
        (true, only @ None) => *only = Some(facts.clone()),
        (false, _) => filter.without |= facts,
    }
}

/// Keeps only pairs of these facts, or only those of others.
pub(crate) fn push_facts(pairs: &mut Pairs<'_>, facts: &RoaringBitmap, keep: bool) {
    let merge = |of: &mut Option<FactFilter>| filter(of, facts, keep);
    match pairs {
        Pairs::Source(source) => merge(&mut source.facts),
        Pairs::Saved(saved) => merge(&mut saved.facts),
        Pairs::Rows { facts, .. } => merge(facts),
        Pairs::Binary { op, left, right, .. } => {
            push_facts(left, facts, keep);
            if *op != SetOp::Difference {
                push_facts(right, facts, keep);
            }
        }
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => push_facts(pairs, facts, keep),
    }
}
