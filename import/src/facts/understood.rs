//! What a reader of facts took its files for, so that a person can check it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// Where the language of labels and templates was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LanguageSource {
    /// By the user.
    Given,
    /// A field `lang` or `language` of the rows.
    Field,
    /// The name of a folder: `zh`, `lang=zh`.
    Folder,
    /// The name of the file: `zh.tsv`.
    File,
    /// Nowhere: the data set is English.
    DataSet,
}

impl fmt::Display for LanguageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "as given",
            Self::Field => "by the rows",
            Self::Folder => "by the folder's name",
            Self::File => "by the file's name",
            Self::DataSet => "by default: the data set is English",
        })
    }
}

/// A file, folder or link that was left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// What.
    pub path: PathBuf,
    /// Why, as a phrase.
    pub why: String,
}

/// Rows that were passed over for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub rows: u64,
    /// What is said of the first of them, with its place.
    pub first: String,
}

/// What was understood of a file or folder of facts. Complete once all rows are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// Files with rows.
    pub files: u64,
    /// Languages with what said so.
    pub languages: BTreeMap<String, BTreeSet<LanguageSource>>,
    /// Facts whose id was computed, because the rows have none.
    pub computed_ids: u64,
    /// Fields of rows that nothing was taken from.
    pub unused_fields: BTreeSet<String>,
    /// Folders `key=value` on the way to the files that nothing was taken from.
    pub unused_folders: BTreeSet<String>,
    /// What the data set says and a store has no place for, or says is not true: number by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Invalid rows that were passed over, by reason.
    pub skipped: BTreeMap<String, Skipped>,
    /// Files, folders and links that were not read.
    pub not_read: Vec<NotRead>,
}

impl Understood {
    pub(super) fn language(&mut self, language: &str, source: LanguageSource) {
        match self.languages.get_mut(language) {
            Some(sources) => {
                sources.insert(source);
            }
            None => {
                self.languages.insert(language.to_owned(), BTreeSet::from([source]));
            }
        }
    }

    pub(super) fn leave_out(&mut self, what: &'static str, number: u64) {
        if number > 0 {
            *self.left_out.entry(what).or_default() += number;
        }
    }
}
