//! Rows of similarities: chosen, ordered, handed out.

use super::compare::RowKey;
use super::mean::Mean;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::result::Value;
use crate::rows::digits::{self, compare_tails};
use crate::rows::keys::FactKeys;
use crate::rows::order::{directed, of_numbers};
use crate::rows::shape::{Grouping, holds};
use crate::rows::{Out, Rows};
use crate::sorting::sort;
use crate::syntax::ast::{Dimension, Key, Measure};
use kndb_chance::Tail;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Which two are compared.
pub(super) struct Couples<'s> {
    /// What `between` compares, in order; nothing where two sets are given.
    pub names: Vec<Value<'s>>,
    /// Places of the two of each couple.
    pub places: Vec<[usize; 2]>,
}

impl<'s> Couples<'s> {
    /// Two sets that have no names.
    pub(super) fn one() -> Self {
        Self { names: Vec::new(), places: vec![[0, 1]] }
    }

    /// Each two of these, the earlier one on the left.
    pub(super) fn of(names: Vec<Value<'s>>) -> Self {
        let places = (0..names.len()).flat_map(|a| (a + 1..names.len()).map(move |b| [a, b]));
        Self { places: places.collect(), names }
    }
}

/// What the rows of a similarity are made with.
pub(super) struct Table<'a, 's> {
    pub grouping: &'a Grouping,
    pub keys: &'a FactKeys<'s>,
    pub couples: Couples<'s>,
    pub width: u32,
}

/// A row on its way out.
struct Row {
    key: RowKey,
    mean: Mean,
    /// Known where rows are chosen or ordered by it; else only of those that are handed out.
    p: Option<Tail>,
}

impl Table<'_, '_> {
    pub(super) fn deliver(
        self,
        found: BTreeMap<RowKey, Mean>,
        (memory, notes): (&Memory, &Notes),
        out: Out<'_>,
    ) -> Result<u64, QueryError> {
        let grouping = self.grouping;
        let of_p = |key: Key| key == Key::Measure(Measure::P);
        let first = grouping.having.iter().any(|h| of_p(h.key)) || grouping.order.iter().any(|(key, _)| of_p(*key));
        let wanted = |row: &Row| grouping.having.iter().all(|having| holds(having, self.number(row, having.key)));
        let mut rows = Vec::new();
        for (key, mean) in found {
            memory.interrupt.check()?;
            let row = Row { p: first.then(|| mean.p(self.width)).flatten(), key, mean };
            if wanted(&row) {
                rows.push(row);
            }
        }
        let texts = self.keys.texts(memory)?;
        let by_dimension = |a: &Row, b: &Row, dimension| match dimension {
            Dimension::Layer => a.key.2.cmp(&b.key.2),
            dimension if Some(dimension) == grouping.between => self.place(a, 0).cmp(&self.place(b, 0)),
            dimension => self.keys.compare(a.key.1, b.key.1, dimension, &texts),
        };
        let as_asked = |a: &Row, b: &Row| {
            for &(key, descending) in &grouping.order {
                let compared = match key {
                    Key::Dimension(dimension) => {
                        let known = [a, b].map(|row| self.keys.is_known(row.key.1, dimension, &texts));
                        directed(by_dimension(a, b, dimension), known, descending)
                    }
                    Key::Other(_) => directed(self.place(a, 1).cmp(&self.place(b, 1)), [true; 2], descending),
                    Key::Measure(Measure::P) => {
                        directed(compare_tails(a.p, b.p), [a.p.is_some(), b.p.is_some()], descending)
                    }
                    key => of_numbers([self.number(a, key), self.number(b, key)], descending),
                };
                if compared != Ordering::Equal {
                    return compared;
                }
            }
            Ordering::Equal
        };
        let by_names = |a: &Row, b: &Row| {
            // Subjects of one name are told apart by their facts.
            let dims = grouping.by.iter().copied().chain([Dimension::Fact]);
            let of_dims = dims.map(|dimension| by_dimension(a, b, dimension)).find(|c| *c != Ordering::Equal);
            a.key.0.cmp(&b.key.0).then(of_dims.unwrap_or(Ordering::Equal))
        };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let compare = |a: &Row, b: &Row| as_asked(a, b).then_with(|| by_names(a, b));
        sort(&mut order, |&a, &b| compare(&rows[a], &rows[b]), &memory.interrupt)?;
        if let Some(each) = &grouping.each {
            let by = |&a: &usize, &b: &usize| {
                let dims = each.per.iter().map(|dim| by_dimension(&rows[a], &rows[b], dim.dimension));
                dims.into_iter().find(|compared| *compared != Ordering::Equal).unwrap_or(Ordering::Equal)
            };
            if each.keep(&mut order, by, |&a, &b| as_asked(&rows[a], &rows[b]), &memory.interrupt)? {
                each.note(&grouping.order, notes);
            }
        }
        let mut out = Rows::new(out, &memory.interrupt, &grouping.columns(), grouping.limit())?;
        for (place, &at) in order.iter().enumerate() {
            // In a set there are facts, and nobody reads the numbers beside them.
            let wanted = if out.are_members() {
                out.member(self.keys.representative(rows[at].key.1), 0)?
            } else {
                Some(out.push(&self.values(&rows[at])?)?)
            };
            if wanted != Some(true) {
                let next = order.get(place + 1).filter(|&&next| as_asked(&rows[at], &rows[next]) == Ordering::Equal);
                if let Some(first) = grouping.top.filter(|_| next.is_some() && out.are_all()) {
                    first.note(&grouping.order, notes);
                }
                break;
            }
        }
        out.end()
    }

