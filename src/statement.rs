//! A statement that is read once and asked many times.

use crate::Answer;
use kndb_query::{BatchSink, Outcome, Parameters, Prepared, QueryError};

/// A statement of a database, parsed, with the plan of its last run. [`crate::Database::prepare`] makes it; several threads may share it.
///
/// The plan is kept for as long as nothing is committed, and the parameters stay the same. Each run sees every commit that was acknowledged
/// before it began, also those of other processes.
#[derive(Debug)]
pub struct Statement(pub(crate) Prepared);

impl Statement {
    /// Answers it, with all rows in memory.
    ///
    /// # Errors
    /// As for [`crate::Database::query_with`].
    pub fn query(&self, parameters: &Parameters) -> Result<Answer, QueryError> {
        let mut answer = Answer::default();
        self.0.stream(parameters, &mut answer)?;
        Ok(answer)
    }

    /// Answers it, batch by batch.
    ///
    /// # Errors
    /// As for [`crate::Database::query_with`], and those of the sink.
    pub fn stream(&self, parameters: &Parameters, sink: &mut dyn BatchSink) -> Result<Outcome, QueryError> {
        self.0.stream(parameters, sink)
    }

    /// Names of its parameters, without `$`.
    pub fn parameters(&self) -> &[String] {
        self.0.parameters()
    }
}
