//! Answers of a store in memory: the rows behind a figure or a table.
//!
//! Not for long listings: those are streamed by [`kndb_query::execute`].

use std::io;
use std::ops::ControlFlow;

use kndb_query::{Column, Note, Query, QueryError, Settings, Sink, Statement, Value};
use kndb_storage::{Snapshot, Store};

use crate::error::{Error, Result};

/// The rows of one statement. It is a [`Sink`], to be filled by whoever runs the statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The columns.
    pub columns: Vec<Column>,
    /// Rows, as many values each as there are columns.
    pub rows: Vec<Vec<Value<'static>>>,
    /// What to know beside the rows.
    pub notes: Vec<Note>,
}

impl Answer {
    /// Asks a store.
    ///
    /// # Errors
    /// [`Error::Query`] when the statement cannot be read or answered.
    pub fn of(store: &Store, statement: &str) -> Result<Self> {
        Self::with(store, &Settings::default(), statement)
    }

    /// Asks a store with the settings of a session.
    ///
    /// # Errors
    /// As [`Answer::of`].
    pub fn with(store: &Store, settings: &Settings, statement: &str) -> Result<Self> {
        let mut answer = Self::default();
        let run = |parsed: Statement| kndb_query::execute(store, settings, &parsed, &mut answer);
        kndb_query::parse(statement).and_then(run).map_err(|error| in_query(statement, error))?;
        Ok(answer)
    }

    /// Asks a query that was made of a statement.
    pub(crate) fn of_query(store: &Store, settings: &Settings, statement: &str, query: &Query) -> Result<Self> {
        let mut answer = Self::default();
        let query = Statement::Query(query.clone());
        kndb_query::execute(store, settings, &query, &mut answer).map_err(|error| in_query(statement, error))?;
        Ok(answer)
    }

    /// Gives relations their names, for people: `P36 (capital)`.
    pub fn name_relations(&mut self, snapshot: &Snapshot, language: Option<&str>) {
        let columns = ["relation", "other_relation"].map(|name| self.column(name));
        for column in columns.into_iter().flatten() {
            for row in &mut self.rows {
                if let Some(Value::Text(relation)) = row.get(column)
                    && let Some(id) = snapshot.relation(relation)
                {
                    row[column] = Value::Text(snapshot.relation_shown(id, language).into());
                }
            }
        }
    }

    /// Adds what there is to know beside the rows to the remarks under a figure, each once.
    pub(crate) fn add_notes(&self, remarks: &mut Vec<String>) {
        for note in self.notes.iter().map(ToString::to_string) {
            if !remarks.contains(&note) {
                remarks.push(note);
            }
        }
    }

    /// The place of a column among the values of a row.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// An error with the text that its spans point into.
pub(crate) fn in_query(statement: &str, error: QueryError) -> Error {
    Error::Query { statement: statement.to_owned(), error: Box::new(error) }
}

/// A value as a number, if it is one.
pub(crate) fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Score(score) => Some(f64::from(*score)),
        Value::Ratio(ratio) => Some(*ratio),
        Value::Spelled(text) => text.parse().ok(),
        Value::Null | Value::Text(_) => None,
    }
}

/// A value as the tables of `kndb query` write it.
pub(crate) fn written(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Text(text) | Value::Spelled(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Score(score) => score.to_string(),
        Value::Ratio(ratio) => format!("{ratio:.4}"),
    }
}

/// `1 pair`, `441 pairs`
pub(crate) fn pairs_note(pairs: f64) -> String {
    format!("{pairs} {}", if pairs == 1.0 { "pair" } else { "pairs" })
}

/// For a delivery that owns its sink.
impl Sink for &mut Answer {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        <Answer as Sink>::columns(self, columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        <Answer as Sink>::row(self, row)
    }

    fn end(&mut self) -> io::Result<()> {
        <Answer as Sink>::end(self)
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        <Answer as Sink>::note(self, note)
    }
}

impl Sink for Answer {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        let own = |value: &Value<'_>| match value {
            Value::Text(text) => Value::Text(text.to_string().into()),
            Value::Integer(number) => Value::Integer(*number),
            Value::Score(score) => Value::Score(*score),
            Value::Ratio(ratio) => Value::Ratio(*ratio),
            Value::Spelled(text) => Value::Spelled(text.to_string().into()),
            Value::Null => Value::Null,
        };
        self.rows.push(row.iter().map(own).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.notes.push(note.clone());
        Ok(())
    }
}
