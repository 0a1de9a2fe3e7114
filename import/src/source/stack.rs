//! One array of many facts, with the id, the language and the prompt of each.

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Account, Source};
use crate::options::Options;
use crate::source::array::{Array, share_of, underflows_told};
use crate::source::given::{Given, Named, digest, place};
use crate::source::invalid::Invalid;
use crate::source::lists::Lists;
use crate::source::roles::Role;
use crate::source::seen::{Repeat, Seen};
use crate::source::tensor::dense;
use crate::source::told::{Told, ignored};

/// One array of many facts, with the key of each.
pub(crate) struct Stack {
    array: Array,
    keys: std::vec::IntoIter<Named>,
    seen: Seen,
    account: Account,
    invalid: Invalid,
}

impl Stack {
    /// An array and its facts' keys, of which there must be one a fact.
    pub fn new(array: Array, keys: Vec<Named>, told: &Told, options: &Options) -> Result<Self, ImportError> {
        let facts = array.arrangement().facts();
        if keys.len() as u64 != facts {
            return Err(ImportError::Unexpected {
                at: array.file.at(Place::Tensor { name: array.name.clone(), index: None }),
                found: format!("{} fact ids for {facts} facts", keys.len()),
                expected: "one id a fact".to_owned(),
            });
        }
        let account = told.account();
        let invalid = Invalid::new(options);
        Ok(Self { array, keys: keys.into_iter(), seen: Seen::default(), account, invalid })
    }
}

impl Source for Stack {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        loop {
            let Some(named) = self.keys.next() else {
                return Ok(None);
            };
            let index = self.array.next;
            let scores = self.array.next_scores()?;
            let array = &self.array;
            let at = || array.file.at(array.place(index));
            let given = match dense(named, scores, array.shape, at) {
                Ok(given) => given,
                Err(error) => {
                    self.invalid.note(error)?;
                    continue;
                }
            };
            match self.seen.note_digest(&place(&given.entry), digest(&given.entry), index) {
                Repeat::New => return Ok(Some(given)),
                Repeat::Same => self.account.duplicates += 1,
                Repeat::Different(first) => {
                    let (at, first) = (array.file.at(array.place(index)), array.place(first));
                    return Err(ImportError::DuplicateFact { at, fact: given.entry.fact, first });
                }
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        share_of(self.array.file.len(), self.array.next, self.array.arrangement().facts())
    }

    fn account(&self) -> Account {
        let mut account = Account { invalid: self.invalid.reasons(), ..self.account.clone() };
        account.not_used.extend(underflows_told(self.array.underflows));
        account
    }

    fn place(&self) -> String {
        self.array.file.at(self.array.place(self.array.next)).to_string()
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

/// The error of two arrays that both hold scores.
pub(crate) fn two_of_scores(file: &Mapped, first: &str, second: &str) -> ImportError {
    ImportError::Unexpected {
        at: file.at(Place::Tensor { name: second.to_owned(), index: None }),
        found: format!("scores beside those of the array `{first}`"),
        expected: "one array of all facts' scores with the facts' ids, or an array a fact, named by its id".to_owned(),
    }
}

/// An error if the name of an array that is not used is close to a list that is missing.
pub(crate) fn near_miss(file: &Mapped, lists: &Lists, name: &str, options: &Options) -> Result<(), ImportError> {
    let Some(role) = Role::near(name).filter(|role| lists.of(*role).is_none() && !ignored(options, name)) else {
        return Ok(());
    };
    if matches!(role, Role::Layer | Role::Neuron | Role::Score) {
        return Ok(());
    }
    Err(ImportError::Unexpected {
        at: file.at(Place::Tensor { name: name.to_owned(), index: None }),
        found: format!("a name close to `{}s`, and nothing of that name", role.name()),
        expected: format!("the name `{}s`, or that it is named as one to leave out", role.name()),
    })
}
