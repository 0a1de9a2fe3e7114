//! Which facts make one row: the dimensions of a result that are about the fact.
//!
//! Facts with the same relation, subject or object (as far as these are asked for) have the same key,
//! a number. What a row is called follows from the first fact that counts in it.

use super::facts::{FactNames, Identity};
use crate::ast::Dimension;
use crate::error::QueryError;
use crate::result::Value;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Keys of facts.
pub(crate) struct FactKeys<'s> {
    dims: Vec<Dimension>,
    names: FactNames<'s>,
    numbers: HashMap<u32, u32>,
    known: HashMap<Vec<Option<Identity<'s>>>, u32>,
    /// A fact of every key.
    representatives: Vec<u32>,
}

impl<'s> FactKeys<'s> {
    /// Keys for the dimensions of a result, for no fact yet.
    pub(crate) fn new(by: &[Dimension], names: FactNames<'s>) -> Self {
        let dims: Vec<Dimension> = by.iter().copied().filter(|dimension| is_of_fact(*dimension)).collect();
        let representatives = if dims.is_empty() { vec![0] } else { Vec::new() };
        Self { dims, names, numbers: HashMap::new(), known: HashMap::new(), representatives }
    }

    /// Gives a fact its key. Facts that come first give keys their names.
    pub(crate) fn add(&mut self, fact: u32) -> Result<u32, QueryError> {
        if self.is_one() {
            return Ok(0);
        }
        let next = self.representatives.len() as u32;
        let number = if self.dims.contains(&Dimension::Fact) {
            next
        } else {
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

    /// The key of a fact.
    pub(crate) fn of(&self, fact: u32) -> u32 {
        self.numbers.get(&fact).copied().unwrap_or(0)
    }

    /// Whether all facts have one key.
    pub(crate) fn is_one(&self) -> bool {
        self.dims.is_empty()
    }

    /// Says which fact is the first that counts for a key.
    pub(crate) fn name_after(&mut self, key: u32, fact: u32) {
        self.representatives[key as usize] = fact;
    }

    /// The relation, subject or object of every key, for ordering.
    pub(crate) fn texts(&self) -> Result<Vec<[Option<String>; 3]>, QueryError> {
        if self.is_one() {
            return Ok(vec![[None, None, None]]);
        }
        let text = |value: Value<'_>| match value {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        };
        let of = |&fact: &u32| {
            let (subject, object) = self.names.labels(fact)?;
            Ok([text(self.names.relation(fact)?), text(subject), text(object)])
        };
        self.representatives.iter().map(of).collect()
    }

    /// The order of two keys in a dimension of the fact.
    pub(crate) fn compare(&self, a: u32, b: u32, dimension: Dimension, texts: &[[Option<String>; 3]]) -> Ordering {
        let text = |at: usize| texts[a as usize][at].cmp(&texts[b as usize][at]);
        match dimension {
            Dimension::Relation => text(0),
            Dimension::Subject => text(1),
            Dimension::Object => text(2),
            _ => self.representatives[a as usize].cmp(&self.representatives[b as usize]),
        }
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
