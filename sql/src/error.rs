//! What goes wrong with an SQL statement.

use datafusion::error::DataFusionError;
use kndb_export::ExportError;
use kndb_query::QueryError;
use std::error::Error;

/// Result of this crate.
pub type Result<T, E = SqlError> = std::result::Result<T, E>;

/// Why an SQL statement ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The text is no SQL, names what is not there, or asks for what cannot be done.
    #[error("{reason}")]
    Statement {
        /// What is wrong, in DataFusion's words.
        reason: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
    /// A statement of kndb's own language, within an SQL statement, is wrong.
    #[error("{error}")]
    Query {
        /// What is wrong.
        error: Box<QueryError>,
        /// The statement, of which the error points at a place.
        text: String,
    },
    /// The store is damaged, or the system refused.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// More memory would be needed than it may take.
    #[error("the statement needs more memory than it may take: {reason}")]
    Memory {
        /// What needed it.
        reason: String,
    },
}

impl SqlError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Statement { hint, .. } => hint.as_deref(),
            Self::Query { error, .. } => error.hint.as_deref(),
            Self::Memory { .. } => Some("--memory gives it more; fewer rows or columns, or an aggregate, need less"),
            _ => None,
        }
    }

    pub(crate) fn statement(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Statement { reason: reason.into(), hint: Some(hint.into()) }
    }
}

impl From<ExportError> for SqlError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Storage(error) => Self::Storage(error),
            ExportError::Stopped => Self::Interrupted,
            other => Self::Statement { reason: other.to_string(), hint: None },
        }
    }
}

impl From<SqlError> for DataFusionError {
    fn from(error: SqlError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        let reason = told(&error);
        match taken_out(error) {
            Ok(ours) => ours,
            Err(error) if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) => {
                Self::Memory { reason: short(&reason) }
            }
            Err(_) => Self::Statement { hint: hint(&reason), reason },
        }
    }
}

/// An error of this crate that DataFusion has wrapped.
fn taken_out(error: DataFusionError) -> Result<SqlError, DataFusionError> {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<SqlError>() {
            Ok(ours) => Ok(*ours),
            Err(inner) => match inner.downcast::<DataFusionError>() {
                Ok(inner) => taken_out(*inner),
                Err(inner) => Err(DataFusionError::External(inner)),
            },
        },
        DataFusionError::ArrowError(arrow, trace) => match *arrow {
            datafusion::arrow::error::ArrowError::ExternalError(inner) => taken_out(DataFusionError::External(inner)),
            other => Err(DataFusionError::ArrowError(Box::new(other), trace)),
        },
        DataFusionError::Context(text, inner) => {
            taken_out(*inner).map_err(|inner| DataFusionError::Context(text, Box::new(inner)))
        }
        DataFusionError::Diagnostic(about, inner) => {
            taken_out(*inner).map_err(|inner| DataFusionError::Diagnostic(about, Box::new(inner)))
        }
        DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
            Ok(inner) => taken_out(inner),
            Err(inner) => Err(DataFusionError::Shared(inner)),
        },
        other => Err(other),
    }
}

/// DataFusion's words, without the names of its parts and traces of its own code.
fn told(error: &DataFusionError) -> String {
    let mut root: &dyn Error = error;
    while let Some(DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner)) =
        root.downcast_ref::<DataFusionError>()
    {
        root = inner.as_ref();
    }
    let all = root.to_string();
    let text = all.split("\n\nbacktrace:").next().unwrap_or_default();
    let mut text = text.trim();
    for part in [
        "Error during planning: ",
        "This feature is not implemented: ",
        "Schema error: ",
        "SQL error: ",
        "Execution error: ",
        "Arrow error: ",
    ] {
        text = text.strip_prefix(part).unwrap_or(text);
    }
    let text = text.strip_prefix("ParserError(\"").and_then(|text| text.strip_suffix("\")")).unwrap_or(text);
    if text.contains("only supports a single SQL statement") {
        return "found several statements, expected one statement at a time".to_owned();
    }
    text.replace("\\\"", "\"").trim().to_owned()
}

/// The first sentence, of what names parts of the engine.
fn short(reason: &str) -> String {
    let first = reason.split(['\n']).next().unwrap_or_default();
    first.split(" with top memory consumers").next().unwrap_or_default().to_owned()
}

/// What to do about the mistakes that are made most.
fn hint(reason: &str) -> Option<String> {
    let of_tables = reason.contains("table '") && reason.contains("not found");
    if of_tables {
        return Some("`show tables` lists what there is; `kndb('…')` asks in kndb's own language".to_owned());
    }
    if reason.contains("No field named") {
        return Some(
            "`describe TABLE` lists the columns of a table; texts stand in '…', names with capitals or signs in \"…\""
                .to_owned(),
        );
    }
    if reason.contains("Conflicting types for id") {
        return Some("of columns of two types each takes a parameter with a name of its own".to_owned());
    }
    let writes = reason.contains("not implemented for this table") || reason.contains("not supported for Base table");
    writes.then(|| "SQL only reads: `kndb import` and `kndb facts` write".to_owned())
}
