//! Runs statements against a store.

use crate::attached::ground::{Ground, take};
use crate::error::{ErrorKind, QueryError};
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::explain::duration;
use crate::plan::names::{Settings, unknown_set};
use crate::planned::{plan, run};
use crate::result::{Batch, BatchSink, ByRow, Outcome, Sink};
use crate::save::save;
use crate::syntax::ast::Statement;
use crate::syntax::bind::Parameters;
use kndb_storage::Store;
use std::ops::ControlFlow;
use std::time::Instant;

/// Runs one statement; its rows, if it has any, go to the sink one by one. For programs there is [`stream`].
///
/// # Errors
/// [`QueryError`] with the place in the statement's text, where there is one; nothing is written then.
pub fn execute(
    store: &Store,
    settings: &Settings,
    statement: &Statement,
    sink: &mut dyn Sink,
) -> Result<Outcome, QueryError> {
    let mut by_row = ByRow::new(sink, &settings.interrupt);
    let outcome = stream(store, settings, statement, &mut by_row)?;
    Ok(match outcome {
        // The sink may have had enough in the middle of a batch.
        Outcome::Rows { .. } => Outcome::Rows { rows: by_row.rows },
        other => other,
    })
}

/// Runs one statement; its rows, if it has any, go to the sink as columns, in batches of at most [`crate::BATCH_ROWS`].
///
/// # Errors
/// [`QueryError`] with the place in the statement's text, where there is one; nothing is written then.
pub fn stream(
    store: &Store,
    settings: &Settings,
    statement: &Statement,
    sink: &mut dyn BatchSink,
) -> Result<Outcome, QueryError> {
    if !statement.parameters().is_empty() {
        // Whoever has values has bound them: of one that is left it is said that it has none.
        statement.bind(&Parameters::default())?;
    }
    let snapshot = store.snapshot().map_err(QueryError::storage)?;
    let ground = Ground::new(store, &snapshot, settings, take(statement, settings)?);
    let memory = Memory::new(settings.memory, settings.interrupt.clone());
    memory.interrupt.check()?;
    match statement {
        Statement::Query(query) => {
            let planned = plan(&ground, &memory, query)?;
            let mut execution = planned.execution(&memory, false);
            let rows = run(&planned, &mut execution, query, sink)?;
            deliver(execution.notes, sink)?;
            Ok(Outcome::Rows { rows })
        }
        Statement::Explain { analyze, query, .. } => {
            let planned = plan(&ground, &memory, query)?;
            planned.check(query)?;
            let tree = planned.tree(query);
            if !analyze {
                deliver(planned.notes.into(), sink)?;
                return Ok(Outcome::Explained(tree.text(None)));
            }
            let started = Instant::now();
            let mut execution = planned.execution(&memory, true);
            let rows = run(&planned, &mut execution, query, &mut Discard)?;
            let total = duration(started.elapsed().as_nanos() as u64);
            let text = tree.text(execution.stats.as_deref());
            deliver(execution.notes, sink)?;
            Ok(Outcome::Explained(format!("{text}{rows} rows in {total} (one thread, with counting)\n")))
        }
        Statement::Let { name, set, .. } => save(&ground, &memory, (name, set), sink),
        Statement::Drop { name, .. } => {
            if !snapshot.saved_sets().any(|set| set.name == name.text) {
                return Err(unknown_set(name, &snapshot));
            }
            store.drop_set(&name.text).map_err(QueryError::storage)?;
            Ok(Outcome::Dropped { name: name.text.clone() })
        }
        Statement::Attach { path, name, .. } => {
            settings.attached.attach(store, &name.text, &path.text).map_err(|error| {
                let span = if error.kind == ErrorKind::Storage { path.span } else { name.span };
                error.at(span)
            })?;
            Ok(Outcome::Attached { name: name.text.clone() })
        }
        Statement::Detach { name, .. } => {
            settings.attached.detach(&name.text).map_err(|error| error.at(name.span))?;
            Ok(Outcome::Detached { name: name.text.clone() })
        }
    }
}

/// Hands on what there is to know beside the rows.
pub(crate) fn deliver(notes: Notes, sink: &mut dyn BatchSink) -> Result<(), QueryError> {
    notes.into_vec().iter().try_for_each(|note| sink.note(note))
}

/// Takes the rows of `explain analyze`, which nobody wants to see.
struct Discard;

impl BatchSink for Discard {
    fn batch(&mut self, _: Batch) -> Result<ControlFlow<()>, QueryError> {
        Ok(ControlFlow::Continue(()))
    }
}
