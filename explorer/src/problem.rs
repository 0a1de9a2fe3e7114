//! What goes wrong with a request: a status, a sentence, and what to do.

use axum::http::StatusCode;
use kndb_query::{ErrorKind, QueryError};

/// Result of a page.
pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

/// Why a request is not answered as it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Nothing is at the address: a page that is not there, a fact or a run that the store does not have.
    #[error("{found}")]
    NotFound {
        /// A sentence: what was asked for, and what there is.
        found: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A parameter of the address that cannot be used.
    #[error("found {name}={found:?}, expected {expected}")]
    Parameter {
        /// Its name.
        name: String,
        /// As it was given.
        found: String,
        /// What it can be.
        expected: String,
    },
    /// An address that cannot be read.
    #[error("found {found} in the address, expected {expected}")]
    Address {
        /// What is wrong.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A statement that is refused, or failed.
    #[error("{error}")]
    Query {
        /// Its text: spans of the error point into it.
        statement: String,
        /// What the query library says.
        error: Box<QueryError>,
    },
    /// A statement that would change something.
    #[error("`{word}` changes {what}, and the explorer changes nothing")]
    Writes {
        /// Its text.
        statement: String,
        /// The word of the language.
        word: &'static str,
        /// What it would change.
        what: &'static str,
        /// What to do instead.
        instead: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
    /// A figure cannot be drawn.
    #[error("{0}")]
    Figure(kndb_report::Error),
    /// It took longer than it may.
    #[error(
        "the answer took longer than {seconds} seconds and was ended; nothing of it is shown, because it would not be all"
    )]
    TooLong {
        /// As long as it may.
        seconds: u64,
    },
    /// Others are answered, and nobody was done in time.
    #[error("the explorer is busy with {others} other questions; ask again in some seconds")]
    Busy {
        /// How many are answered at once.
        others: usize,
    },
    /// The server was asked to end.
    #[error("the explorer is being ended")]
    Ending,
    /// A panic.
    #[error("this page failed by a panic, which is a bug in kndb; the server goes on")]
    Bug,
}

impl Problem {
    pub(crate) fn not_found(found: impl Into<String>) -> Self {
        Self::NotFound { found: found.into(), hint: None }
    }

    pub(crate) fn parameter(name: &str, found: &str, expected: impl Into<String>) -> Self {
        // One of a megabyte says no more than its begin.
        let found = found.chars().take(200).collect();
        Self::Parameter { name: name.to_owned(), found, expected: expected.into() }
    }

    pub(crate) fn query(statement: &str, error: QueryError) -> Self {
        Self::Query { statement: statement.to_owned(), error: Box::new(error) }
    }

    /// The status that says it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Parameter { .. } | Self::Address { .. } => StatusCode::BAD_REQUEST,
            Self::Writes { .. } => StatusCode::FORBIDDEN,
            Self::Query { error, .. } => of_query(error.kind),
            Self::Figure(kndb_report::Error::Query { error, .. }) => of_query(error.kind),
            Self::Figure(kndb_report::Error::Storage(_)) | Self::Storage(_) | Self::Bug => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Figure(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLong { .. } | Self::Busy { .. } | Self::Ending => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// One word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Parameter { .. } | Self::Address { .. } => "address",
            Self::Writes { .. } => "writes",
            Self::Query { error, .. } => code_of(error.kind),
            Self::Figure(_) => "figure",
            Self::Storage(_) => "storage",
            Self::TooLong { .. } => "too-long",
            Self::Busy { .. } => "busy",
            Self::Ending => "ending",
            Self::Bug => "bug",
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { hint, .. } => hint.clone(),
            Self::Writes { instead, .. } => Some(instead.clone()),
            Self::Query { error, .. } => error.hint.clone(),
            Self::TooLong { .. } => {
                Some("ask for less at a time, or on the command line: `kndb query`, which nothing ends".into())
            }
            _ => None,
        }
    }

    /// The statement that it is about.
    pub(crate) fn statement(&self) -> Option<&str> {
        match self {
            Self::Query { statement, .. } | Self::Writes { statement, .. } => Some(statement),
            Self::Figure(kndb_report::Error::Query { statement, .. }) => Some(statement),
            _ => None,
        }
    }

    /// The error that points into the statement.
    pub(crate) fn query_error(&self) -> Option<&QueryError> {
        match self {
            Self::Query { error, .. } | Self::Figure(kndb_report::Error::Query { error, .. }) => Some(error),
            _ => None,
        }
    }
}

impl From<kndb_report::Error> for Problem {
    fn from(error: kndb_report::Error) -> Self {
        match error {
            kndb_report::Error::Query { statement, error } => Self::Query { statement, error },
            kndb_report::Error::Storage(error) => Self::Storage(error),
            other => Self::Figure(other),
        }
    }
}

fn of_query(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Syntax | ErrorKind::Name | ErrorKind::Kind => StatusCode::BAD_REQUEST,
        ErrorKind::Missing => StatusCode::NOT_FOUND,
        ErrorKind::Memory => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn code_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Syntax => "syntax",
        ErrorKind::Name => "name",
        ErrorKind::Kind => "kind",
        ErrorKind::Missing => "missing",
        ErrorKind::Memory => "memory",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::Storage => "storage",
        ErrorKind::Output => "output",
        _ => "bug",
    }
}
