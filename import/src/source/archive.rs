//! An archive of arrays of which each is one fact's.

use std::collections::HashSet;

use kndb_storage::Shape;

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Account, Source};
use crate::options::Options;
use crate::source::array::{Array, share_of, underflows_told};
use crate::source::given::{Given, digest, place};
use crate::source::invalid::Invalid;
use crate::source::name;
use crate::source::seen::{Repeat, Seen};
use crate::source::tensor::{Arrangement, dense, dims_text};
use crate::source::told::{Row, Told};

/// An archive of arrays of which each is one fact's.
pub(crate) trait Members: Send {
    /// The archive.
    fn file(&self) -> &Mapped;

    /// Number of arrays.
    fn count(&self) -> usize;

    /// Name of an array, which gives its fact.
    fn name(&self, index: usize) -> &str;

    /// Opens an array.
    fn open(&self, index: usize, shape: Shape) -> Result<Array, ImportError>;
}

/// The facts of an archive.
pub(crate) struct Archive<M> {
    members: M,
    shape: Shape,
    told: Told,
    next: usize,
    seen: Seen,
    duplicates: u64,
    invalid: Invalid,
    underflows: u64,
    /// [`name::facts`] of the arrays.
    facts: HashSet<String>,
}

impl<M: Members> Archive<M> {
    pub fn new(members: M, told: Told, options: &Options) -> Self {
        let invalid = Invalid::new(options);
        let facts = name::facts((0..members.count()).map(|index| members.name(index)));
        Self {
            members,
            shape: options.shape,
            told,
            next: 0,
            seen: Seen::default(),
            duplicates: 0,
            invalid,
            underflows: 0,
            facts,
        }
    }

    fn place_of(&self, index: usize) -> Place {
        Place::Tensor { name: self.members.name(index).to_owned(), index: None }
    }

    /// The entry of an array.
    fn entry(&mut self, index: usize) -> Result<Given, ImportError> {
        let (shape, file, place) = (self.shape, self.members.file().clone(), self.place_of(index));
        let mut array = self.members.open(index, shape)?;
        if array.arrangement() != Arrangement::One {
            return Err(ImportError::BadShape {
                at: file.at(place),
                found: dims_text(&array.arrangement().dims(shape)),
                expected: format!(
                    "({}, {}), one fact's scores in an array named by its id, or all facts' in one named `scores`",
                    shape.layers, shape.width
                ),
            });
        }
        let at = || file.at(place.clone());
        let known = name::Known { said: self.told.said_language(), facts: &self.facts, plain: self.told.has_option() };
        let name = name::Named::read(self.members.name(index), known)
            .map_err(|problem| ImportError::Data { at: at(), problem })?;
        let by = "the array's name";
        let (language, prompt) = (name.language.map(|code| (code, by)), name.prompt.map(|prompt| (prompt, by)));
        let row = Row { language, prompt, ..Row::default() };
        let named = self.told.named(name.fact.to_owned(), row, &at)?;
        let scores = array.next_scores()?;
        self.underflows += array.underflows;
        dense(named, scores, shape, at)
    }
}

impl<M: Members> Source for Archive<M> {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        while self.next < self.members.count() {
            let index = self.next;
            self.next += 1;
            let given = match self.entry(index) {
                Ok(given) => given,
                Err(error @ ImportError::BadScore { .. }) => {
                    self.invalid.note(error)?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            match self.seen.note_digest(&place(&given.entry), digest(&given.entry), index as u64) {
                Repeat::New => return Ok(Some(given)),
                Repeat::Same => self.duplicates += 1,
                Repeat::Different(first) => {
                    let (at, first) = (self.members.file().at(self.place_of(index)), self.place_of(first as usize));
                    return Err(ImportError::DuplicateFact { at, fact: given.entry.fact, first });
                }
            }
        }
        Ok(None)
    }

    fn bytes_read(&self) -> u64 {
        share_of(self.members.file().len(), self.next as u64, self.members.count() as u64)
    }

    fn account(&self) -> Account {
        let invalid = self.invalid.reasons();
        let mut account = Account { duplicates: self.duplicates, invalid, ..self.told.account() };
        account.not_used.extend(underflows_told(self.underflows));
        account
    }

    fn place(&self) -> String {
        let last = self.next.min(self.members.count().saturating_sub(1));
        if self.members.count() == 0 {
            return self.members.file().at(Place::File).to_string();
        }
        self.members.file().at(self.place_of(last)).to_string()
    }
}
