//! The language of a file: as given, by a folder's or the file's name, or by its data set.

use std::path::Path;

use kndb_storage::language;

use super::kind::Rows;
use super::place::Place;
use super::understood::LanguageSource;
use super::{FactsFormat, FactsOptions};
use crate::error::ImportError;
use crate::source::folders::hint_of_name;

/// A language and what said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub code: String,
    pub source: LanguageSource,
    /// What said it, for messages: the folder `zh`.
    by: String,
}

impl Spoken {
    pub fn new(code: &str, source: LanguageSource, by: String) -> Self {
        Self { code: language::canonical(code).into_owned(), source, by }
    }

    /// The folder `zh` says `zh`.
    pub fn said(&self) -> String {
        format!("{} says `{}`", self.by, self.code)
    }
}

/// The language of a file below `root`; `None` where nothing says it, or only its rows do.
pub(super) fn of_file(
    root: &Path,
    path: &Path,
    rows: &Rows,
    format: FactsFormat,
    options: &FactsOptions,
) -> Result<Option<Spoken>, ImportError> {
    let given = match &options.language {
        Some(text) => Some(given(path, text)?),
        None => None,
    };
    let (found, unsure) = Place::of(root, path).language(rows, given.is_none())?;
    match (given, found) {
        (Some(given), Some(found)) if given.code != found.code => return Err(differ(path, &given, &found)),
        (Some(said), _) | (None, Some(said)) => return Ok(Some(said)),
        (None, None) => {}
    }
    // A name that may be a language's keeps an English data set from being taken for English.
    let hint = unsure.or_else(|| hint_of_name(path).filter(|_| format.is_english()));
    match hint {
        Some(_) if rows.say_language() => Ok(None),
        Some(hint) => {
            let found = format!("nothing says it for sure, but {hint}");
            Err(ImportError::NoLanguage { path: path.to_owned(), found })
        }
        None if format.is_english() => {
            Ok(Some(Spoken::new("en", LanguageSource::DataSet, format!("the data set {format}"))))
        }
        None => Ok(None),
    }
}

/// Whether a folder's or a file's name says a language.
pub(super) fn is_said(root: &Path, path: &Path, rows: &Rows) -> Result<bool, ImportError> {
    Ok(Place::of(root, path).language(rows, false)?.0.is_some())
}

/// No source says the language.
pub(super) fn missing(path: &Path, format: FactsFormat) -> ImportError {
    let folder = path.canonicalize().ok().and_then(|path| Some(path.parent()?.file_name()?.to_owned()));
    let found = folder.map_or_else(String::new, |name| {
        let name = name.to_string_lossy();
        match language::named(&name) {
            Some(code) => format!(", and its folder `{name}` is not a code, which is `{code}`"),
            None => format!(", and its folder `{name}` is no language"),
        }
    });
    ImportError::NoLanguage { path: path.to_owned(), found: format!("{format} has many languages{found}") }
}

fn given(path: &Path, text: &str) -> Result<Spoken, ImportError> {
    let code = language::parse(text).map_err(|wrong| ImportError::NoLanguage {
        path: path.to_owned(),
        found: format!("the language that was given cannot be read: {wrong}"),
    })?;
    Ok(Spoken::new(&code, LanguageSource::Given, "the language that was given".to_owned()))
}

pub(super) fn differ(path: &Path, one: &Spoken, other: &Spoken) -> ImportError {
    ImportError::TwoLanguages { path: path.to_owned(), one: one.said(), other: other.said() }
}
