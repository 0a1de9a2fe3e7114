//! A batch of an answer as a record batch.

use crate::buffers::{shared, validity, values};
use arrow_array::types::{Float32Type, Float64Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, SchemaRef};
use kndb_query::{Batch, ColumnData, QueryError, Texts, Values};
use std::sync::Arc;

/// The rows of a batch, of the schema that [`crate::schema()`] gives for its columns. Numbers, scores, keys and texts are those of the batch, not
/// copies; texts are looked up here, each once a batch.
///
/// # Errors
/// When the store's file of facts is damaged, or the schema is another answer's.
pub fn record_batch(batch: &Batch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.data().iter().map(array).collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

fn array(column: &ColumnData) -> Result<ArrayRef, ArrowError> {
    let nulls = validity(column.validity.as_ref(), column.values.len());
    Ok(match &column.values {
        Values::Texts(texts) => Arc::new(dictionary(texts)?),
        Values::Numbers(numbers) => Arc::new(PrimitiveArray::<UInt32Type>::try_new(values(numbers), nulls)?),
        Values::Integers(counts) => Arc::new(PrimitiveArray::<UInt64Type>::try_new(values(counts), nulls)?),
        Values::Scores(scores) => Arc::new(PrimitiveArray::<Float32Type>::try_new(values(scores), nulls)?),
        Values::Ratios(ratios) => Arc::new(PrimitiveArray::<Float64Type>::try_new(values(ratios), nulls)?),
    })
}

fn dictionary(texts: &Texts) -> Result<DictionaryArray<UInt32Type>, ArrowError> {
    let made = texts.dictionary().map_err(failed)?;
    let nulls = validity(made.validity.as_ref(), made.keys.len());
    let keys = PrimitiveArray::<UInt32Type>::try_new(values(&made.keys), nulls)?;
    let offsets = OffsetBuffer::new(values(&made.offsets));
    let texts = StringArray::try_new(offsets, shared(&made.bytes), None)?;
    DictionaryArray::try_new(keys, Arc::new(texts))
}

/// An error of the engine as one of Arrow's, which keeps it as its source.
pub(crate) fn failed(error: QueryError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}
