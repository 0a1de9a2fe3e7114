//! A running statement as Arrow's reader of record batches.

use crate::batch::{failed, record_batch};
use crate::running::{Running, Step};
use crate::schema::schema;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use kndb_query::{Note, QueryError};
use std::sync::Arc;

/// Reads the rows of a statement batch by batch while it runs. Dropped, it stops the statement.
pub struct Reader {
    running: Running,
    schema: SchemaRef,
    notes: Vec<Note>,
}

impl Reader {
    /// Waits for the columns, after which only damaged files can go wrong. A statement without rows has no columns.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn new(mut running: Running) -> Result<Self, QueryError> {
        let (columns, notes) = match running.step() {
            Some(Step::Columns(columns)) => (columns, Vec::new()),
            Some(Step::Failed(error)) => return Err(error),
            Some(Step::Done { notes, .. }) => (Arc::from([]), notes),
            Some(Step::Batch(_)) | None => (Arc::from([]), Vec::new()),
        };
        Ok(Self { running, schema: Arc::new(schema(&columns, None)), notes })
    }

    /// What to know beside the rows; there after the last one.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.running.step()? {
                Step::Batch(batch) => return Some(record_batch(&batch, &self.schema)),
                Step::Failed(error) => return Some(Err(failed(error))),
                Step::Done { notes, .. } => self.notes = notes,
                Step::Columns(_) => {}
            }
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
