//! A query in parentheses → the set of its rows' members, before the plan around it runs.
//!
//! Each is answered once, whatever it is combined with, and no row of it is named. What its members take counts as the
//! statement's memory.

use super::shape::{Form, Grouping};
use super::{Members, Out, alone, beyond, entries, groups, listing, similarity};
use crate::error::{LONGEST_QUOTE, QueryError, quoted};
use crate::memory::Memory;
use crate::plan::kinds::{Kind, of_rows};
use crate::plan::parts::PartsOfLayers;
use crate::plan::visit::Node;
use crate::plan::{Entries, Facts, KnownFrom, NeuronFilter, Neurons, Pairs, RowSet, SavedPairs, Set};
use crate::result::FactNames;
use crate::run::asked::{asked, unknown_in};
use crate::run::domain::{Execution, attributed};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the members are called where they take too much memory.
const MEMBERS: &str = "the members of a query in parentheses";
/// Bytes of a member, about: 2 in a bitmap, or 4 with what surrounds it.
const MEMBER: u64 = 4;
/// Bytes that surround the neurons of one fact.
const FACT: u64 = 128;

/// Refuses queries in parentheses whose clauses could not be answered, anywhere in a plan.
pub(crate) fn check(plan: Node<'_, '_>) -> Result<(), QueryError> {
    plan.below().try_for_each(|node| match node {
        Node::Pairs(Pairs::Rows { rows, .. }) | Node::Neurons(Neurons::Rows(rows)) | Node::Facts(Facts::Rows(rows)) => {
            grouping(rows).map(drop)
        }
        _ => Ok(()),
    })
}

/// The clauses, checked; `None` for a listing.
fn grouping(rows: &RowSet<'_>) -> Result<Option<Grouping>, QueryError> {
    let (query, kind) = (&rows.query, rows.of.kind());
    if query.by.is_empty() && kind == Kind::Entries {
        return entries::check(query).map(|()| None);
    }
    if query.by.is_empty() {
        let scores = matches!(&rows.of, Set::Pairs(pairs) if pairs.scored_source().is_some());
        return listing::check(query, kind, scores).map(|()| None);
    }
    if rows.beside.is_some() {
        return Grouping::new(query, Form::Similarity).map(Some);
    }
    let grouping = Grouping::new(query, Form::Set(kind))?;
    if let Set::Pairs(pairs) = &rows.of {
        groups::check(pairs, &query.by, &grouping)?;
    }
    Ok(Some(grouping))
}

/// A set with the members of all queries in parentheses in their place.
pub(crate) fn found<'p, 's>(
    execution: &mut Execution<'s>,
    set: &'p Set<'s>,
    names: FactNames<'s>,
) -> Result<Cow<'p, Set<'s>>, QueryError> {
    if !has_rows(Node::from(set)) {
        return Ok(Cow::Borrowed(set));
    }
    Ok(Cow::Owned(match set.clone() {
        Set::Pairs(pairs) => Set::Pairs(with_members(execution, pairs, names)?),
        Set::Neurons(neurons) => Set::Neurons(neurons_with_members(execution, neurons, names)?),
        Set::Facts(facts) => Set::Facts(facts_with_members(execution, facts, names)?),
        Set::Entries(entries) => Set::Entries(entries_with_members(execution, entries, names)?),
    }))
}

/// The same of a set of pairs.
pub(crate) fn in_pairs<'p, 's>(
    execution: &mut Execution<'s>,
    pairs: &'p Pairs<'s>,
    names: FactNames<'s>,
) -> Result<Cow<'p, Pairs<'s>>, QueryError> {
    if has_rows(Node::Pairs(pairs)) {
        return with_members(execution, pairs.clone(), names).map(Cow::Owned);
    }
    Ok(Cow::Borrowed(pairs))
}

/// The same of a set of neurons.
pub(crate) fn in_neurons<'p, 's>(
    execution: &mut Execution<'s>,
    neurons: &'p Neurons<'s>,
    names: FactNames<'s>,
) -> Result<Cow<'p, Neurons<'s>>, QueryError> {
    if has_rows(Node::Neurons(neurons)) {
        return neurons_with_members(execution, neurons.clone(), names).map(Cow::Owned);
    }
    Ok(Cow::Borrowed(neurons))
}

/// Whether a plan has queries in parentheses.
fn has_rows(plan: Node<'_, '_>) -> bool {
    plan.any(&|node| {
        matches!(node, Node::Pairs(Pairs::Rows { .. }) | Node::Neurons(Neurons::Rows(_)) | Node::Facts(Facts::Rows(_)))
    })
}

