//! One array of many facts, with the id, the language and the prompt of each.

use kndb_storage::Entry;

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Source;
use crate::options::Options;
use crate::source::array::{Array, share_of};
use crate::source::ids::repeated;
use crate::source::tensor::{Key, dense};

/// One array of many facts, with the key of each.
pub(crate) struct Stack {
    array: Array,
    keys: std::vec::IntoIter<Key>,
}

impl Stack {
    /// An array and its facts' keys, of which there must be one a fact, none twice.
    pub fn new(array: Array, keys: Vec<Key>) -> Result<Self, ImportError> {
        let facts = array.arrangement.facts();
        if keys.len() as u64 != facts {
            return Err(ImportError::Unexpected {
                at: array.file.at(Place::Tensor { name: array.name.clone(), index: None }),
                found: format!("{} fact ids for {facts} facts", keys.len()),
                expected: "one id a fact".to_owned(),
            });
        }
        if let Some((first, second, key)) = repeated(&keys) {
            return Err(ImportError::DuplicateFact {
                at: array.file.at(array.place(second)),
                fact: key.fact.clone(),
                first: array.place(first),
            });
        }
        Ok(Self { array, keys: keys.into_iter() })
    }
}

impl Source for Stack {
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError> {
        let Some(key) = self.keys.next() else {
            return Ok(None);
        };
        let index = self.array.next;
        let scores = self.array.next_scores()?;
        let array = &self.array;
        dense(key, scores, array.shape, || array.file.at(array.place(index))).map(Some)
    }

    fn bytes_read(&self) -> u64 {
        share_of(self.array.file.len(), self.array.next, self.array.arrangement.facts())
    }

    fn duplicates(&self) -> u64 {
        0
    }

    fn place(&self) -> String {
        self.array.file.at(self.array.place(self.array.next)).to_string()
    }
}

/// Keys of an array's facts: ids, and a language and a prompt for each where the file has them.
pub(crate) fn keys(
    ids: Vec<String>,
    languages: Option<Vec<String>>,
    prompts: Option<Vec<u16>>,
    options: &Options,
    mismatch: impl Fn(&str, usize, usize) -> ImportError,
) -> Result<Vec<Key>, ImportError> {
    let facts = ids.len();
    let languages = languages.unwrap_or_else(|| vec![options.language.clone(); facts]);
    let prompts = prompts.unwrap_or_else(|| vec![options.prompt; facts]);
    if languages.len() != facts {
        return Err(mismatch("languages", languages.len(), facts));
    }
    if prompts.len() != facts {
        return Err(mismatch("prompts", prompts.len(), facts));
    }
    let parts = ids.into_iter().zip(languages).zip(prompts);
    Ok(parts.map(|((fact, language), prompt)| Key { fact, language, prompt }).collect())
}

/// The error for [`keys`]: a list of other length than the ids.
pub(crate) fn lengths_differ(file: &Mapped, name: &str, found: usize, facts: usize) -> ImportError {
    ImportError::Unexpected {
        at: file.at(Place::Tensor { name: name.to_owned(), index: None }),
        found: format!("{found} {name}"),
        expected: format!("{facts}, one for each fact"),
    }
}

/// The error of an array of several facts whose ids nothing gives.
pub(crate) fn ids_missing(file: &Mapped, name: &str, facts: u64, where_they_go: &str) -> ImportError {
    ImportError::Unexpected {
        at: file.at(Place::Tensor { name: name.to_owned(), index: None }),
        found: format!("scores of {facts} facts without their ids"),
        expected: format!("the facts' ids, in order, {where_they_go}"),
    }
}
