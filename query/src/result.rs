//! Results of a statement: columns, values, and the sink that takes rows as they are found.
//!
//! Rows are streamed: an answer of a million rows is never held in memory by this crate.

use crate::note::Note;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// A result column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name as it stands in a header (`fact`, `layer`, `score`).
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
}

/// The type of a column's values; any value may also be [`Value::Null`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text: ids, labels, names.
    Text,
    /// A whole number: a layer, a unit, a count.
    Integer,
    /// A score (32-bit precision: print as `f32`).
    Score,
    /// A ratio between 0 and 1 (64-bit): shares, similarities.
    Ratio,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, or not applicable.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(u64),
    /// A score.
    Score(f32),
    /// A ratio.
    Ratio(f64),
}

/// Takes the rows of one result, in order. Return [`ControlFlow::Break`] to end the query early (a closed pipe, `.quit`).
pub trait Sink {
    /// Called once, before any row.
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()>;
    /// One row, as many values as columns.
    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>>;
    /// Called once, after the last row.
    fn end(&mut self) -> std::io::Result<()>;
    /// What a reader has to know beside the rows; called for each note of a statement that was carried out, after
    /// everything else. Also without rows: of `let` and `explain`. Without this method they are passed over.
    fn note(&mut self, _note: &Note) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Rows went to the sink.
    Rows {
        /// How many.
        rows: u64,
    },
    /// `explain`: a tree to print as it is.
    Explained(String),
    /// `let`: a named set was saved.
    Saved {
        /// Its name.
        name: String,
        /// Its members: pairs, neurons or facts.
        members: u64,
    },
    /// `drop`: a named set was removed.
    Dropped {
        /// Its name.
        name: String,
    },
}
