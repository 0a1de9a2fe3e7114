//! Errors made, and what they have in common: a full disk, no leave to write.

use super::Error;
use crate::files::container::{FORMAT_VERSION, OLDEST_FORMAT};
use std::path::Path;

impl Error {
    /// Whether the disk, or what this user may have of it, is full.
    pub fn is_full_disk(&self) -> bool {
        let full = |e: &std::io::Error| {
            matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        };
        match self {
            Self::Io { source, .. } | Self::Sled { source: sled::Error::Io(source), .. } => full(source),
            Self::Unpublished { source, .. } | Self::AfterCommit { source } => source.is_full_disk(),
            _ => false,
        }
    }

    /// Whether this process has no leave to write where it would have had to.
    pub fn is_not_writable(&self) -> bool {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        match self {
            // Whoever may not read is told so by the system's words: here is only what asks for more.
            Self::Io { action, source, .. } => {
                source.kind() == ReadOnlyFilesystem
                    || source.kind() == PermissionDenied && matches!(*action, "create" | "write" | "claim")
            }
            Self::Sled { source: sled::Error::Io(source), .. } => {
                matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem)
            }
            Self::Unpublished { source, .. } | Self::AfterCommit { source } => source.is_not_writable(),
            _ => false,
        }
    }

    /// An error of what was only to follow a commit.
    pub(crate) fn after_commit(self) -> Self {
        Self::AfterCommit { source: Box::new(self) }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn format_version(path: &Path, found: u32) -> Self {
        Self::FormatVersion { path: path.to_owned(), found, oldest: OLDEST_FORMAT, newest: FORMAT_VERSION }
    }

    /// The same, with what the damaged place belongs to said first.
    pub(crate) fn in_place_of(self, owner: &str) -> Self {
        match self {
            Self::Corrupt { path, place, found, expected } => {
                Self::Corrupt { path, place: format!("{owner}, {place}"), found, expected }
            }
            other => other,
        }
    }

    pub(crate) fn corrupt(
        path: &Path,
        place: impl Into<String>,
        found: impl ToString,
        expected: impl ToString,
    ) -> Self {
        Self::Corrupt {
            path: path.to_owned(),
            place: place.into(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }
}
