//! The immutable files of a store: envelope, building, mapping, fsync, removal.

pub(crate) mod building;
pub(crate) mod container;
pub(crate) mod disk;
pub(crate) mod durable;
pub(crate) mod fresh;
pub(crate) mod garbage;
pub(crate) mod history;
pub(crate) mod manifest;
pub(crate) mod mapped;

use crate::ids::FileId;
use std::path::{Path, PathBuf};

pub(crate) const SEGMENT: &str = "seg";
pub(crate) const DICTIONARY: &str = "dict";
pub(crate) const SET: &str = "set";

/// The path of an immutable file of the store.
pub(crate) fn file_path(folder: &Path, file: FileId, extension: &str) -> PathBuf {
    folder.join("files").join(format!("{:010}.{extension}", file.0))
}
