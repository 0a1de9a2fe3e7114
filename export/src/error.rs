//! What goes wrong while a store is written out, or while what was written is read back.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T, E = ExportError> = std::result::Result<T, E>;

/// Why an export, or its way back, ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store refused, or is damaged.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
    /// The system refused.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: "create", "write".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A folder to export into that has something in it, or is none.
    #[error("cannot export into {path}: found {found}, expected a folder that is not there yet, or is empty", path = path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// A run, language or relation that the store does not have.
    #[error("there is no {what} {given:?} in the store; it has {known}")]
    Unknown {
        /// What it is: "run".
        what: &'static str,
        /// As given.
        given: String,
        /// What there is, shortened.
        known: String,
    },
    /// A format that there is not.
    #[error("there is no format {given:?}; known: {known}")]
    UnknownFormat {
        /// As given.
        given: String,
        /// Those that there are.
        known: String,
    },
    /// Something that a format cannot hold.
    #[error("{what} cannot be written as {format}: found {found}, expected {expected}")]
    Unfit {
        /// What: a run, a name.
        what: String,
        /// The format.
        format: &'static str,
        /// What was found.
        found: String,
        /// What it can hold.
        expected: String,
    },
    /// A file of an export that is not what its manifest says, or no file that an export has.
    #[error("{path}: found {found}, expected {expected}", path = path.display())]
    Differs {
        /// The file or folder.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A store that is to be filled and is not empty.
    #[error("cannot bring an export back into {path}: found {found}, expected a store that is not there yet, or is empty", path = path.display())]
    StoreNotEmpty {
        /// The store.
        path: PathBuf,
        /// What is in it.
        found: String,
    },
    /// A library that packs what is written failed.
    #[error("cannot write {path}: {reason}", path = path.display())]
    Packing {
        /// The file.
        path: PathBuf,
        /// What it says.
        reason: String,
    },
    /// Whoever asked for it asked for its end.
    #[error("stopped: nothing is left of what was written by then")]
    Stopped,
}

impl ExportError {
    /// The failure of an action on a file.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// A file that is not what it should be.
    pub(crate) fn differs(path: &Path, found: impl ToString, expected: impl ToString) -> Self {
        Self::Differs { path: path.to_owned(), found: found.to_string(), expected: expected.to_string() }
    }

    /// What a library says about writing a file; the system's own answer where it was that.
    pub(crate) fn writing<E: std::error::Error + 'static>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |error| {
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(at) = cause {
                if let Some(io) = at.downcast_ref::<io::Error>() {
                    let source = io
                        .raw_os_error()
                        .map_or_else(|| io::Error::new(io.kind(), io.to_string()), io::Error::from_raw_os_error);
                    return Self::Io { doing: "write", path, source };
                }
                cause = at.source();
            }
            Self::Packing { path, reason: error.to_string() }
        }
    }

    /// Whether the disk is full.
    pub fn is_full_disk(&self) -> bool {
        match self {
            Self::Io { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Storage(error) => error.is_full_disk(),
            _ => false,
        }
    }
}
