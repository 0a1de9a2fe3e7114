//! CSV: numbers with as many digits as they need to be read back to the bit, lists as JSON, nothing where nothing is known, and `""` for
//! a text that is empty.

use super::{Sink, TableFile};
use crate::error::{ExportError, Result};
use crate::out::{Out, Written};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

pub(crate) struct Csv;

impl Sink for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn holds(&self, of: &DataType) -> bool {
        match of {
            DataType::List(of) => !matches!(of.data_type(), DataType::List(_)) && self.holds(of.data_type()),
            of => matches!(
                of,
                DataType::Utf8
                    | DataType::Int32
                    | DataType::Int64
                    | DataType::UInt32
                    | DataType::UInt64
                    | DataType::Float32
                    | DataType::Float64
                    | DataType::Boolean
            ),
        }
    }

    fn create(&self, out: Out, schema: &SchemaRef, _: &[(&str, bool)]) -> Result<Box<dyn TableFile>> {
        let mut file = CsvFile { path: out.path().to_owned(), out, lines: String::new() };
        for (at, field) in schema.fields().iter().enumerate() {
            file.lines.push_str(if at > 0 { "," } else { "" });
            push_quoted(&mut file.lines, field.name());
        }
        file.lines.push('\n');
        file.write_lines()?;
        Ok(Box::new(file))
    }
}

struct CsvFile {
    out: Out,
    path: PathBuf,
    /// Of one batch.
    lines: String,
}

impl CsvFile {
    fn write_lines(&mut self) -> Result<()> {
        self.out.write_all(self.lines.as_bytes()).map_err(ExportError::io("write", &self.path))?;
        self.lines.clear();
        Ok(())
    }
}

impl TableFile for CsvFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for (at, column) in batch.columns().iter().enumerate() {
                self.lines.push_str(if at > 0 { "," } else { "" });
                text.clear();
                // A text of nothing is there, and what is not known is not.
                if push(&mut text, column, row) {
                    push_quoted(&mut self.lines, &text);
                } else if batch.num_columns() == 1 {
                    // An empty line is no row to those who read it.
                    self.lines.push_str("\"\"");
                }
            }
            self.lines.push('\n');
        }
        self.write_lines()
    }

    fn finish(self: Box<Self>) -> Result<Written> {
        self.out.finish()
    }
}

/// Appends a field: in quotes where it would else be several, or none.
fn push_quoted(line: &mut String, text: &str) {
    if !text.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return line.push_str(text);
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

/// Appends a value as text, if there is one.
fn push(text: &mut String, column: &dyn Array, row: usize) -> bool {
    if column.is_null(row) {
        return false;
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
            return column.key(row).is_some_and(|key| push(text, column.values(), key));
        }
        DataType::List(_) => push_list(text, &column.as_list::<i32>().value(row)),
        // Tables and answers have no other columns.
        _ => return false,
    }
    true
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, DictionaryArray, StringArray};
    use std::sync::Arc;

    fn written(columns: Vec<(&str, ArrayRef)>) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
        let out = Out::create(&path, "a.csv").expect("a file");
        let mut file = Csv.create(out, &batch.schema(), &[]).expect("a header");
        file.write(&batch).expect("rows");
        file.finish().expect("a file");
        std::fs::read_to_string(path).expect("text")
    }

    #[test]
    fn an_empty_text_is_told_from_what_is_not_there() {
        let texts = [Some(""), None, Some("a, \"b\"\nc")];
        let plain: ArrayRef = Arc::new(StringArray::from_iter(texts));
        let named: ArrayRef = Arc::new(DictionaryArray::<UInt32Type>::from_iter(texts));
        let text = written(vec![("plain", plain.clone()), ("named", named)]);
        let quoted = "\"a, \"\"b\"\"\nc\"";
        assert_eq!(text, format!("plain,named\n\"\",\"\"\n,\n{quoted},{quoted}\n"));
        let read: Vec<::csv::StringRecord> =
            ::csv::Reader::from_reader(text.as_bytes()).into_records().collect::<Result<_, _>>().expect("csv");
        assert_eq!(read.iter().map(|row| &row[0]).collect::<Vec<_>>(), ["", "", "a, \"b\"\nc"]);
        // An empty line would be no row.
        assert_eq!(written(vec![("a, b", plain)]), format!("\"a, b\"\n\"\"\n\"\"\n{quoted}\n"));
    }
}
