//! Columns of Arrow batches as columns of a table: types found by name, brought to plain vectors.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::cast;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::options::Options;
use crate::source::columns::{Columns, Header, Kind};
use crate::source::order::check_metadata;
use crate::source::roles::Role;
use crate::source::rows::{Column, Rows, Texts, Values};
use crate::source::told::{Told, ignored};

/// Bytes of a UUID, as Parquet's logical type and Arrow's extension type hold it.
const UUID: i32 = 16;
/// Keys of a schema's metadata that libraries write by themselves.
const BY_LIBRARIES: [&str; 5] = ["pandas", "ARROW:schema", "huggingface", "polars", "geo"];

fn kind(found: &DataType) -> Kind {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::FixedSizeBinary(UUID) => Kind::Text,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
        DataType::Dictionary(_, values) => kind(values),
        DataType::Boolean => Kind::Flag,
        // `0` and `0.5` of DuckDB are decimals.
        found if is_decimal(found) => Kind::Float,
        found if found.is_integer() => Kind::Whole,
        _ => Kind::Other,
    }
}

/// The kind of a column of this name: bytes are texts where texts belong, and may be anything elsewhere.
fn kind_of(name: &str, found: &DataType) -> Kind {
    let is_bytes = matches!(found, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let is_text = || matches!(Role::of(name), Some(Role::Fact | Role::Language | Role::Relation | Role::Run));
    if is_bytes && is_text() { Kind::Text } else { kind(found) }
}

fn is_decimal(found: &DataType) -> bool {
    matches!(
        found,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..)
    )
}

/// The columns of a schema, and what its metadata says of all rows.
pub(super) fn find(schema: &Schema, file: &Mapped, told: &mut Told, options: &Options) -> Result<Columns, ImportError> {
    let mut metadata: Vec<_> = schema.metadata().iter().collect();
    metadata.sort();
    let (mut said, mut left) = (Vec::new(), Vec::new());
    for (key, value) in metadata {
        let known = BY_LIBRARIES.contains(&key.as_str()) || key.starts_with("org.apache.spark");
        match Role::of(key) {
            _ if ignored(options, key) => left.push(key),
            _ if known => told.hint_of_metadata(key, value),
            Some(role @ (Role::Language | Role::Prompt | Role::Relation | Role::Run)) if !ignored(options, key) => {
                told.all(role, value, &format!("the metadata's `{key}`"), &|| file.at(Place::File))?;
                said.push(role);
            }
            _ => {
                check_metadata(key, value, options.shape, &|| file.at(Place::File))?;
                told.hint_of_text(key, value, "the metadata");
                left.push(key);
            }
        }
    }
    for (key, value) in
        schema.fields().iter().flat_map(|field| field.metadata()).filter(|(key, _)| !ignored(options, key))
    {
        told.hint_of_text(key, value, "the metadata");
    }
    let header = |field: &arrow_schema::FieldRef| Header {
        name: field.name().clone(),
        kind: kind_of(field.name(), field.data_type()),
        type_name: field.data_type().to_string(),
    };
    let headers: Vec<_> = schema.fields().iter().map(header).collect();
    let columns = Columns::find(&headers, true, file, told, options)?;
    for key in left {
        // A misspelt name matters where nothing else says what it would.
        if let Some(role @ (Role::Language | Role::Prompt)) = Role::near(key)
            && !ignored(options, key)
            && !said.contains(&role)
            && !columns.has(role)
        {
            return Err(ImportError::Unexpected {
                at: file.at(Place::File),
                found: format!("`{key}` in the metadata, a name close to `{}`", role.name()),
                expected: format!("the name `{}`, or that it is named as one to leave out", role.name()),
            });
        }
        told.not_used(format!("metadata {key}"));
    }
    Ok(columns)
}

/// The rows of a batch whose columns are the used ones. `row` is the number of its first row, for messages.
pub(super) fn rows(columns: &Columns, batch: &RecordBatch, file: &Mapped) -> Result<Rows, ImportError> {
    let read = |(index, role): (usize, Role)| {
        let name = batch.schema_ref().field(index).name().clone();
        let values = values(batch.column(index)).map_err(|problem| ImportError::Damaged {
            at: file.at(Place::Tensor { name: name.clone(), index: None }),
            format: "a column",
            problem,
        })?;
        let nulls = batch.column(index).logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let valid = nulls.map(|nulls| nulls.iter().collect());
        Ok((role, Column { name, values, valid }))
    };
    let columns = columns.roles().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Rows::new(batch.num_rows(), columns, None))
}

fn values(array: &ArrayRef) -> Result<Values, String> {
    let array = cast::plain(array)?;
    if let Some(values) = cast::singles(&array) {
        return Ok(Values::Single(values));
    }
    if let Some(values) = cast::doubles(&array) {
        return Ok(Values::Double(values));
    }
    if let Some(values) = cast::whole(&array) {
        return values.map(Values::Whole);
    }
    let mut texts = Texts::default();
    match array.as_fixed_size_binary_opt() {
        Some(ids) if ids.value_length() == UUID => (0..ids.len())
            .for_each(|row| texts.push(&if ids.is_null(row) { String::new() } else { uuid(ids.value(row)) })),
        _ => cast::texts(&array, |text| texts.push(text))?,
    }
    Ok(Values::Text(texts))
}

/// A UUID as people write it.
fn uuid(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}
