//! What is wrong with a row, cheap enough to be made for each of a million.

use crate::error::ImportError;
use crate::json::parse_error;
use crate::mapped::Mapped;

/// Why a row gives nothing.
pub(super) enum Problem {
    /// It says something that cannot be used.
    Row {
        /// What, without anything that differs from row to row: rows are counted by it.
        reason: String,
        /// Rest of the sentence: what was found, what was expected.
        rest: String,
        /// Where, in bytes from the start of the file.
        at: usize,
    },
    /// It is not JSON, of `[start, end)`.
    Json {
        start: usize,
        end: usize,
        error: serde_json::Error,
        /// How many lines or records came before it.
        complete: (u64, &'static str),
    },
    /// The file cannot be read on, whatever is passed over.
    File(ImportError),
}

impl Problem {
    /// A problem of the value that starts at a byte.
    pub fn at(at: usize, reason: impl Into<String>, rest: impl Into<String>) -> Self {
        Self::Row { reason: reason.into(), rest: rest.into(), at }
    }

    /// The reason rows are counted by; `None` if the file ends with it.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Row { reason, .. } => Some(reason.clone()),
            Self::Json { .. } => Some("not valid JSON".to_owned()),
            Self::File(_) => None,
        }
    }

    /// The same, of a file that nothing can be read of because of it.
    pub fn of_file(self, file: &Mapped) -> Self {
        match self {
            Self::Row { reason, rest, at } => {
                Self::File(ImportError::UnusableFile { at: file.at_byte(at), problem: format!("{reason}{rest}") })
            }
            other => Self::File(other.into_error(file)),
        }
    }

    /// The error, with its place.
    pub fn into_error(self, file: &Mapped) -> ImportError {
        match self {
            Self::Row { reason, rest, at } => {
                ImportError::Data { at: file.at_byte(at), problem: format!("{reason}{rest}") }
            }
            Self::Json { start, end, error, complete: (complete, unit) } => match parse_error(file, start, end, &error)
            {
                ImportError::Truncated { at, .. } => ImportError::Truncated { at, complete, unit },
                other => other,
            },
            Self::File(error) => error,
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        Self::File(error)
    }
}
