//! What a user names as input — files, folders, globs — as a sorted list of files.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::bytes::foreign::ASK_MODEL;
use crate::error::{ImportError, Location, Place};
use crate::format;
use crate::source::ids::beside;

/// Why a list of ids is not read.
const LONE_LIST: &str = "a list of ids without its file";

/// A file to import.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in nanoseconds since 1970.
    pub modified: u128,
    /// How many of the path's last folders were chosen by whoever named the file, so that a folder `zh` among
    /// them is a language: those below a folder that was given, and that folder; of a file, the one it is in.
    pub folders: usize,
}

impl Input {
    /// A single file.
    pub fn of_file(path: &Path) -> Result<Self, ImportError> {
        let io = |source| ImportError::Io { file: path.to_owned(), doing: "read", source };
        let metadata = fs::metadata(path).map_err(io)?;
        must_be_a_file(path, &metadata)?;
        let modified = metadata.modified().map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            size: metadata.len(),
            modified: modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()),
            folders: 1,
        })
    }
}

/// An error for a pipe or a device: what comes out of it has no end, or comes once, and files are read twice.
pub(crate) fn must_be_a_file(path: &Path, metadata: &fs::Metadata) -> Result<(), ImportError> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = if metadata.is_dir() { "a folder" } else { "a pipe or a device" };
    Err(ImportError::Unexpected {
        at: Box::new(Location { file: path.to_owned(), place: Place::File }),
        found: found.to_owned(),
        expected: "a file; write what comes out of it into one first".to_owned(),
    })
}

/// What paths, folders and globs stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The files to read, sorted, each once.
    pub inputs: Vec<Input>,
    /// What is in the folders and is not read, with the reason.
    pub passed_over: Vec<(PathBuf, &'static str)>,
}

/// The files that paths, folders and globs stand for, sorted, each once.
///
/// A folder stands for the files below it with an extension of a known format, except lists of ids
/// (`*.ids.txt`, `*.ids.json`) and hidden files. A path that exists is never taken for a glob.
pub fn expand(patterns: &[String]) -> Result<Vec<Input>, ImportError> {
    expand_all(patterns).map(|expanded| expanded.inputs)
}

/// [`expand`], with what lies in the folders and is not read.
pub fn expand_all(patterns: &[String]) -> Result<Expanded, ImportError> {
    let mut expanded = Expanded::default();
    for pattern in patterns {
        let path = Path::new(pattern);
        let before = expanded.inputs.len();
        if path.exists() {
            add(path, 1, &mut expanded)?;
        } else {
            let paths = glob::glob(pattern)
                .map_err(|error| ImportError::BadPattern { pattern: pattern.clone(), problem: error.to_string() })?;
            for path in paths {
                let path = path.map_err(|error| ImportError::Io {
                    file: error.path().to_owned(),
                    doing: "read",
                    source: error.into(),
                })?;
                let folders = 1.max(chosen_by_glob(pattern));
                add(&path, if path.is_dir() { folders + 1 } else { folders }, &mut expanded)?;
            }
        }
        if !path.exists() && !pattern.contains(['*', '?', '[']) {
            return Err(ImportError::NothingMatched {
                pattern: pattern.clone(),
                expected: "a file or folder of that name, and there is none; paths count from the current folder"
                    .to_owned(),
            });
        }
        if expanded.inputs.len() == before {
            // A folder of `.pt`, for instance: each is told for what it is, as it would be by itself.
            for (file, _) in expanded.passed_over.iter().filter(|(file, _)| file.starts_with(path) && file.is_file()) {
                format::must_be_known(file)?;
            }
            return Err(ImportError::NothingMatched {
                pattern: pattern.clone(),
                expected: format!(
                    "a file, a folder with files that end in {}, or a glob that matches such files",
                    extensions().map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(", ")
                ),
            });
        }
    }
    // A file that is given and also lies in a folder that is given keeps the most that is known of it.
    expanded.inputs.sort_by(|a, b| a.path.cmp(&b.path).then(b.folders.cmp(&a.folders)));
    expanded.inputs.dedup_by(|later, first| later.path == first.path);
    expanded.passed_over.sort();
    expanded.passed_over.dedup();
    let lists: HashSet<PathBuf> = expanded.inputs.iter().flat_map(|input| beside(&input.path)).collect();
    let given = |path: &PathBuf| expanded.inputs.binary_search_by(|input| input.path.cmp(path)).is_ok();
    let read = |path: &PathBuf| lists.contains(path) || given(path);
    expanded.passed_over.retain(|(path, _)| !read(path));
    Ok(expanded)
}

/// How many of the folders in a glob's matches the glob leaves open: `scores/*/x.npy` one.
fn chosen_by_glob(pattern: &str) -> usize {
    let parts: Vec<_> = Path::new(pattern).components().collect();
    let open = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let first = parts.iter().position(open).unwrap_or(parts.len());
    parts.len().saturating_sub(first + 1)
}

/// Extensions of all formats, each once.
fn extensions() -> impl Iterator<Item = &'static str> {
    let mut all: Vec<_> = format::all().iter().flat_map(|format| format.extensions()).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

/// Whether a folder is a model's, as Hugging Face saves it.
fn is_model(folder: &Path) -> bool {
    const WEIGHTS: [&str; 4] =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];
    folder.join("config.json").is_file() && WEIGHTS.iter().any(|name| folder.join(name).exists())
}

/// Adds a file, or those of a folder; `folders` is for files right in it.
fn add(path: &Path, folders: usize, expanded: &mut Expanded) -> Result<(), ImportError> {
    if !path.is_dir() {
        expanded.inputs.push(Input { folders, ..Input::of_file(path)? });
        return Ok(());
    }
    if is_model(path) {
        return Err(ImportError::Foreign {
            file: path.to_owned(),
            what: "the folder of a model, not of scores",
            instead: ASK_MODEL,
        });
    }
    let mut entries = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(|source| ImportError::Io { file: path.to_owned(), doing: "list", source })?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_dir = entry.is_dir();
        let why_not = if name.starts_with('.') {
            Some("hidden")
        } else if is_dir && entry.is_symlink() {
            // A linked folder may lead back to one of its parents.
            Some("a link to a folder")
        } else if name.ends_with(".ids.txt") || name.ends_with(".ids.json") {
            // Read with the file that it belongs to, if there is one.
            Some(LONE_LIST)
        } else if !is_dir && !format::is_of_a_format(&name) {
            Some("no format reads it")
        } else {
            None
        };
        match why_not {
            Some(why_not) => expanded.passed_over.push((entry, why_not)),
            None => add(&entry, if is_dir { folders + 1 } else { folders }, expanded)?,
        }
    }
    Ok(())
}
