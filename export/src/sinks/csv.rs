//! CSV: numbers with as many digits as they need to be read back to the bit, lists as JSON, nothing where nothing is known.

use super::{Sink, TableFile};
use crate::error::{ExportError, Result};
use crate::out::{Out, Written};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use std::fmt::Write;
use std::path::PathBuf;

pub(crate) struct Csv;

impl Sink for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn create(&self, out: Out, schema: &SchemaRef, _: &[(&str, bool)]) -> Result<Box<dyn TableFile>> {
        let path = out.path().to_owned();
        let mut writer = ::csv::Writer::from_writer(out);
        let header = schema.fields().iter().map(|field| field.name());
        writer.write_record(header).map_err(ExportError::writing(&path))?;
        Ok(Box::new(CsvFile { writer, path }))
    }
}

struct CsvFile {
    writer: ::csv::Writer<Out>,
    path: PathBuf,
}

impl TableFile for CsvFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for column in batch.columns() {
                text.clear();
                push(&mut text, column, row);
                self.writer.write_field(&text).map_err(ExportError::writing(&self.path))?;
            }
            self.writer.write_record(None::<&[u8]>).map_err(ExportError::writing(&self.path))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Written> {
        let path = self.path;
        // The error holds the writer, which is no error of its own.
        let out = self.writer.into_inner().map_err(|error| ExportError::io("write", &path)(error.into_error()))?;
        out.finish()
    }
}

/// Appends a value as text.
fn push(text: &mut String, column: &dyn Array, row: usize) {
    if column.is_null(row) {
        return;
    }
    match column.data_type() {
        DataType::Utf8 => text.push_str(column.as_string::<i32>().value(row)),
        DataType::Int32 => write(text, format_args!("{}", column.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => write(text, format_args!("{}", column.as_primitive::<Int64Type>().value(row))),
        DataType::UInt32 => write(text, format_args!("{}", column.as_primitive::<UInt32Type>().value(row))),
        DataType::UInt64 => write(text, format_args!("{}", column.as_primitive::<UInt64Type>().value(row))),
        DataType::Float32 => write(text, format_args!("{:?}", column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => write(text, format_args!("{:?}", column.as_primitive::<Float64Type>().value(row))),
        DataType::Boolean => text.push_str(if column.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Dictionary(..) => {
            let column = column.as_dictionary::<UInt32Type>();
            if let Some(key) = column.key(row) {
                push(text, column.values(), key);
            }
        }
        DataType::List(_) => push_list(text, &column.as_list::<i32>().value(row)),
        // Tables and answers have no other columns.
        _ => {}
    }
}

fn write(text: &mut String, value: std::fmt::Arguments<'_>) {
    // To memory.
    let _ = text.write_fmt(value);
}

/// A list as JSON.
fn push_list(text: &mut String, values: &dyn Array) {
    text.push('[');
    for row in 0..values.len() {
        if row > 0 {
            text.push(',');
        }
        if values.is_null(row) {
            text.push_str("null");
        } else if matches!(values.data_type(), DataType::Utf8) {
            let quoted = serde_json::Value::from(values.as_string::<i32>().value(row));
            write(text, format_args!("{quoted}"));
        } else {
            push(text, values, row);
        }
    }
    text.push(']');
}
