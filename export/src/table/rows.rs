//! Rows of a table on their way into a batch.

use super::{Column, Kind, Table};
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float32Builder, Float64Builder, Int32Builder, Int64Builder, ListBuilder,
    StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Not known.
    Null,
    /// A text.
    Text(&'a str),
    /// A number of 32 bits.
    Int(i32),
    /// A number of 64 bits.
    Long(i64),
    /// A float of 32 bits.
    Float(f32),
    /// A float of 64 bits.
    Double(f64),
    /// True or false.
    Flag(bool),
    /// Numbers that are none are not known: null.
    Floats(&'a [f32]),
    /// A list of texts.
    Texts(&'a [&'a str]),
}

impl<'a> Cell<'a> {
    /// A text that may not be there.
    pub(crate) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// A number; one that is none is not known.
    pub(crate) fn known(number: f32) -> Self {
        if number.is_nan() { Self::Null } else { Self::Float(number) }
    }
}

enum Builder {
    Text(StringBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Float(Float32Builder),
    Double(Float64Builder),
    Flag(BooleanBuilder),
    Floats(ListBuilder<Float32Builder>),
    Texts(ListBuilder<StringBuilder>),
}

impl Builder {
    fn of(column: &Column) -> Self {
        match column.kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Int => Self::Int(Int32Builder::new()),
            Kind::Long => Self::Long(Int64Builder::new()),
            Kind::Float => Self::Float(Float32Builder::new()),
            Kind::Double => Self::Double(Float64Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
            Kind::Floats => Self::Floats(ListBuilder::new(Float32Builder::new())),
            Kind::Texts => Self::Texts(ListBuilder::new(StringBuilder::new())),
        }
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Int(builder), Cell::Int(number)) => builder.append_value(number),
            (Self::Long(builder), Cell::Long(number)) => builder.append_value(number),
            (Self::Float(builder), Cell::Float(number)) => builder.append_value(number),
            (Self::Double(builder), Cell::Double(number)) => builder.append_value(number),
            (Self::Flag(builder), Cell::Flag(flag)) => builder.append_value(flag),
            (Self::Floats(builder), Cell::Floats(numbers)) => {
                builder.append_value(numbers.iter().map(|&number| (!number.is_nan()).then_some(number)));
            }
            (Self::Texts(builder), Cell::Texts(texts)) => builder.append_value(texts.iter().map(|&text| Some(text))),
            (builder, cell) => {
                // A value of another kind would be a mistake of this crate.
                debug_assert!(matches!(cell, Cell::Null), "{cell:?}");
                builder.push_null();
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Text(builder) => builder.append_null(),
            Self::Int(builder) => builder.append_null(),
            Self::Long(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Double(builder) => builder.append_null(),
            Self::Flag(builder) => builder.append_null(),
            Self::Floats(builder) => builder.append_null(),
            Self::Texts(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => ArrayBuilder::finish(builder),
            Self::Int(builder) => ArrayBuilder::finish(builder),
            Self::Long(builder) => ArrayBuilder::finish(builder),
            Self::Float(builder) => ArrayBuilder::finish(builder),
            Self::Double(builder) => ArrayBuilder::finish(builder),
            Self::Flag(builder) => ArrayBuilder::finish(builder),
            Self::Floats(builder) => ArrayBuilder::finish(builder),
            Self::Texts(builder) => ArrayBuilder::finish(builder),
        }
    }
}

/// Rows that wait to become a batch.
pub struct Rows {
    table: &'static Table,
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

/// A batch has so many rows, or so many bytes of texts and lists, whichever comes first.
const BATCH_ROWS: usize = 16 << 10;
const BATCH_BYTES: usize = 8 << 20;

impl Rows {
    /// No rows yet of a table.
    pub fn of(table: &'static Table) -> Self {
        Self { table, builders: table.columns.iter().map(Builder::of).collect(), rows: 0, bytes: 0 }
    }

    /// Adds a row: a cell for each column, in the table's order.
    pub fn push(&mut self, cells: &[Cell<'_>]) {
        debug_assert_eq!(cells.len(), self.builders.len(), "{}", self.table.name);
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            self.bytes += match cell {
                Cell::Text(text) => text.len(),
                Cell::Floats(numbers) => size_of_val(*numbers),
                Cell::Texts(texts) => texts.iter().map(|text| 4 + text.len()).sum(),
                _ => 0,
            };
            builder.push(*cell);
        }
        self.rows += 1;
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether none wait.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether it is time for a batch.
    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// The rows as a batch; none are left.
    ///
    /// # Errors
    /// When a cell of another kind was pushed, which is a bug.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(self.table.schema(), self.builders.iter_mut().map(Builder::finish).collect())
    }
}