fn with_members<'s>(
    execution: &mut Execution<'s>,
    pairs: Pairs<'s>,
    names: FactNames<'s>,
) -> Result<Pairs<'s>, QueryError> {
    let mut boxed = |pairs: Box<Pairs<'s>>| with_members(execution, *pairs, names).map(Box::new);
    Ok(match pairs {
        Pairs::Source(_) | Pairs::Saved(_) => pairs,
        Pairs::Binary { id, op, left, right } => Pairs::Binary { id, op, left: boxed(left)?, right: boxed(right)? },
        Pairs::WithNeurons { id, pairs, neurons, keep } => {
            let pairs = boxed(pairs)?;
            Pairs::WithNeurons { id, pairs, neurons: neurons_with_members(execution, neurons, names)?, keep }
        }
        Pairs::WithFacts { id, pairs, facts, keep } => {
            let pairs = boxed(pairs)?;
            Pairs::WithFacts { id, pairs, facts: facts_with_members(execution, facts, names)?, keep }
        }
        Pairs::Rows { rows, neurons, facts } => {
            let id = rows.id;
            let Found { pairs, asked, attributed, parts, .. } = members(execution, *rows, names)?;
            let pairs = Arc::new(pairs);
            Pairs::Saved(SavedPairs { id, from: KnownFrom::Rows, pairs, asked, attributed, parts, neurons, facts })
        }
    })
}

fn neurons_with_members<'s>(
    execution: &mut Execution<'s>,
    neurons: Neurons<'s>,
    names: FactNames<'s>,
) -> Result<Neurons<'s>, QueryError> {
    let mut boxed = |neurons: Box<Neurons<'s>>| neurons_with_members(execution, *neurons, names).map(Box::new);
    Ok(match neurons {
        Neurons::Known { .. } => neurons,
        Neurons::Binary { id, op, left, right } => Neurons::Binary { id, op, left: boxed(left)?, right: boxed(right)? },
        Neurons::Of { id, pairs } => Neurons::Of { id, pairs: Box::new(with_members(execution, *pairs, names)?) },
        Neurons::Rows(rows) => {
            let (id, shape) = (rows.id, rows.shape);
            let Found { one_kind, parts, .. } = members(execution, *rows, names)?;
            Neurons::Known { id, text: String::new(), neurons: NeuronFilter::new(one_kind, shape), parts }
        }
    })
}

fn facts_with_members<'s>(
    execution: &mut Execution<'s>,
    facts: Facts<'s>,
    names: FactNames<'s>,
) -> Result<Facts<'s>, QueryError> {
    let mut boxed = |facts: Box<Facts<'s>>| facts_with_members(execution, *facts, names).map(Box::new);
    Ok(match facts {
        Facts::Known { .. } => facts,
        Facts::OfEntries { id, entries } => {
            Facts::OfEntries { id, entries: Box::new(entries_with_members(execution, *entries, names)?) }
        }
        Facts::Binary { id, op, left, right } => Facts::Binary { id, op, left: boxed(left)?, right: boxed(right)? },
        Facts::Of { id, pairs, shape } => {
            Facts::Of { id, pairs: Box::new(with_members(execution, *pairs, names)?), shape }
        }
        Facts::Rows(rows) => {
            let id = rows.id;
            Facts::Known { id, text: String::new(), facts: members(execution, *rows, names)?.one_kind }
        }
    })
}

fn entries_with_members<'s>(
    execution: &mut Execution<'s>,
    entries: Entries<'s>,
    names: FactNames<'s>,
) -> Result<Entries<'s>, QueryError> {
    Ok(match entries {
        Entries::Source(_) => entries,
        Entries::WithFacts { id, entries, facts, keep } => {
            let entries = Box::new(entries_with_members(execution, *entries, names)?);
            Entries::WithFacts { id, entries, facts: facts_with_members(execution, facts, names)?, keep }
        }
    })
}

/// The members of rows.
struct Found<'s> {
    kind: Kind,
    memory: &'s Memory,
    /// Neurons by fact, of a set of pairs.
    pairs: BTreeMap<u32, RoaringBitmap>,
    /// Neurons, or facts, of a set of one kind.
    one_kind: RoaringBitmap,
    /// Facts that the rows were asked of, where that is known.
    asked: Option<RoaringBitmap>,
    /// Facts that there was data for, of a set of pairs: those that no row is left of are facts without a neuron.
    attributed: Option<RoaringBitmap>,
    /// Whether what they are taken from was cut to parts of layers.
    parts: PartsOfLayers,
}

