//! Who takes the columns of an answer.

use super::{Batch, Column};
use crate::error::QueryError;
use crate::note::Note;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Takes the batches of one result, in order. For rows there is [`super::Sink`].
pub trait BatchSink {
    /// Called once, before any batch, when no error of the statement can come any more but those of damaged files.
    ///
    /// # Errors
    /// Ends the statement with this error; [`QueryError::output`] makes one of a write that failed.
    fn columns(&mut self, _columns: &Arc<[Column]>) -> Result<(), QueryError> {
        Ok(())
    }

    /// Some rows, at least one. Return [`ControlFlow::Break`] to end the query early.
    ///
    /// # Errors
    /// Ends the statement with this error.
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError>;

    /// Called once, after the last batch.
    ///
    /// # Errors
    /// The statement ends with this error.
    fn end(&mut self) -> Result<(), QueryError> {
        Ok(())
    }

    /// What a reader has to know beside the rows; called for each note of a statement that was carried out, after
    /// everything else. Also without rows: of `let` and `explain`.
    ///
    /// # Errors
    /// The statement ends with this error.
    fn note(&mut self, _note: &Note) -> Result<(), QueryError> {
        Ok(())
    }
}
