//! Texts as views, in which DataFusion compares and groups them best. Those of lists stay as they are.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringViewArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use std::sync::Arc;

/// A schema with views in place of texts.
pub(crate) fn schema(of: &Schema) -> SchemaRef {
    Arc::new(Schema::new(
        of.fields().iter().map(|field| with(field, &DataType::Utf8, DataType::Utf8View)).collect::<Vec<_>>(),
    ))
}

/// A schema with texts in place of views, as every reader of Arrow knows them.
pub(crate) fn plain_schema(of: &Schema) -> SchemaRef {
    let fields = of.fields().iter().map(|field| match field.data_type() {
        DataType::BinaryView => with(field, &DataType::BinaryView, DataType::Binary),
        _ => with(field, &DataType::Utf8View, DataType::Utf8),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), of.metadata().clone()))
}

fn with(field: &Field, of: &DataType, to: DataType) -> Field {
    if field.data_type() == of { field.clone().with_data_type(to) } else { field.clone() }
}

/// A batch in a schema of [`schema`].
pub(crate) fn batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| -> ArrayRef {
        match column.data_type() {
            DataType::Utf8 => Arc::new(view(column.as_string())),
            _ => Arc::clone(column),
        }
    });
    of_columns(columns.collect(), schema, batch.num_rows())
}

/// A batch in a schema of [`plain_schema`].
pub(crate) fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    });
    of_columns(columns.collect::<Result<_, _>>()?, schema, batch.num_rows())
}

pub(super) fn of_columns(columns: Vec<ArrayRef>, schema: &SchemaRef, rows: usize) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// The same bytes, looked at in another way.
fn view(texts: &StringArray) -> StringViewArray {
    debug_assert!(texts.offsets().last().is_some());
    StringViewArray::from(texts)
}
