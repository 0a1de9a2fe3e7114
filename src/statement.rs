//! A statement that is read once and asked many times.

use crate::Answer;
use kndb_query::{BatchSink, Outcome, Parameters, Prepared, QueryError};
use kndb_storage::Snapshot;
use std::sync::Arc;

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

    /// The same as of a snapshot ([`crate::storage::Store::snapshot`]), whatever was committed since: for many small questions about one state
    /// of the store. Nothing is asked of the system then, which takes longer than to answer such a question.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let db = kndb::Database::create(folder.path().join("store"))?;
    /// # use kndb::storage::{Entry, EntryData, Neuron, RunSpec, Shape};
    /// # let run = db.store().open_run(RunSpec::new("trial", "toy", Shape::new(2, 3).ok_or("too large")?))?;
    /// # let entry = |fact: &str| {
    /// #     Entry { fact: fact.into(), language: "en".into(), prompt: 0, data: EntryData::Neurons(vec![Neuron(4)]) }
    /// # };
    /// # run.append(entry("f1"))?;
    /// let statement = db.prepare("kn[lang=en]")?;
    /// let before = db.store().snapshot()?;
    /// run.append(entry("f2"))?;
    /// assert_eq!(statement.query_at(&before, &kndb::Parameters::default())?.rows(), 1);
    /// assert_eq!(statement.query(&kndb::Parameters::default())?.rows(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Self::query`]; when the statement is no query.
    pub fn query_at(&self, snapshot: &Arc<Snapshot>, parameters: &Parameters) -> Result<Answer, QueryError> {
        let mut answer = Answer::default();
        self.0.stream_at(snapshot, parameters, &mut answer)?;
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
