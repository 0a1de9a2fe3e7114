//! Sets → rows: listings, groups (`by`), similarity.
//!
//! Every form ends in [`Rows`], which hands rows to the caller's sink, or their members to the set that a query in parentheses
//! is ([`as_set`]), and stops when it has enough.

pub(crate) mod against;
pub(crate) mod as_set;
mod asked;
pub(crate) mod at_random;
mod by_fact;
pub(crate) mod by_group;
mod by_size;
mod digits;
pub(crate) mod facts;
mod found;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod partition;
pub(crate) mod shape;
pub(crate) mod similarity;
pub(crate) mod tally;

use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::result::{Column, Sink, Value};
use std::ops::ControlFlow;

/// Where rows go.
pub(crate) enum Out<'a> {
    /// To the caller, as values.
    Sink(&'a mut dyn Sink),
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
    interrupt: Interrupt,
    limit: u64,
    count: u64,
}

impl<'a> Rows<'a> {
    /// Announces the columns; takes at most `limit` rows.
    pub(crate) fn new(
        sink: &'a mut dyn Sink,
        interrupt: &Interrupt,
        columns: &[Column],
        limit: Option<u64>,
    ) -> Result<Self, QueryError> {
        Self::to(Out::Sink(sink), interrupt, columns, limit)
    }

    /// The same, wherever the rows go.
    pub(crate) fn to(
        mut out: Out<'a>,
        interrupt: &Interrupt,
        columns: &[Column],
        limit: Option<u64>,
    ) -> Result<Self, QueryError> {
        if let Out::Sink(sink) = &mut out {
            sink.columns(columns).map_err(QueryError::output)?;
        }
        Ok(Self { out, interrupt: interrupt.clone(), limit: limit.unwrap_or(u64::MAX), count: 0 })
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

    /// Hands a row out; whether another one is wanted.
    pub(crate) fn push(&mut self, row: &[Value<'_>]) -> Result<bool, QueryError> {
        let Out::Sink(sink) = &mut self.out else { return Ok(false) };
        if self.count >= self.limit {
            return Ok(false);
        }
        self.interrupt.check()?;
        self.count += 1;
        let flow = sink.row(row).map_err(QueryError::output)?;
        Ok(flow == ControlFlow::Continue(()) && self.count < self.limit)
    }

    /// All rows are out; says how many there were.
    pub(crate) fn end(self) -> Result<u64, QueryError> {
        if let Out::Sink(sink) = self.out {
            sink.end().map_err(QueryError::output)?;
        }
        Ok(self.count)
    }
}
