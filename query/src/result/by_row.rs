//! Rows of an answer, for those who print it: a batch read line by line.

use super::{Batch, BatchSink, Column};
use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::note::Note;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, or not applicable.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(u64),
    /// A score.
    Score(f32),
    /// A ratio.
    Ratio(f64),
    /// What this language has no kind for, as JSON spells it: a number below 0, true or false, a list. Only answers in SQL have such.
    Spelled(Cow<'a, str>),
}

/// Takes the rows of one result, in order. Return [`ControlFlow::Break`] to end the query early (a closed pipe, `.quit`).
pub trait Sink {
    /// Called once, before any row.
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()>;
    /// One row, as many values as columns.
    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>>;
    /// Called once, after the last row.
    fn end(&mut self) -> std::io::Result<()>;
    /// What a reader has to know beside the rows; called for each note of a statement that was carried out, after
    /// everything else. Also without rows: of `let` and `explain`. Without this method they are passed over.
    fn note(&mut self, _note: &Note) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads batches line by line for a [`Sink`].
pub(crate) struct ByRow<'a> {
    sink: &'a mut dyn Sink,
    interrupt: &'a Interrupt,
    /// Rows that the sink has got.
    pub(crate) rows: u64,
}

impl<'a> ByRow<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink, interrupt: &'a Interrupt) -> Self {
        Self { sink, interrupt, rows: 0 }
    }

    fn row(&mut self, row: &[Value<'_>]) -> Result<ControlFlow<()>, QueryError> {
        // Asked before each row: the sink may be what set it.
        self.interrupt.check()?;
        self.rows += 1;
        self.sink.row(row).map_err(QueryError::output)
    }
}

impl BatchSink for ByRow<'_> {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        self.sink.columns(columns).map_err(QueryError::output)
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        let mut flow = Ok(ControlFlow::Continue(()));
        batch.each_row(&mut |row| {
            flow = self.row(row);
            matches!(flow, Ok(ControlFlow::Continue(())))
        })?;
        flow
    }

    fn end(&mut self) -> Result<(), QueryError> {
        self.interrupt.check()?;
        self.sink.end().map_err(QueryError::output)
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.sink.note(note).map_err(QueryError::output)
    }
}
