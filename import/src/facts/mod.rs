//! Facts, templates and candidate lists: mLAMA, LAMA T-REx and ParaRel, one row at a time.
//!
//! [`open`] takes a file or a folder, finds out which of the data sets it is, and gives a
//! [`FactsReader`]. Not for scores: those are read by [`crate::open`].

mod layout;
mod lines;
mod names_file;

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};

use kndb_storage::{CandidatesRow, FactRow, TemplateRow};

use crate::error::ImportError;
use lines::RowReader;

pub use names_file::read_names;

/// The data sets facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactsFormat {
    /// mLAMA: `{lang}/{relation}.jsonl` and `{lang}/templates.jsonl`; a folder of languages, one
    /// language or one file. A folder `TREx_multilingual_objects` holds candidates.
    Mlama,
    /// LAMA T-REx: `{relation}.jsonl` with `predicate_id`, templates in `relations.jsonl`.
    Lama,
    /// ParaRel: `{relation}.jsonl` with one `pattern` a line.
    Pararel,
}

impl FactsFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mlama, Self::Lama, Self::Pararel];

    /// Name, as an option gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlama => "mlama",
            Self::Lama => "lama",
            Self::Pararel => "pararel",
        }
    }

    /// The data set of a name.
    pub fn by_name(name: &str) -> Result<Self, ImportError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| ImportError::UnknownFormatName { name: name.to_owned(), known: Self::known() })
    }

    fn known() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for FactsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How to read facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsOptions {
    /// The data set; `None` looks at the files.
    pub format: Option<FactsFormat>,
    /// Language of the rows. `None`: the folder's name for mLAMA, `en` for LAMA and ParaRel.
    pub language: Option<String>,
}

/// One thing a facts file says.
#[derive(Clone, Debug, PartialEq)]
pub enum FactsItem {
    /// A fact's labels in one language.
    Fact(FactRow),
    /// A prompt template.
    Template(TemplateRow),
    /// Candidate subjects and objects of a relation in one language.
    Candidates(CandidatesRow),
}

/// What the lines of a facts file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `sub_label`, `obj_label`, `uuid`, … of the relation of the file's name or of `predicate_id`.
    Facts,
    /// `relation` and `template`.
    Templates,
    /// `pattern`, of the relation of the file's name.
    Patterns,
    /// One JSON object `{relation: {subjects, objects}}`.
    Candidates,
}

/// A file of facts and how to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FactsFile {
    path: PathBuf,
    size: u64,
    kind: Kind,
    /// Relation of rows that do not name theirs.
    relation: String,
    language: String,
}

/// Opens a file or folder of facts.
pub fn open(path: &Path, options: &FactsOptions) -> Result<FactsReader, ImportError> {
    let (format, files) = layout::files(path, options)?;
    let bytes_total = files.iter().map(|file| file.size).sum();
    let files = files.into();
    Ok(FactsReader { format, files, current: None, bytes_total, bytes_done: 0, failed: false })
}

/// The rows of a facts file or folder, file by file in the order of their names.
pub struct FactsReader {
    format: FactsFormat,
    files: VecDeque<FactsFile>,
    current: Option<RowReader>,
    bytes_total: u64,
    bytes_done: u64,
    failed: bool,
}

impl FactsReader {
    /// The data set that is read.
    pub fn format(&self) -> FactsFormat {
        self.format
    }

    /// Bytes of all its files.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total
    }

    /// Bytes dealt with so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_done + self.current.as_ref().map_or(0, RowReader::bytes_read)
    }

    /// Where the reader is, for progress and messages.
    pub fn place(&self) -> String {
        self.current.as_ref().map_or_else(|| "the end".to_owned(), RowReader::place)
    }

    fn advance(&mut self) -> Result<Option<FactsItem>, ImportError> {
        loop {
            if let Some(reader) = &mut self.current {
                if let Some(item) = reader.next_item()? {
                    return Ok(Some(item));
                }
                self.bytes_done += reader.bytes_read();
            }
            let Some(file) = self.files.pop_front() else {
                self.current = None;
                return Ok(None);
            };
            self.current = Some(RowReader::open(file)?);
        }
    }
}

impl Iterator for FactsReader {
    type Item = Result<FactsItem, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.advance().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}
