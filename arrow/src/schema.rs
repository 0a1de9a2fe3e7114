//! Columns of an answer as Arrow's schema.
//!
//! | kind | type |
//! |---|---|
//! | text | `dictionary<uint32, utf8>` |
//! | number (layer, unit, prompt) | `uint32` |
//! | count | `uint64` |
//! | score | `float32` |
//! | ratio | `float64` |
//!
//! Every column may have nulls: what is not known is null in any of them.

use arrow_schema::{DataType, Field, Schema};
use kndb_query::{Column, ColumnKind};
use std::collections::HashMap;

/// The schema of an answer; `statement` is kept in its metadata, under `kndb.statement`.
pub fn schema(columns: &[Column], statement: Option<&str>) -> Schema {
    let metadata = statement.map(|text| ("kndb.statement".to_owned(), text.to_owned()));
    let fields: Vec<Field> = columns.iter().map(field).collect();
    Schema::new_with_metadata(fields, metadata.into_iter().collect::<HashMap<_, _>>())
}

/// A column as a field.
pub fn field(column: &Column) -> Field {
    let kind = match column.kind {
        ColumnKind::Text => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
        ColumnKind::Number => DataType::UInt32,
        ColumnKind::Integer => DataType::UInt64,
        ColumnKind::Score => DataType::Float32,
        ColumnKind::Ratio => DataType::Float64,
    };
    Field::new(column.name, kind, true)
}
