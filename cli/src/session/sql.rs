//! SQL statements of a session: `kndb sql`.

pub mod values;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use kndb_query::{Column, Outcome, Sink};
use kndb_sql::{Answer, Sql};

use super::{Delivered, Language, Session, Streams, destination, stopped};
use crate::error::{CliError, Result};
use crate::output::{Delivery, Format};
use crate::overview::readable_bytes;
use values::{columns, each_row};

impl Session {
    /// What answers SQL of the store that is open, with the settings as they are.
    fn sql(&mut self) -> Result<&Sql> {
        match &self.sql {
            Some(sql) => sql.set(self.settings.clone()),
            None => self.sql = Some(Arc::new(Sql::new(&self.store, self.settings.clone())?)),
        }
        self.sql.as_deref().ok_or(CliError::Stopped)
    }

    /// The same for the Tab key, where statements are of SQL; nothing if it cannot be had, for a Tab must not fail.
    pub fn completing_sql(&mut self) -> Option<Arc<Sql>> {
        if self.language != Language::Sql {
            return None;
        }
        self.sql().ok()?;
        self.sql.clone()
    }

    /// Begins a statement.
    fn asked(&mut self, text: &str) -> Result<Answer> {
        self.settings.interrupt.clear();
        let (parameters, interrupt) = (self.parameters.named_in(text), self.settings.interrupt.clone());
        Ok(self.sql()?.query_with(text, &parameters, &interrupt)?)
    }

    pub(super) fn sql_statement(&mut self, text: &str, streams: &mut Streams<'_>) -> Result<()> {
        let begun = Instant::now();
        let mut answer = self.asked(text)?;
        let mut once = self.once.take();
        let (display, out) = destination([&mut once, &mut self.output], &self.display, streams.out);
        let columns = columns(&answer.schema());
        // A plan is a drawing of several lines.
        let is_plan =
            display.mode.is_for_people() && columns.iter().map(|column| column.name).eq(["plan_type", "plan"]);
        let sink: Box<dyn Format + '_> = if is_plan { Box::new(Drawn(&mut *out)) } else { display.sink(&mut *out) };
        let mut delivery = Delivery::new(sink, &self.settings.interrupt);
        let mut failure = None;
        let mut write = || -> Result<()> {
            if columns.is_empty() {
                // `CREATE VIEW` and others.
                return answer.by_ref().try_for_each(|batch| Ok(batch.map(drop)?));
            }
            Sink::columns(&mut delivery, &columns).map_err(CliError::Output)?;
            for batch in answer.by_ref() {
                if each_row(&batch?, &mut |row| delivery.row(row)).map_err(CliError::Output)?.is_break() {
                    break;
                }
            }
            Ok(())
        };
        if let Err(error) = write() {
            failure = Some(error);
        }
        let is_stopped = matches!(failure, Some(CliError::Stopped));
        if failure.is_none() && !columns.is_empty() {
            Sink::end(&mut delivery).map_err(CliError::Output)?;
        }
        let delivered = if is_stopped { delivery.finish_early() } else { delivery.finish() };
        let delivered = delivered.map_err(CliError::Output)?;
        out.flush().map_err(CliError::Output)?;
        if is_stopped || delivered.interrupted {
            return Err(stopped(None, &delivered, streams.messages));
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        let rows = delivered.rows;
        let (most, notes) = (display.rows(), answer.notes());
        let outcome =
            if columns.is_empty() || is_plan { Outcome::Explained(String::new()) } else { Outcome::Rows { rows } };
        let told = Delivered { rows, ..Delivered::default() };
        self.tell(&outcome, most, &told, &notes, begun, streams.messages).map_err(CliError::Output)
    }

    /// Writes the rows of a statement into a file, whose name says what it is to be.
    pub(super) fn write_sql_file(&mut self, text: &str, path: &Path, messages: &mut dyn Write) -> Result<()> {
        let begun = Instant::now();
        let mut answer = self.asked(text)?;
        let schema = answer.schema();
        if schema.fields().is_empty() {
            let reason = "found a statement without rows, expected a question".to_owned();
            let hint = Some("leave out -o, which writes an answer into a file".to_owned());
            return Err(kndb_sql::SqlError::Statement { reason, hint }.into());
        }
        let batches = answer.by_ref().map(|batch| batch.map_err(CliError::from));
        let written = kndb_export::write_batches(&schema, batches, path)?;
        let mut told: String = answer.notes().iter().map(|note| format!("note: {note}\n")).collect();
        let rows = if written.rows == 1 { "1 row".to_owned() } else { format!("{} rows", written.rows) };
        told += &format!("{}: {rows}, {}\n", path.display(), readable_bytes(written.bytes));
        if self.timer {
            told += &format!("time: {:.3} ms\n", begun.elapsed().as_secs_f64() * 1e3);
        }
        messages.write_all(told.as_bytes()).map_err(CliError::Output)
    }
}

/// Plans as they are drawn.
struct Drawn<'a>(&'a mut dyn Write);

impl Sink for Drawn<'_> {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[kndb_query::Value<'_>]) -> std::io::Result<std::ops::ControlFlow<()>> {
        if let [kndb_query::Value::Text(title), kndb_query::Value::Text(plan)] = row {
            writeln!(self.0, "{title}\n{}", plan.trim_end())?;
        }
        Ok(std::ops::ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Format for Drawn<'_> {}
