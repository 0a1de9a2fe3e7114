//! Which facts make one row: the dimensions of a result that are about the fact.
//!
//! Facts with the same relation, subject or object (as far as these are asked for) have the same key,
//! a number. What a row is called follows from the first fact that counts in it.

use super::numbered::Numbered;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::result::Value;
use crate::result::{FactNames, Identity};
use crate::syntax::ast::Dimension;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Keys of facts.
pub(crate) struct FactKeys<'s> {
    dims: Vec<Dimension>,
    names: FactNames<'s>,
    /// Of facts that share keys; else `representatives` says it.
    numbers: Numbered<u32, u32>,
    known: HashMap<Vec<Option<Identity<'s>>>, u32>,
    /// A fact of every key.
    representatives: Vec<u32>,
}

impl<'s> FactKeys<'s> {
    /// Keys for the dimensions of a result, for no fact yet.
    pub(crate) fn new(by: &[Dimension], names: FactNames<'s>) -> Self {
        let dims: Vec<Dimension> = by.iter().copied().filter(|dimension| is_of_fact(*dimension)).collect();
        let representatives = if dims.is_empty() { vec![0] } else { Vec::new() };
        Self { dims, names, numbers: Numbered::default(), known: HashMap::new(), representatives }
    }

    /// Gives a fact its key. Facts that come first give keys their names.
    pub(crate) fn add(&mut self, fact: u32) -> Result<u32, QueryError> {
        if self.is_one() {
            return Ok(0);
        }
        let next = self.representatives.len() as u32;
        if self.is_one_a_fact() {
            debug_assert!(self.representatives.last().is_none_or(|&last| last < fact), "facts come in order");
            self.representatives.push(fact);
            return Ok(next);
        }
        let number = {
            let key = self.dims.iter().map(|dimension| match dimension {
                Dimension::Subject => self.names.identity(fact, true),
                Dimension::Object => self.names.identity(fact, false),
                _ => Ok(self.names.relation_name(fact)?.map(Identity::Name)),
            });
            *self.known.entry(key.collect::<Result<_, _>>()?).or_insert(next)
        };
        if number == next {
            self.representatives.push(fact);
        }
        self.numbers.insert(fact, number);
        Ok(number)
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.representatives.len()
    }

    /// The key of a fact.
    pub(crate) fn of(&self, fact: u32) -> u32 {
        if self.is_one_a_fact() {
            // Facts were added in order.
            return self.representatives.binary_search(&fact).unwrap_or(0) as u32;
        }
        self.numbers.get(&fact).copied().unwrap_or(0)
    }

    /// Whether every fact has a key of its own.
    fn is_one_a_fact(&self) -> bool {
        self.dims.contains(&Dimension::Fact)
    }

    /// Whether all facts have one key.
    pub(crate) fn is_one(&self) -> bool {
        self.dims.is_empty()
    }

    /// Says which fact is the first that counts for a key.
    pub(crate) fn name_after(&mut self, key: u32, fact: u32) {
        self.representatives[key as usize] = fact;
    }

    /// The relation, subject or object of every key, for ordering; nothing where none of them is a dimension.
    pub(crate) fn texts(&self, memory: &Memory) -> Result<Vec<[Option<Cow<'s, str>>; 3]>, QueryError> {
        if self.dims.iter().all(|dimension| *dimension == Dimension::Fact) {
            return Ok(Vec::new());
        }
        let text = |value: Value<'s>| match value {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let mut texts = Vec::new();
        let (count, what) = (self.representatives.len(), "the names of this result's groups");
        memory.take((count * size_of::<[Option<Cow<'_, str>>; 3]>()) as u64, what)?;
        memory.reserve(&mut texts, count, what)?;
        for &fact in &self.representatives {
            memory.interrupt.check()?;
            let (subject, object) = self.names.labels(fact)?;
            texts.push([text(self.names.relation(fact)?), text(subject), text(object)]);
        }
        Ok(texts)
    }

    /// The order of two keys in a dimension of the fact.
    pub(crate) fn compare(
        &self,
        a: u32,
        b: u32,
        dimension: Dimension,
        texts: &[[Option<Cow<'s, str>>; 3]],
    ) -> Ordering {
        let text =
            |at: usize| texts.get(a as usize).map(|texts| &texts[at]).cmp(&texts.get(b as usize).map(|t| &t[at]));
        match dimension {
            Dimension::Relation => text(0),
            Dimension::Subject => text(1),
            Dimension::Object => text(2),
            _ => self.representatives[a as usize].cmp(&self.representatives[b as usize]),
        }
    }

    /// Whether a key is called something in a dimension: a fact may have no relation, and no labels.
    pub(crate) fn is_known(&self, key: u32, dimension: Dimension, texts: &[[Option<Cow<'s, str>>; 3]]) -> bool {
        let at = match dimension {
            Dimension::Relation => 0,
            Dimension::Subject => 1,
            Dimension::Object => 2,
            _ => return true,
        };
        texts.get(key as usize).is_none_or(|texts| texts[at].is_some())
    }

    /// The fact that a key is named by.
    pub(crate) fn representative(&self, key: u32) -> u32 {
        self.representatives[key as usize]
    }

    /// What a key is called in a dimension of the fact.
    pub(crate) fn value(&self, key: u32, dimension: Dimension) -> Result<Value<'s>, QueryError> {
        let fact = self.representatives[key as usize];
        match dimension {
            Dimension::Relation => self.names.relation(fact),
            Dimension::Subject => Ok(self.names.labels(fact)?.0),
            Dimension::Object => Ok(self.names.labels(fact)?.1),
            _ => self.names.id(fact),
        }
    }
}

/// Whether a dimension is about the fact.
pub(crate) fn is_of_fact(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Fact | Dimension::Relation | Dimension::Subject | Dimension::Object)
}
