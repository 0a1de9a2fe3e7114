//! What every output format is: a sink for rows that somebody lists, and for the batches of answers.

use std::io;
use std::ops::ControlFlow;

use kndb_query::{Batch, QueryError, Sink};

/// A write that failed, or whether to go on.
pub type Written = io::Result<ControlFlow<()>>;

/// An output format.
pub trait Format: Sink {
    /// Some rows of an answer; `go_on` is asked before each. Formats for people look at the values of a row together and take it as one;
    /// the others read columns.
    ///
    /// # Errors
    /// When names cannot be read from the store; a write that failed is told within.
    fn batch(&mut self, batch: &Batch, go_on: &mut dyn FnMut() -> bool) -> Result<Written, QueryError> {
        let mut written = Ok(ControlFlow::Continue(()));
        batch.each_row(&mut |row| {
            written = if go_on() { self.row(row) } else { Ok(ControlFlow::Break(())) };
            matches!(written, Ok(ControlFlow::Continue(())))
        })?;
        Ok(written)
    }
}
