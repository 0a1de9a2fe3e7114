//! Rows of a table's file, one after the other.

use crate::error::{ExportError, Result};
use crate::table::Table;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use kndb_import::guarded;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows that are unpacked at a time.
const BATCH: usize = 8_192;

/// A table's rows.
pub(super) struct Rows {
    table: &'static Table,
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    /// In the batch.
    at: usize,
    /// Before the batch.
    before: u64,
}

impl Rows {
    /// Opens a file, which must have the table's columns and so many rows.
    pub(super) fn open(table: &'static Table, path: &Path, rows: u64) -> Result<Self> {
        let damaged = |problem: String| ExportError::differs(path, problem, "a Parquet file as kndb writes them");
        let file = File::open(path).map_err(ExportError::io("open", path))?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file)).map_err(damaged)?;
        let (found, expected) = (builder.schema(), table.schema());
        if found.fields() != expected.fields() {
            let names = |schema: &arrow_schema::Schema| {
                let each = schema.fields().iter().map(|field| {
                    let null = if field.is_nullable() { "?" } else { "" };
                    format!("{} {}{null}", field.name(), field.data_type())
                });
                each.collect::<Vec<_>>().join(", ")
            };
            return Err(ExportError::differs(path, format!("columns {}", names(found)), names(&expected)));
        }
        let counted = builder.metadata().file_metadata().num_rows();
        if u64::try_from(counted) != Ok(rows) {
            return Err(ExportError::differs(path, format!("{counted} rows"), format!("{rows}, as the manifest says")));
        }
        let reader = guarded(|| builder.with_batch_size(BATCH).build()).map_err(damaged)?;
        let mut open = Self { table, path: path.to_owned(), reader, batch: None, at: 0, before: 0 };
        open.fill()?;
        Ok(open)
    }

    /// The row that is next, if there is one.
    pub(super) fn peek(&self) -> Option<Row<'_>> {
        self.batch.as_ref().map(|batch| Row { of: self, batch, at: self.at })
    }

    /// Goes on to the next row.
    pub(super) fn advance(&mut self) -> Result<()> {
        self.at += 1;
        if self.batch.as_ref().is_some_and(|batch| self.at < batch.num_rows()) {
            return Ok(());
        }
        self.fill()
    }

    fn fill(&mut self) -> Result<()> {
        self.before += self.batch.take().map_or(0, |batch| batch.num_rows() as u64);
        self.at = 0;
        let reader = &mut self.reader;
        let next = guarded(|| -> Result<_, String> {
            loop {
                match reader.next().transpose().map_err(|error| error.to_string())? {
                    Some(batch) if batch.num_rows() == 0 => {}
                    next => return Ok(next),
                }
            }
        });
        self.batch = next.map_err(|problem| ExportError::differs(&self.path, problem, "rows that can be read"))?;
        Ok(())
    }

    /// Fails if there is a row that nobody has taken.
    pub(super) fn must_be_at_end(&self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(row) => Err(row.wrong("a row that no entry tells of", "rows of the entries, in their order")),
        }
    }
}

/// A row. Values that are not there are `None`; a column of another kind was refused.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    of: &'a Rows,
    batch: &'a RecordBatch,
    at: usize,
}

impl<'a> Row<'a> {
    /// What is wrong with it, and where it is.
    pub(super) fn wrong(self, found: impl ToString, expected: impl ToString) -> ExportError {
        let row = self.of.before + self.at as u64;
        ExportError::differs(&self.of.path, format!("{} in row {row}", found.to_string()), expected)
    }

    fn column(self, name: &str) -> Option<&'a dyn Array> {
        let column = self.batch.columns().get(self.of.table.place(name))?.as_ref();
        (!column.is_null(self.at)).then_some(column)
    }

    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.column(name).and_then(|column| Some(column.as_string_opt::<i32>()?.value(self.at)))
    }

    /// A text that every row has.
    pub(super) fn has_text(self, name: &str) -> Result<&'a str> {
        self.text(name).ok_or_else(|| self.wrong(format!("no {name}"), "one"))
    }

    pub(super) fn float(self, name: &str) -> Option<f32> {
        self.column(name).and_then(|column| Some(column.as_primitive_opt::<Float32Type>()?.value(self.at)))
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.column(name).and_then(|column| Some(column.as_boolean_opt()?.value(self.at))).unwrap_or_default()
    }

    /// A number that is not negative and fits.
    pub(super) fn number<T: TryFrom<i64>>(self, name: &str) -> Result<Option<T>> {
        let Some(column) = self.column(name) else { return Ok(None) };
        let int = column.as_primitive_opt::<Int32Type>().map(|ints| i64::from(ints.value(self.at)));
        let long = || column.as_primitive_opt::<Int64Type>().map(|longs| longs.value(self.at));
        let number = int.or_else(long).unwrap_or(-1);
        let fits = T::try_from(number).ok().filter(|_| number >= 0);
        fits.map(Some).ok_or_else(|| self.wrong(format!("{name} {number}"), "a number that it can have"))
    }

    /// A number that every row has.
    pub(super) fn has_number<T: TryFrom<i64>>(self, name: &str) -> Result<T> {
        self.number(name)?.ok_or_else(|| self.wrong(format!("no {name}"), "one"))
    }

    /// A list of numbers; NaN where one is not known; `None` where there is no list.
    pub(super) fn floats(self, name: &str) -> Option<Vec<f32>> {
        let list = self.column(name)?.as_list_opt::<i32>()?.value(self.at);
        let numbers = list.as_primitive_opt::<Float32Type>()?;
        Some(numbers.iter().map(|number| number.unwrap_or(f32::NAN)).collect())
    }

    pub(super) fn texts(self, name: &str) -> Result<Vec<String>> {
        let list = self.column(name).and_then(|column| Some(column.as_list_opt::<i32>()?.value(self.at)));
        let list = list.ok_or_else(|| self.wrong(format!("no {name}"), "a list"))?;
        let texts = list.as_string_opt::<i32>().ok_or_else(|| self.wrong(name, "a list of texts"))?;
        let all = texts.iter().map(|text| text.map(str::to_owned));
        all.collect::<Option<Vec<_>>>().ok_or_else(|| self.wrong(format!("a text that is missing in {name}"), "texts"))
    }
}