    /// The place of the left one, 0, or of the right one, 1, among those that are compared.
    fn place(&self, row: &Row, side: usize) -> usize {
        self.couples.places[row.key.0 as usize][side]
    }

    /// What is compared on that side, where it is a number.
    fn compared(&self, row: &Row, side: usize) -> Option<f64> {
        match self.couples.names.get(self.place(row, side)) {
            Some(Value::Integer(number)) => Some(*number as f64),
            _ => None,
        }
    }

    fn number(&self, row: &Row, key: Key) -> Option<f64> {
        let Row { key: (_, _, layer), mean, p } = row;
        match key {
            Key::Measure(Measure::Similarity) => mean.similarity(),
            Key::Measure(Measure::Expected) => mean.expected(),
            Key::Measure(Measure::P) => p.or_else(|| mean.p(self.width)).map(digits::tail),
            Key::Measure(Measure::Others) => mean.others(),
            Key::Measure(Measure::Facts) => Some(mean.facts as f64),
            Key::Measure(Measure::Neurons) => Some(mean.neurons as f64),
            // What only one side knows belongs to no layer.
            Key::Measure(_) => layer.is_none().then_some(mean.unpaired as f64),
            Key::Dimension(Dimension::Layer) => layer.map(f64::from),
            Key::Dimension(dimension) if Some(dimension) == self.grouping.between => self.compared(row, 0),
            Key::Other(_) => self.compared(row, 1),
            Key::Dimension(_) => None,
        }
    }

    fn values(&self, row: &Row) -> Result<Vec<Value<'_>>, QueryError> {
        let (couple, key, layer) = row.key;
        let names = self.couples.places[couple as usize].iter().filter_map(|&at| self.couples.names.get(at));
        let mut values: Vec<Value<'_>> = names.cloned().collect();
        for &dimension in &self.grouping.by {
            values.push(match dimension {
                Dimension::Layer => layer.map_or(Value::Null, |layer| Value::Integer(u64::from(layer))),
                dimension => self.keys.value(key, dimension)?,
            });
        }
        values.extend(self.grouping.measures.iter().map(|&measure| {
            let number = self.number(row, Key::Measure(measure));
            match measure {
                Measure::Facts | Measure::Neurons | Measure::Unpaired => {
                    number.map_or(Value::Null, |number| Value::Integer(number as u64))
                }
                _ => number.map_or(Value::Null, Value::Ratio),
            }
        }));
        Ok(values)
    }
}
