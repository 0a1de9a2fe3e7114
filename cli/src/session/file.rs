//! The answer of a statement into a file of columns.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use kndb_export::{AnswerError, write_answer};
use kndb_query::ErrorKind;

use super::{Session, in_query};
use crate::error::{CliError, Result};
use crate::overview::readable_bytes;

impl Session {
    /// Writes the rows of a statement into a file, whose name says what it is to be.
    pub fn write_file(&mut self, text: &str, path: &Path, messages: &mut dyn Write) -> Result<()> {
        let begun = Instant::now();
        let texts: Vec<&str> = self.language.split(text).into_iter().map(|range| &text[range]).collect();
        let [text] = texts.as_slice() else { return Err(CliError::OneStatement) };
        #[cfg(feature = "sql")]
        if self.language == super::Language::Sql {
            return self.write_sql_file(text, path, messages);
        }
        let statement = kndb_query::parse(text).map_err(in_query)?;
        let statement = self.parameters.bind(&statement).map_err(in_query)?;
        let answered = write_answer(&self.store, &self.settings, &statement, path).map_err(|error| match error {
            AnswerError::Query(error) if error.kind == ErrorKind::Interrupted => CliError::Stopped,
            AnswerError::Query(error) => in_query(*error),
            AnswerError::Export(error) => error.into(),
        })?;
        let mut told = String::new();
        for note in &answered.notes {
            told += &format!("note: {note}\n");
        }
        let rows = if answered.rows == 1 { "1 row".to_owned() } else { format!("{} rows", answered.rows) };
        told += &format!("{}: {rows}, {}\n", path.display(), readable_bytes(answered.bytes));
        if self.timer {
            told += &format!("time: {:.3} ms\n", begun.elapsed().as_secs_f64() * 1e3);
        }
        messages.write_all(told.as_bytes()).map_err(CliError::Output)
    }
}
