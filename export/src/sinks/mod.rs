//! Files that tables are written into, one format a file.

mod arrow;
mod csv;
mod parquet;

use crate::error::Result;
use crate::out::{Out, Written};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};

pub(crate) use arrow::Arrow;
pub(crate) use csv::Csv;
pub(crate) use parquet::Parquet;

/// A format of tables.
pub(crate) trait Sink: Sync {
    /// Its name, as an option gives it, and as the manifest has it.
    fn name(&self) -> &'static str;

    /// The end of a file's name, without the dot.
    fn extension(&self) -> &'static str;

    /// Whether it can hold columns of a type.
    fn holds(&self, _: &DataType) -> bool {
        true
    }

    /// Begins a file. `sorted` are the columns that its rows come sorted by, and whether from the largest down.
    fn create(&self, out: Out, schema: &SchemaRef, sorted: &[(&str, bool)]) -> Result<Box<dyn TableFile>>;
}

/// A file that rows are written into.
pub(crate) trait TableFile {
    /// Writes some rows, which are sorted after those before.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Ends the file, and makes it durable.
    fn finish(self: Box<Self>) -> Result<Written>;
}
