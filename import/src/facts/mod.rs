//! Facts, templates, candidate lists and names of relations, one row at a time.
//!
//! [`open`] takes a file or a folder, finds out which of the data sets of [`FactsFormat`] it is, and gives a
//! [`FactsReader`]. Not for scores: those are read by [`crate::open`].
//!
//! | module | what it keeps |
//! |---|---|
//! | `walk`, `kind`, `layout` | which files there are, what their rows are, which data set they make |
//! | `language`, `place` | who says the language of a file |
//! | `records`, `row` | JSON objects of a file, their fields and what is wrong with them |
//! | `repeats` | rows that say a fact twice |
//! | `rows` | what the rows of each data set mean, a file each |
//! | [`Understood`] | what all of it was taken for |

mod format;
mod id;
mod kind;
mod language;
mod layout;
mod names_file;
mod near;
mod place;
mod problem;
mod reader;
mod records;
mod repeats;
mod row;
mod rows;
mod understood;
mod walk;

use kndb_storage::{CandidatesRow, FactRow, RelationNameRow, TemplateRow};

pub use format::FactsFormat;
pub use id::fact_id;
pub use names_file::read_names;
pub use reader::{FactsReader, open};
pub(crate) use rows::is_wikidata;
pub use understood::{LanguageSource, NotRead, Skipped, Understood};

/// How to read facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsOptions {
    /// The data set; `None` looks at the files.
    pub format: Option<FactsFormat>,
    /// Language of the rows. `None`: as the data set says it, by the name of a folder or of a file, by a
    /// field of the rows, or because it has one language only.
    pub language: Option<String>,
    /// Rows that cannot be used are counted by reason instead of ending the reading.
    pub skip_invalid: bool,
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
    /// A relation's name.
    RelationName(RelationNameRow),
}
