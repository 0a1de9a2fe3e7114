//! The files of a folder, and what in it is left alone.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::understood::NotRead;
use crate::error::ImportError;

/// Folders within folders that are looked into.
const DEEPEST: usize = 16;

/// What lies at a path.
#[derive(Default)]
pub(super) struct Found {
    /// Files that may have rows: in the order of their paths, a folder's files before its folders.
    pub files: Vec<PathBuf>,
    pub not_read: Vec<NotRead>,
}

impl Found {
    /// A file, or all files below a folder.
    pub fn at(root: &Path) -> Result<Self, ImportError> {
        let mut found = Self::default();
        if root.is_dir() {
            found.folder(root, 0)?;
        } else {
            found.files.push(root.to_owned());
        }
        Ok(found)
    }

    fn leave(&mut self, path: PathBuf, why: &str) {
        self.not_read.push(NotRead { path, why: why.to_owned() });
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ImportError> {
        let io = |source| ImportError::Io { file: folder.to_owned(), doing: "list", source };
        let entries = fs::read_dir(folder).map_err(io)?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(io)?;
        paths.sort();
        let mut folders = Vec::new();
        for path in paths {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            match (path.is_dir(), path.is_symlink()) {
                _ if hidden => self.leave(path, "hidden"),
                // It may lead back to a folder above it.
                (true, true) => self.leave(path, "a link to a folder"),
                (true, false) => folders.push(path),
                (false, true) if !path.exists() => self.leave(path, "a link that leads nowhere"),
                _ if !path.is_file() => self.leave(path, "no file"),
                _ if !may_have_rows(&path) => self.leave(path, "not named as a file of facts"),
                _ => self.files.push(path),
            }
        }
        for path in folders {
            if depth == DEEPEST {
                self.leave(path, "too deep");
            } else {
                self.folder(&path, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn may_have_rows(path: &Path) -> bool {
    matches!(extension(path).as_deref(), Some("jsonl" | "ndjson" | "json" | "tsv"))
}

/// The extension in lower case, that of the content where the file is packed.
pub(super) fn extension(path: &Path) -> Option<String> {
    let unpacked = unpacked(path);
    unpacked.extension().map(|extension| extension.to_string_lossy().to_lowercase())
}

/// The name of a file without its extension, or both extensions where it is packed.
pub(super) fn stem(path: &Path) -> String {
    unpacked(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn unpacked(path: &Path) -> PathBuf {
    let packed = |extension: &OsStr| extension.eq_ignore_ascii_case("gz") || extension.eq_ignore_ascii_case("zst");
    match path.extension() {
        Some(extension) if packed(extension) => path.with_extension(""),
        _ => path.to_owned(),
    }
}
