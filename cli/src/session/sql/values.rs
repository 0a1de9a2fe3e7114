//! Rows of Arrow as rows of kndb's formats.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use kndb_query::{Column, ColumnKind, Value};
use kndb_sql::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use kndb_sql::arrow::compute::cast;
use kndb_sql::arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, Schema, UInt64Type};
use kndb_sql::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The columns of an answer.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let column = |name: &str, of: &DataType| {
        let kind = match of {
            of if of.is_integer() => ColumnKind::Integer,
            DataType::Float32 => ColumnKind::Score,
            of if of.is_numeric() => ColumnKind::Ratio,
            _ => ColumnKind::Text,
        };
        Column { name: kept(name), kind }
    };
    schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect()
}

/// A name for as long as the process runs, each once however often it is asked for: formats want such, and the statements of a process have few.
fn kept(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(name);
    name
}

/// Hands over the rows of a batch, until `each` has enough.
pub fn each_row(
    batch: &RecordBatch,
    each: &mut dyn FnMut(&[Value<'_>]) -> io::Result<ControlFlow<()>>,
) -> io::Result<ControlFlow<()>> {
    let columns = batch.columns().iter().map(Read::of).collect::<io::Result<Vec<_>>>()?;
    let mut row = Vec::with_capacity(columns.len());
    for at in 0..batch.num_rows() {
        row.clear();
        row.extend(columns.iter().map(|column| column.value(at)));
        if each(&row)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A column whose type is known once for all rows.
enum Read {
    Text(ArrayRef),
    Signed(ArrayRef),
    Unsigned(ArrayRef),
    Score(ArrayRef),
    Ratio(ArrayRef),
    Flag(ArrayRef),
    List(ArrayRef),
    /// Anything else, as Arrow writes it: texts, and numbers that have a type of their own.
    Other(ArrayRef),
}

impl Read {
    fn of(column: &ArrayRef) -> io::Result<Self> {
        let to = |kind: DataType| cast(column, &kind).map_err(io::Error::other);
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Text(ArrayRef::clone(column)),
            DataType::LargeUtf8 | DataType::Utf8View => Self::Text(to(DataType::Utf8)?),
            DataType::Dictionary(_, of) if **of == DataType::Utf8 => Self::Text(to(DataType::Utf8)?),
            of if of.is_signed_integer() => Self::Signed(to(DataType::Int64)?),
            of if of.is_unsigned_integer() => Self::Unsigned(to(DataType::UInt64)?),
            DataType::Float32 => Self::Score(ArrayRef::clone(column)),
            DataType::Float64 => Self::Ratio(ArrayRef::clone(column)),
            DataType::Boolean => Self::Flag(ArrayRef::clone(column)),
            DataType::List(_) => Self::List(ArrayRef::clone(column)),
            _ => Self::Other(ArrayRef::clone(column)),
        })
    }

    fn array(&self) -> &ArrayRef {
        match self {
            Self::Text(of)
            | Self::Signed(of)
            | Self::Unsigned(of)
            | Self::Score(of)
            | Self::Ratio(of)
            | Self::Flag(of)
            | Self::List(of)
            | Self::Other(of) => of,
        }
    }

    fn value(&self, row: usize) -> Value<'_> {
        // Of the type that has nothing but nulls, no value is marked as one.
        if self.array().is_null(row) || *self.array().data_type() == DataType::Null {
            return Value::Null;
        }
        match self {
            Self::Text(of) => Value::Text(of.as_string::<i32>().value(row).into()),
            Self::Signed(of) => {
                let number = of.as_primitive::<Int64Type>().value(row);
                u64::try_from(number).map_or_else(|_| Value::Spelled(number.to_string().into()), Value::Integer)
            }
            Self::Unsigned(of) => Value::Integer(of.as_primitive::<UInt64Type>().value(row)),
            Self::Score(of) => Value::Score(of.as_primitive::<Float32Type>().value(row)),
            Self::Ratio(of) => Value::Ratio(of.as_primitive::<Float64Type>().value(row)),
            Self::Flag(of) => Value::Spelled(if of.as_boolean().value(row) { "true" } else { "false" }.into()),
            Self::List(of) => Value::Spelled(list(&of.as_list::<i32>().value(row)).into()),
            Self::Other(of) => {
                let text = written(of, row);
                if of.data_type().is_numeric() { Value::Spelled(text.into()) } else { Value::Text(text.into()) }
            }
        }
    }
}

/// A list as JSON.
fn list(values: &ArrayRef) -> String {
    let mut text = "[".to_owned();
    let read = Read::of(values);
    for row in 0..values.len() {
        if row > 0 {
            text.push(',');
        }
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let value = read.as_ref().map_or(Value::Null, |read| read.value(row));
        // To memory.
        let _ = match value {
            Value::Null => write!(text, "null"),
            Value::Text(of) => write!(text, "{}", quoted(&of)),
            Value::Integer(number) => write!(text, "{number}"),
            Value::Score(score) if score.is_finite() => write!(text, "{score:?}"),
            Value::Ratio(ratio) if ratio.is_finite() => write!(text, "{ratio:?}"),
            Value::Score(score) => write!(text, "\"{score}\""),
            Value::Ratio(ratio) => write!(text, "\"{ratio}\""),
            Value::Spelled(of) => write!(text, "{of}"),
        };
    }
    text.push(']');
    text
}

/// A value as Arrow writes it.
fn written(of: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default();
    ArrayFormatter::try_new(of, &options).map_or_else(|error| error.to_string(), |shown| shown.value(row).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_however_many_answers_have_it() {
        let name = |text: &str| kept(&text.to_owned());
        assert!(std::ptr::eq(name("a column of its own"), name("a column of its own")));
        assert_ne!(name("a column of its own"), name("another column"));
    }
}
