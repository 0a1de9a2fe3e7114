//! The order of a listing, and what `top n per …` keeps of it.

use super::{By, Member};
use crate::error::QueryError;
use crate::memory::{Best, Memory};
use crate::result::{FactNames, Value};
use crate::rows::each::Each;
use crate::rows::order::directed;
use crate::syntax::ast::Dimension;
use kndb_storage::Neuron;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The order of a listing, and the texts of the facts that it orders by.
pub(super) struct Sorting<'s> {
    order: Vec<(By, bool)>,
    pub(super) each: Option<Each>,
    names: FactNames<'s>,
    shape: kndb_storage::Shape,
    /// Relation, subject and object, where the order asks for them.
    texts: Option<HashMap<u32, [Option<Cow<'s, str>>; 3]>>,
}

/// Bytes that the texts of a fact take: they are borrowed from the dictionary.
const TEXTS: u64 = 128;

impl<'s> Sorting<'s> {
    pub(super) fn new(
        (order, each): (Vec<(By, bool)>, Option<Each>),
        names: FactNames<'s>,
        shape: kndb_storage::Shape,
    ) -> Self {
        use Dimension::{Object, Relation, Subject};
        let per = each.iter().flat_map(|each| &each.per);
        let textual = order.iter().any(|(by, _)| matches!(by, By::Relation | By::Subject | By::Object))
            || per.into_iter().any(|dim| matches!(dim.dimension, Relation | Subject | Object));
        Self { order, each, names, shape, texts: textual.then(HashMap::new) }
    }

    /// With `top n per …`, leaves the first members of each; they are in order. Whether equals were parted.
    pub(super) fn keep_each(&self, members: &mut Vec<Member>, memory: &Memory) -> Result<bool, QueryError> {
        let Some(each) = &self.each else { return Ok(false) };
        let by = |a: &Member, b: &Member| {
            let compared = each.per.iter().map(|dim| match dim.dimension {
                Dimension::Fact => a.fact.cmp(&b.fact),
                Dimension::Relation => self.compare_texts(0, a, b).0,
                Dimension::Subject => self.compare_texts(1, a, b).0,
                Dimension::Object => self.compare_texts(2, a, b).0,
                Dimension::Layer => self.shape.split(Neuron(a.neuron)).0.cmp(&self.shape.split(Neuron(b.neuron)).0),
                Dimension::Role => self.shape.split(Neuron(a.neuron)).1.cmp(&self.shape.split(Neuron(b.neuron)).1),
                // Layer and unit.
                _ => a.neuron.cmp(&b.neuron),
            });
            compared.into_iter().find(|compared| *compared != Ordering::Equal).unwrap_or(Ordering::Equal)
        };
        each.keep(members, by, |a, b| self.compare_as_asked(a, b), &memory.interrupt)
    }

    /// How two members compare by a text of their facts, and of which of them it is known.
    fn compare_texts(&self, at: usize, a: &Member, b: &Member) -> (Ordering, [bool; 2]) {
        let text = |fact| self.texts.as_ref()?.get(&fact)?[at].as_ref();
        let (a, b) = (text(a.fact), text(b.fact));
        (a.cmp(&b), [a.is_some(), b.is_some()])
    }

    /// Looks a fact's texts up, if that is needed and was not done before.
    pub(super) fn learn(&mut self, fact: u32, memory: &Memory) -> Result<(), QueryError> {
        let Some(texts) = &mut self.texts else { return Ok(()) };
        if let Entry::Vacant(entry) = texts.entry(fact) {
            memory.take(TEXTS, "the names that this result is ordered by")?;
            let (subject, object) = self.names.labels(fact)?;
            let texts = [self.names.relation(fact)?, subject, object].map(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            entry.insert(texts);
        }
        Ok(())
    }

    pub(super) fn compare(&self, a: &Member, b: &Member) -> Ordering {
        self.compare_as_asked(a, b).then((a.fact, a.neuron).cmp(&(b.fact, b.neuron)))
    }

    /// Whether nothing that was asked for tells two members apart.
    pub(super) fn are_equal(&self, a: &Member, b: &Member) -> bool {
        self.compare_as_asked(a, b) == Ordering::Equal
    }

    fn compare_as_asked(&self, a: &Member, b: &Member) -> Ordering {
        let shape = self.shape;
        for &(by, descending) in &self.order {
            let mut known = [true; 2];
            let mut text = |at: usize| {
                let compared;
                (compared, known) = self.compare_texts(at, a, b);
                compared
            };
            let compared = match by {
                By::Fact => a.fact.cmp(&b.fact),
                By::Relation => text(0),
                By::Subject => text(1),
                By::Object => text(2),
                By::Layer => shape.split(Neuron(a.neuron)).0.cmp(&shape.split(Neuron(b.neuron)).0),
                By::Neuron | By::Role => shape.split(Neuron(a.neuron)).1.cmp(&shape.split(Neuron(b.neuron)).1),
                // Negative ones count by their size, as everywhere.
                By::Score => {
                    known = [!a.score.is_nan(), !b.score.is_nan()];
                    a.score.abs().total_cmp(&b.score.abs())
                }
            };
            let compared = directed(compared, known, descending);
            if compared != Ordering::Equal {
                return compared;
            }
        }
        Ordering::Equal
    }

    /// The first members, in order.
    pub(super) fn sorted(
        &mut self,
        members: impl Iterator<Item = Member>,
        top: Option<u64>,
        memory: &Memory,
    ) -> Result<Vec<Member>, QueryError> {
        let wanted = top.and_then(|top| usize::try_from(top).ok()).unwrap_or(usize::MAX);
        let mut best = Best::new(wanted, None, &memory.interrupt);
        for member in members {
            memory.interrupt.check()?;
            self.learn(member.fact, memory)?;
            best.push(member, |a, b| self.compare(a, b))?;
        }
        let mut sorted = best.sorted(|a, b| self.compare(a, b))?;
        // Ordered by names alone, no two of them are equals that anybody would ask about.
        self.keep_each(&mut sorted, memory)?;
        Ok(sorted)
    }
}
