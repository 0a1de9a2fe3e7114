//! What a user names as input — files, folders, globs — as a sorted list of files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::error::ImportError;
use crate::format;

/// A file to import.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in nanoseconds since 1970.
    pub modified: u128,
}

impl Input {
    /// A single file.
    pub fn of_file(path: &Path) -> Result<Self, ImportError> {
        let io = |source| ImportError::Io { file: path.to_owned(), doing: "read", source };
        let metadata = fs::metadata(path).map_err(io)?;
        let modified = metadata.modified().map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            size: metadata.len(),
            modified: modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()),
        })
    }
}

/// The files that paths, folders and globs stand for, sorted, each once.
///
/// A folder stands for the files below it with an extension of a known format, except lists of ids
/// (`*.ids.txt`, `*.ids.json`) and hidden files. A path that exists is never taken for a glob.
pub fn expand(patterns: &[String]) -> Result<Vec<Input>, ImportError> {
    let mut inputs = Vec::new();
    for pattern in patterns {
        let path = Path::new(pattern);
        let before = inputs.len();
        if path.exists() {
            add(path, &mut inputs)?;
        } else {
            let paths = glob::glob(pattern)
                .map_err(|error| ImportError::BadPattern { pattern: pattern.clone(), problem: error.to_string() })?;
            for path in paths {
                let path = path.map_err(|error| ImportError::Io {
                    file: error.path().to_owned(),
                    doing: "read",
                    source: error.into(),
                })?;
                add(&path, &mut inputs)?;
            }
        }
        if inputs.len() == before {
            return Err(ImportError::NothingMatched {
                pattern: pattern.clone(),
                expected: format!(
                    "a file, a folder with files that end in {}, or a glob that matches such files",
                    extensions().map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(", ")
                ),
            });
        }
    }
    inputs.sort();
    inputs.dedup();
    Ok(inputs)
}

/// Extensions of all formats, each once.
fn extensions() -> impl Iterator<Item = &'static str> {
    let mut all: Vec<_> = format::all().iter().flat_map(|format| format.extensions()).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

fn add(path: &Path, inputs: &mut Vec<Input>) -> Result<(), ImportError> {
    if !path.is_dir() {
        inputs.push(Input::of_file(path)?);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(|source| ImportError::Io { file: path.to_owned(), doing: "list", source })?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_ids = name.ends_with(".ids.txt") || name.ends_with(".ids.json");
        let known = Path::new(&name).extension().is_some_and(|found| extensions().any(|known| found == known));
        let is_dir = entry.is_dir();
        // A linked folder may lead back to one of its parents.
        let looped = is_dir && entry.is_symlink();
        if !name.starts_with('.') && !looped && (is_dir || (known && !is_ids)) {
            add(&entry, inputs)?;
        }
    }
    Ok(())
}
