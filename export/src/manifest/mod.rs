//! The manifest of an export: a file of JSON in its folder that says what the folder holds, so that it can be checked and brought back.

mod exact;
mod run;

use crate::error::{ExportError, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(crate) use run::RunOf;

/// Its name in the folder. By this file `kndb import` knows an export.
pub const MANIFEST: &str = "kndb-export.json";
/// What its first field says.
pub(crate) const FORMAT: &str = "kndb export";
/// The version that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;
/// A manifest of more bytes is none: some hundred bytes a file.
const LARGEST: u64 = 1 << 30;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// The version of kndb that wrote it.
    pub(crate) tool: String,
    /// What the tables are written as.
    pub(crate) tables: String,
    pub(crate) store: StoreOf,
    /// Codes, in the order in which the store numbers them.
    pub(crate) languages: Vec<String>,
    /// Ids, likewise.
    pub(crate) relations: Vec<String>,
    pub(crate) runs: Vec<RunOf>,
    pub(crate) saved_sets: Vec<SavedOf>,
    /// Every other file of the folder.
    pub(crate) files: Vec<FileOf>,
}

/// The store that was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreOf {
    /// 32 hexadecimal digits; a store of format 1 has none.
    pub id: Option<String>,
    /// Format version of its files.
    pub format: u32,
    /// Whether all of it was exported, rather than some runs, languages or relations.
    pub complete: bool,
}

/// A set that was saved with `let`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedOf {
    pub name: String,
    /// The expression it was made from.
    pub text: String,
    /// `pairs`, `neurons` or `facts`.
    pub kind: String,
    /// Runs that it was made from.
    pub runs: Vec<String>,
    pub members: u64,
    /// Seconds since 1970.
    pub saved: u64,
}

/// A file of the export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileOf {
    /// From the folder, with `/`.
    pub path: String,
    /// The table whose rows it has.
    pub table: String,
    /// Of a partitioned table: run, language, relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    pub rows: u64,
    pub bytes: u64,
    /// XXH3, 64 bits, of all bytes: 16 hexadecimal digits.
    pub xxh3: String,
}

/// The folders that a file is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partition {
    pub run: String,
    pub lang: String,
    pub relation: Option<String>,
}

impl Manifest {
    /// As it is written: indented, a line feed at the end.
    pub(crate) fn to_text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads the manifest of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let bytes = std::fs::metadata(&path).map_err(ExportError::io("read", &path))?.len();
        if bytes > LARGEST {
            return Err(ExportError::differs(&path, format!("{bytes} bytes"), "the manifest of an export"));
        }
        let text = std::fs::read_to_string(&path).map_err(ExportError::io("read", &path))?;
        let damaged = |e: serde_json::Error| ExportError::differs(&path, e, "the manifest of an export");
        // What another version has is not known: its number first.
        let head: Head = serde_json::from_str(&text).map_err(damaged)?;
        if head.format != FORMAT {
            return Err(ExportError::differs(&path, format!("format {:?}", head.format), format!("{FORMAT:?}")));
        }
        if head.version != VERSION {
            let expected = format!("version {VERSION}: use the kndb that wrote it, {}", head.tool);
            return Err(ExportError::differs(&path, format!("version {}", head.version), expected));
        }
        serde_json::from_str(&text).map_err(damaged)
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
    #[serde(default)]
    tool: String,
}
