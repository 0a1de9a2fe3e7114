//! Sets → rows: listings, groups (`by`), similarity.
//!
//! Every form ends in [`Rows`], which hands rows to the caller's sink, or their members to the set that a query in parentheses
//! is ([`as_set`]), and stops when it has enough.

pub(crate) mod against;
pub(crate) mod alone;
pub(crate) mod as_set;
mod asked;
pub(crate) mod beyond;
mod by_fact;
pub(crate) mod by_group;
mod by_size;
mod counters;
mod digits;
pub(crate) mod each;
pub(crate) mod entries;
pub(crate) mod equals;
mod found;
mod group_order;
pub(crate) mod groups;
pub(crate) mod keys;
mod layers;
pub(crate) mod listing;
mod mean;
mod numbered;
mod order;
pub(crate) mod partition;
mod plain;
pub(crate) mod roles;
mod scores;
pub(crate) mod shape;
pub(crate) mod similarity;
mod spread;
pub(crate) mod tally;

use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::result::FactNames;
use crate::result::{BatchSink, Building, Column, Slot, Value};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Where rows go.
pub(crate) enum Out<'a> {
    /// To the caller, as columns.
    Sink(&'a mut dyn BatchSink),
    /// Into a set, as members: nothing is named.
    Set(&'a mut dyn Members),
}

/// A set that takes the members of rows.
pub(crate) trait Members {
    /// Takes the fact and the neuron of a row, of which it keeps what it is made of.
    fn take(&mut self, fact: u32, neuron: u32) -> Result<(), QueryError>;
}

/// Rows on their way out.
pub(crate) struct Rows<'a> {
    out: Out<'a>,
    building: Building,
    interrupt: Interrupt,
    limit: u64,
    count: u64,
    /// Whether the caller wants no more.
    enough: bool,
}

impl<'a> Rows<'a> {
    /// Announces the columns, whose values are given row by row; takes at most `limit` rows.
    pub(crate) fn new(
        out: Out<'a>,
        interrupt: &Interrupt,
        columns: &[Column],
        limit: Option<u64>,
    ) -> Result<Self, QueryError> {
        let slots = vec![Slot::Own; columns.len()];
        Self::to(out, interrupt, (columns.into(), &slots), None, limit)
    }

    /// The same, wherever the rows go, with columns of ids that `names` knows.
    pub(crate) fn to(
        mut out: Out<'a>,
        interrupt: &Interrupt,
        (columns, slots): (Arc<[Column]>, &[Slot]),
        names: Option<FactNames<'_>>,
        limit: Option<u64>,
    ) -> Result<Self, QueryError> {
        if let Out::Sink(sink) = &mut out {
            sink.columns(&columns)?;
        }
        let building = Building::new(&columns, slots, names.map(FactNames::kept));
        let limit = limit.unwrap_or(u64::MAX);
        Ok(Self { out, building, interrupt: interrupt.clone(), limit, count: 0, enough: false })
    }

    /// Takes a row by its members, where rows go into a set; whether another one is wanted. `None` where rows have to be shown.
    pub(crate) fn member(&mut self, fact: u32, neuron: u32) -> Result<Option<bool>, QueryError> {
        let Out::Set(set) = &mut self.out else { return Ok(None) };
        self.interrupt.check()?;
        if self.count < self.limit {
            self.count += 1;
            set.take(fact, neuron)?;
        }
        Ok(Some(self.count < self.limit))
    }

    /// Whether rows go into a set.
    pub(crate) fn are_members(&self) -> bool {
        matches!(self.out, Out::Set(_))
    }

    /// Whether all rows that are wanted are out, and the caller has not had enough before.
    pub(crate) fn are_all(&self) -> bool {
        !self.enough && self.count == self.limit
    }

    /// How many rows can be wanted.
    pub(crate) fn wanted(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// Hands a row out; whether another one is wanted.
    pub(crate) fn push(&mut self, row: &[Value<'_>]) -> Result<bool, QueryError> {
        self.push_of(0, |building| {
            row.iter().enumerate().for_each(|(column, value)| building.value(column, value));
        })
    }

    /// The same of a row about a fact; `fill` gives the other values.
    pub(crate) fn push_of(&mut self, fact: u32, fill: impl FnOnce(&mut Building)) -> Result<bool, QueryError> {
        if self.left() == 0 {
            return Ok(false);
        }
        self.interrupt.check()?;
        self.building.fact(fact);
        fill(&mut self.building);
        self.building.end_row();
        self.count += 1;
        self.flush_if_full()
    }

    /// Hands many rows out at once: `fill` gets a batch, which of the rows to fill in, and fills them in; whether more are wanted.
    pub(crate) fn push_many(
        &mut self,
        rows: usize,
        mut fill: impl FnMut(&mut Building, std::ops::Range<usize>),
    ) -> Result<bool, QueryError> {
        let mut at = 0;
        while at < rows {
            if self.left() == 0 {
                return Ok(false);
            }
            self.interrupt.check()?;
            let left = usize::try_from(self.left()).unwrap_or(usize::MAX);
            let now = (rows - at).min(self.building.room()).min(left);
            fill(&mut self.building, at..at + now);
            at += now;
            self.count += now as u64;
            self.flush_if_full()?;
        }
        Ok(self.left() > 0)
    }

    /// How many more rows are wanted.
    fn left(&self) -> u64 {
        if self.enough { 0 } else { self.limit - self.count }
    }

    fn flush_if_full(&mut self) -> Result<bool, QueryError> {
        if self.building.room() == 0 || self.count == self.limit {
            self.flush()?;
        }
        Ok(self.left() > 0)
    }

    fn flush(&mut self) -> Result<(), QueryError> {
        if let Out::Sink(sink) = &mut self.out
            && !self.building.is_empty()
            && !self.enough
        {
            self.enough = sink.batch(self.building.take())? == ControlFlow::Break(());
        }
        Ok(())
    }

    /// All rows are out; says how many there were.
    pub(crate) fn end(mut self) -> Result<u64, QueryError> {
        self.flush()?;
        if let Out::Sink(sink) = self.out {
            sink.end()?;
        }
        Ok(self.count)
    }
}
