//! The one way in which pages ask: a statement, at the commit of the request, with as many rows as a page may hold.

use std::io;
use std::ops::ControlFlow;

use kndb_query::{Column, Note, Outcome, Settings, Sink, Statement, Value};
use kndb_report::Answer;

use crate::problem::{Problem, Result};
use crate::view::View;

/// An answer and the statement that it is of.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The statement, as it is shown and linked.
    pub(crate) statement: String,
    /// Its rows and notes.
    pub(crate) answer: Answer,
    /// Whether there are more rows than a page may hold: those here are the first.
    pub(crate) is_cut: bool,
    /// What `explain` drew.
    pub(crate) drawn: Option<String>,
}

impl Asked {
    /// Takes columns out of the answer: those that say the same in all rows, and that the page says elsewhere. The statement stays.
    pub(crate) fn hide(&mut self, names: &[&str]) {
        let answer = &mut self.answer;
        let is_shown: Vec<bool> = answer.columns.iter().map(|column| !names.contains(&column.name)).collect();
        for row in &mut answer.rows {
            let mut shown = is_shown.iter();
            row.retain(|_| shown.next() == Some(&true));
        }
        answer.columns.retain(|column| !names.contains(&column.name));
    }
}

impl View<'_> {
    /// Asks a statement.
    ///
    /// # Errors
    /// When it is refused, would change something, or cannot be answered.
    pub(crate) fn ask(&self, statement: &str) -> Result<Asked> {
        self.ask_as(statement, &self.settings())
    }

    /// The same with a run that is meant where none is named, or a language of labels.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn ask_as(&self, statement: &str, settings: &Settings) -> Result<Asked> {
        let parsed = self.readable(statement)?;
        let most = self.explorer.options.limits.rows;
        let mut rows = Rows { answer: Answer::default(), most, is_cut: false };
        let outcome = kndb_query::execute(&self.store, settings, &parsed, &mut rows);
        let drawn = match outcome.map_err(|error| Problem::query(statement, error))? {
            Outcome::Explained(text) => Some(text),
            _ => None,
        };
        let Rows { mut answer, is_cut, .. } = rows;
        answer.name_relations(&self.snapshot, settings.language.as_deref());
        Ok(Asked { statement: statement.to_owned(), answer, is_cut, drawn })
    }

    /// Reads a statement, and refuses one that would change something.
    ///
    /// # Errors
    /// When it is no statement, or one that changes something.
    pub(crate) fn readable(&self, statement: &str) -> Result<Statement> {
        let parsed = kndb_query::parse(statement).map_err(|error| Problem::query(statement, error))?;
        let path = self.store.path().display();
        let (word, what, instead) = match &parsed {
            Statement::Query(_) | Statement::Explain { .. } => return Ok(parsed),
            Statement::Let { .. } => {
                ("let", "the store", format!("save the set on the command line: `kndb query {path} '{statement}'`"))
            }
            Statement::Drop { .. } => {
                ("drop", "the store", format!("drop it on the command line: `kndb query {path} '{statement}'`"))
            }
            Statement::Attach { path: other, .. } => (
                "attach",
                "which stores are looked at",
                format!("begin the explorer with both: `kndb serve {path} {}`", other.text),
            ),
            Statement::Detach { .. } => {
                ("detach", "which stores are looked at", "begin the explorer with the stores that you want".into())
            }
        };
        Err(Problem::Writes { statement: statement.to_owned(), word, what, instead })
    }
}

/// Takes the first rows of an answer.
struct Rows {
    answer: Answer,
    most: usize,
    is_cut: bool,
}

impl Sink for Rows {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.answer.columns(columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if self.answer.rows.len() == self.most {
            self.is_cut = true;
            return Ok(ControlFlow::Break(()));
        }
        self.answer.row(row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.answer.end()
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.answer.note(note)
    }
}
