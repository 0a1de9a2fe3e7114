//! Sets → rows: listings, groups (`by`), similarity.
//!
//! Every form ends in [`Rows`], which hands rows to the caller's sink and stops when it says so.

pub(crate) mod against;
pub(crate) mod at_random;
mod by_fact;
pub(crate) mod by_group;
mod digits;
pub(crate) mod facts;
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

/// Rows on their way out.
pub(crate) struct Rows<'a> {
    sink: &'a mut dyn Sink,
    interrupt: &'a Interrupt,
    limit: u64,
    count: u64,
}

impl<'a> Rows<'a> {
    /// Announces the columns; takes at most `limit` rows.
    pub(crate) fn new(
        sink: &'a mut dyn Sink,
        interrupt: &'a Interrupt,
        columns: &[Column],
        limit: Option<u64>,
    ) -> Result<Self, QueryError> {
        sink.columns(columns).map_err(QueryError::output)?;
        Ok(Self { sink, interrupt, limit: limit.unwrap_or(u64::MAX), count: 0 })
    }

    /// Hands a row out; whether another one is wanted.
    pub(crate) fn push(&mut self, row: &[Value<'_>]) -> Result<bool, QueryError> {
        if self.count >= self.limit {
            return Ok(false);
        }
        self.interrupt.check()?;
        self.count += 1;
        let flow = self.sink.row(row).map_err(QueryError::output)?;
        Ok(flow == ControlFlow::Continue(()) && self.count < self.limit)
    }

    /// All rows are out; says how many there were.
    pub(crate) fn end(self) -> Result<u64, QueryError> {
        self.sink.end().map_err(QueryError::output)?;
        Ok(self.count)
    }
}
