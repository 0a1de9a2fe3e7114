//! A whole answer in memory. Not for answers of millions of rows: stream those.

use kndb_query::{Column, Note, Sink, Value};
use std::ops::ControlFlow;

/// The rows of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// Rows, as many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// What to know beside the rows: a run that is still open, layers that were not scored, …
    pub notes: Vec<Note>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known, or not applicable.
    Null,
    /// Text.
    Text(String),
    /// A whole number: a layer, a unit, a count.
    Integer(u64),
    /// A score.
    Score(f32),
    /// A share or a similarity.
    Ratio(f64),
}

impl Sink for Answer {
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
        self.columns = columns.iter().map(|column| column.name).collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        let cell = |value: &Value<'_>| match value {
            Value::Null => Cell::Null,
            Value::Text(text) => Cell::Text(text.to_string()),
            Value::Integer(number) => Cell::Integer(*number),
            Value::Score(score) => Cell::Score(*score),
            Value::Ratio(ratio) => Cell::Ratio(*ratio),
        };
        self.rows.push(row.iter().map(cell).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.notes.push(note.clone());
        Ok(())
    }
}
