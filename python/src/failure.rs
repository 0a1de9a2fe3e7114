//! Errors of kndb as `kndb.KndbError`, which has their text, place and hint.

use kndb::query::QueryError;
use kndb_cli::embedded::{Told, told_of_export, told_of_files, told_of_query, told_of_store};
use kndb_export::ExportError;
use kndb_import::ImportError;
use kndb_sql::SqlError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// An error of a statement. Spans count bytes in it; Python's count characters.
pub fn of_query(py: Python<'_>, error: QueryError, statement: &str) -> PyErr {
    let characters = |byte: usize| statement.get(..byte).map_or(0, |before| before.chars().count());
    let span = error.span.map(|span| (characters(span.range().start), characters(span.range().end)));
    raise(py, told_of_query(error, statement), span)
}

/// An error of the store.
pub fn of_store(py: Python<'_>, error: kndb::storage::Error) -> PyErr {
    raise(py, told_of_store(error), None)
}

/// An error of files of facts.
pub fn of_files(py: Python<'_>, error: ImportError) -> PyErr {
    raise(py, told_of_files(error), None)
}

/// An error of SQL.
pub fn of_sql(py: Python<'_>, error: SqlError) -> PyErr {
    match error {
        SqlError::Query { error, text } => of_query(py, *error, &text),
        SqlError::Storage(error) => of_store(py, error),
        error => {
            let (reason, hint) = (error.to_string(), error.hint().map(str::to_owned));
            let drawn = hint.iter().fold(reason.clone(), |drawn, hint| format!("{drawn}\nhint: {hint}"));
            raise(py, Told { reason, hint, drawn }, None)
        }
    }
}

/// An error of an export, or of its way back.
pub fn of_export(py: Python<'_>, error: ExportError) -> PyErr {
    raise(py, told_of_export(error), None)
}

/// An error that is told of already.
pub fn raise(py: Python<'_>, told: Told, span: Option<(usize, usize)>) -> PyErr {
    let made = py
        .import("kndb._errors")
        .and_then(|module| module.getattr("KndbError"))
        .and_then(|class| class.call1((&told.reason, span, &told.hint, &told.drawn)));
    match made {
        Ok(error) => PyErr::from_value(error),
        // Without the package around it.
        Err(_) => PyRuntimeError::new_err(told.drawn),
    }
}

/// An error that this package tells of itself.
pub fn said(py: Python<'_>, reason: String, hint: Option<&str>) -> PyErr {
    let drawn = match hint {
        Some(hint) => format!("{reason}\nhint: {hint}"),
        None => reason.clone(),
    };
    raise(py, Told { reason, hint: hint.map(str::to_owned), drawn }, None)
}

/// The process in which a store was first worked on.
static WORKER: OnceLock<u32> = OnceLock::new();

/// Refuses work on a store in a process that was forked from one that has worked on one: the threads that do it stayed behind, and it would wait for
/// them for ever. Questions need none of them.
pub fn not_forked(py: Python<'_>) -> PyResult<()> {
    let (here, first) = (std::process::id(), *WORKER.get_or_init(std::process::id));
    if here == first {
        return Ok(());
    }
    let reason =
        format!("process {here} was forked from process {first}, which has worked on a store: a fork can only ask");
    let hint = "start it without a fork: multiprocessing.get_context(\"spawn\"), or for DataLoader multiprocessing_context=\"spawn\"";
    Err(said(py, reason, Some(hint)))
}
