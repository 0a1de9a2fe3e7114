//! Statements that are read once and run many times.
//!
//! A [`Prepared`] keeps the plan of its last run. The plan is of one snapshot: each run asks the store for the newest one first, and
//! plans anew where that is another, or where parameters have other values. So an answer is never older than a commit that was
//! acknowledged before the run began, whoever made it; and what does not change costs nothing. The same holds of the attached stores
//! that the statement names.

mod held;

use crate::attached::apart::names_in;
use crate::attached::ground::{Ground, Taken, take_named};
use crate::error::{ErrorKind, QueryError};
use crate::execute::{self, deliver};
use crate::memory::Memory;
use crate::plan::names::Settings;
use crate::planned::{plan, run};
use crate::result::{BatchSink, Outcome};
use crate::syntax::ast::{Name, Query, Statement};
use crate::syntax::bind::Parameters;
use crate::syntax::parser::parse;
use held::Held;
use kndb_storage::{Snapshot, Store};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A statement of a store, parsed, with the plan of its last run. It may be run from several threads at once.
///
/// Of `let`, `drop` and `explain` nothing is kept but the parsed text.
pub struct Prepared {
    store: Store,
    settings: Settings,
    statement: Statement,
    /// Names of its parameters, each once.
    names: Vec<String>,
    /// Attached stores that it names, each once.
    stores: Vec<Name>,
    last: Mutex<Option<Arc<Ready>>>,
}

/// A plan, and what it is the plan of.
struct Ready {
    held: Held,
    query: Query,
    parameters: Parameters,
}

impl Prepared {
    /// Reads a statement; plans it when it is run for the first time.
    ///
    /// # Errors
    /// When the text is no statement.
    pub fn new(store: &Store, settings: Settings, statement: &str) -> Result<Self, QueryError> {
        let statement = parse(statement)?;
        let mut names: Vec<String> = statement.parameters().iter().map(|parameter| parameter.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        let stores = names_in(&statement);
        Ok(Self { store: store.clone(), settings, statement, names, stores, last: Mutex::default() })
    }

    /// The statement, with its parameters.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Names of its parameters, without `$`, each once.
    pub fn parameters(&self) -> &[String] {
        &self.names
    }

    /// Runs the statement with values for its parameters; its rows go to the sink as columns.
    ///
    /// # Errors
    /// As for [`crate::stream`]; when a parameter has no value, or one that could not be written in its place, and when a value is for a
    /// parameter that the statement does not have.
    pub fn stream(&self, parameters: &Parameters, sink: &mut dyn BatchSink) -> Result<Outcome, QueryError> {
        let snapshot = self.store.snapshot().map_err(QueryError::storage)?;
        if !matches!(self.statement, Statement::Query(_)) {
            parameters.check_used(self.names.iter().map(String::as_str))?;
            return execute::stream(&self.store, &self.settings, &self.statement.bind(parameters)?, sink);
        }
        self.stream_at(&snapshot, parameters, sink)
    }

    /// The same as of a snapshot of the store ([`Store::snapshot`]), whatever was committed since. Nobody is asked whether that is so: to look
    /// for commits takes the system longer than to answer a small question.
    ///
    /// # Errors
    /// As for [`Self::stream`]; when the statement is no query, since other statements are about the store as it is.
    pub fn stream_at(
        &self,
        snapshot: &Arc<Snapshot>,
        parameters: &Parameters,
        sink: &mut dyn BatchSink,
    ) -> Result<Outcome, QueryError> {
        // A store that is attached is looked at as it is now, whatever is in hand.
        let ready = self.ready(snapshot, take_named(&self.stores, &self.settings)?, parameters)?;
        let planned = ready.held.planned();
        let memory = self.memory(planned.taken);
        memory.interrupt.check()?;
        let mut execution = planned.execution(&memory, false);
        let rows = run(planned, &mut execution, &ready.query, sink)?;
        deliver(execution.notes, sink)?;
        Ok(Outcome::Rows { rows })
    }

    /// What a run may take, of which its plan has taken some.
    fn memory(&self, taken: u64) -> Memory {
        Memory::with_taken(self.settings.memory, self.settings.interrupt.clone(), taken)
    }

    /// The plan for a snapshot and values, the last one if it is that.
    fn ready(&self, snapshot: &Arc<Snapshot>, taken: Taken, parameters: &Parameters) -> Result<Arc<Ready>, QueryError> {
        // Not held while a statement is planned: what attached stores answer is found then, and other threads would wait for it.
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // One snapshot is one commit, and one that is kept here gives its place in memory to no other.
        let is_it = |ready: &Arc<Ready>| ready.held.is_of(snapshot, &taken) && ready.parameters == *parameters;
        let known = last().clone();
        if let Some(ready) = known.filter(is_it) {
            return Ok(ready);
        }
        parameters.check_used(self.names.iter().map(String::as_str))?;
        let Statement::Query(query) = self.statement.bind(parameters)? else { return Err(self.is_no_query()) };
        let memory = self.memory(0);
        let ground = Ground::new(&self.store, snapshot, &self.settings, taken);
        let held = Held::try_new(ground, |ground| plan(ground, &memory, &query))?;
        let ready = Arc::new(Ready { held, query, parameters: parameters.clone() });
        *last() = Some(Arc::clone(&ready));
        Ok(ready)
    }

    fn is_no_query(&self) -> QueryError {
        let reason = "only a query is answered as of a snapshot, and this is another statement";
        QueryError::new(ErrorKind::Kind, reason).hint("run it without a snapshot")
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prepared").field(&self.statement.to_string()).finish()
    }
}