impl Members for Found<'_> {
    fn take(&mut self, fact: u32, neuron: u32) -> Result<(), QueryError> {
        self.memory.take(MEMBER, MEMBERS)?;
        match self.kind {
            // Of chosen entries the facts are asked for.
            Kind::Facts | Kind::Entries => self.one_kind.insert(fact),
            Kind::Neurons => self.one_kind.insert(neuron),
            Kind::Pairs => {
                if !self.pairs.contains_key(&fact) {
                    self.memory.take(FACT, MEMBERS)?;
                }
                self.pairs.entry(fact).or_default().insert(neuron)
            }
        };
        Ok(())
    }
}

/// Answers a query in parentheses.
fn members<'s>(execution: &mut Execution<'s>, rows: RowSet<'s>, names: FactNames<'s>) -> Result<Found<'s>, QueryError> {
    let outer = std::mem::replace(&mut execution.shape, rows.shape);
    let (text, span) = (rows.query.to_string(), rows.query.span);
    let found = of_shape(execution, rows, names);
    execution.shape = outer;
    if let Ok(found) = &found
        && found.pairs.is_empty()
        && found.one_kind.is_empty()
    {
        let text = quoted(text, LONGEST_QUOTE);
        execution.notes.add(span, format!("the set `({text})` is empty: no row of it is left"));
    }
    found
}

fn of_shape<'s>(
    execution: &mut Execution<'s>,
    rows: RowSet<'s>,
    names: FactNames<'s>,
) -> Result<Found<'s>, QueryError> {
    let mut grouping = grouping(&rows)?;
    let RowSet { mut query, of, beside, .. } = rows;
    if query.top.is_none() {
        // All rows are members, in whatever order they come.
        query.order.clear();
        grouping.iter_mut().for_each(|grouping| grouping.order.clear());
    }
    let (memory, shape) = (execution.memory, execution.shape);
    if let Some(grouping) = &grouping {
        beyond::note(grouping, shape, &execution.notes);
    }
    let kind = if beside.is_some() { Kind::Facts } else { of_rows(&query, of.kind())? };
    let (pairs, one_kind) = (BTreeMap::new(), RoaringBitmap::new());
    let parts = PartsOfLayers::None;
    let mut found = Found { kind, memory, pairs, one_kind, asked: None, attributed: None, parts };
    if let (Set::Pairs(left), Some(right), Some(grouping)) = (&of, &beside, &grouping) {
        let [left, right] = [in_pairs(execution, left, names)?, in_pairs(execution, right, names)?];
        let (left, right) = (execution.prepare(&left)?, execution.prepare(&right)?);
        let (mut notes, out) = (Vec::new(), Out::Set(&mut found));
        similarity::pairs(execution, [&left, &right], grouping, names, &mut notes, out)?;
        notes.into_iter().for_each(|text| execution.notes.add(query.span, text));
        return Ok(found);
    }
    match &*self::found(execution, &of, names)? {
        Set::Pairs(pairs) => {
            let pairs = execution.prepare(pairs)?;
            found.parts = PartsOfLayers::of_pairs(&pairs, shape);
            if let (Some(chance), Some(text)) = (query.chance, found.parts.note()) {
                execution.notes.add(chance.span, text);
            }
            if kind == Kind::Pairs {
                found.asked = unknown_in(&pairs).is_none().then(|| asked(&pairs)).transpose()?;
                found.attributed = Some(attributed(&pairs)?);
            }
            let out = Out::Set(&mut found);
            match &grouping {
                None => listing::pairs(execution, &pairs, &query, names, out)?,
                Some(grouping) => groups::pairs(execution, &pairs, grouping, names, &query.by, out)?,
            }
        }
        Set::Entries(of) => {
            let source = execution.entries(of)?;
            let out = Out::Set(&mut found);
            match &grouping {
                None => entries::listing(execution, &source, &query, names, out)?,
                Some(grouping) => entries::grouped(execution, &source, (&query, grouping), names, out)?,
            }
        }
        Set::Facts(facts) => {
            let facts = execution.facts(facts)?;
            let out = Out::Set(&mut found);
            match &grouping {
                None => listing::facts(&facts, &query, names, memory, out)?,
                Some(grouping) => alone::rows(&facts, grouping, (true, shape), names, (memory, &execution.notes), out)?,
            }
        }
        Set::Neurons(neurons) => {
            let (neurons, parts) = execution.neurons_and_parts(neurons)?;
            found.parts = parts;
            let out = Out::Set(&mut found);
            match &grouping {
                None => listing::neurons(&neurons, &query, names, (shape, memory), out)?,
                Some(grouping) => {
                    alone::rows(&neurons, grouping, (false, shape), names, (memory, &execution.notes), out)?
                }
            }
        }
    };
    Ok(found)
}
