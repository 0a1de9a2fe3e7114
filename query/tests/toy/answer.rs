//! An answer in memory, for tests to look at.

use kndb_query::{Column, Note, QueryError, Settings, Sink, Value, execute, parse};
use kndb_storage::Store;
use std::ops::ControlFlow;

/// Names of the columns, the rows, and the notes.
#[derive(Debug, Default)]
pub struct Answer {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Value<'static>>>,
    pub notes: Vec<String>,
}

impl Answer {
    pub fn of(store: &Store, settings: &Settings, text: &str) -> Result<Self, QueryError> {
        let mut answer = Self::default();
        execute(store, settings, &parse(text)?, &mut answer).map(|_| answer)
    }

    /// The numbers of the rows, NaN where there is none.
    pub fn numbers(&self) -> Vec<Vec<f64>> {
        let number = |value: &Value<'_>| match value {
            Value::Integer(number) => *number as f64,
            Value::Score(score) => f64::from(*score),
            Value::Ratio(ratio) => *ratio,
            Value::Null | Value::Text(_) | Value::Spelled(_) => f64::NAN,
        };
        self.rows.iter().map(|row| row.iter().map(number).collect()).collect()
    }

    /// The values of the rows as text; ratios have four digits.
    pub fn texts(&self) -> Vec<Vec<String>> {
        let text = |value: &Value<'_>| match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) | Value::Spelled(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Score(score) => score.to_string(),
            Value::Ratio(ratio) => format!("{ratio:.4}"),
        };
        self.rows.iter().map(|row| row.iter().map(text).collect()).collect()
    }

    /// The numbers of a column.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<f64> {
        let at = self.columns.iter().position(|column| *column == name).unwrap_or_else(|| panic!("no {name}"));
        self.numbers().into_iter().map(|row| row[at]).collect()
    }

    /// The number of a column in the only row.
    #[track_caller]
    pub fn only(&self, name: &str) -> f64 {
        assert_eq!(self.rows.len(), 1, "{name}");
        self.column(name)[0]
    }
}

impl Sink for Answer {
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
        self.columns = columns.iter().map(|column| column.name).collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        let own = |value: &Value<'_>| match value {
            Value::Text(text) => Value::Text(text.to_string().into()),
            Value::Spelled(text) => Value::Spelled(text.to_string().into()),
            Value::Integer(number) => Value::Integer(*number),
            Value::Score(score) => Value::Score(*score),
            Value::Ratio(ratio) => Value::Ratio(*ratio),
            Value::Null => Value::Null,
        };
        self.rows.push(row.iter().map(own).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.notes.push(note.text.clone());
        Ok(())
    }
}
