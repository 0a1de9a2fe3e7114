//! An archive of arrays of which each is one fact's.

use kndb_storage::{Entry, Shape};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Source;
use crate::options::Options;
use crate::source::array::{Array, share_of};
use crate::source::seen::{Repeat, Seen};
use crate::source::tensor::{Arrangement, Key, dense, dims_text};

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
    options: Options,
    next: usize,
    seen: Seen,
}

impl<M: Members> Archive<M> {
    pub fn new(members: M, options: &Options) -> Self {
        Self { members, options: options.clone(), next: 0, seen: Seen::default() }
    }

    fn place_of(&self, index: usize) -> Place {
        Place::Tensor { name: self.members.name(index).to_owned(), index: None }
    }
}

impl<M: Members> Source for Archive<M> {
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError> {
        let index = self.next;
        if index == self.members.count() {
            return Ok(None);
        }
        self.next += 1;
        let (shape, file) = (self.options.shape, self.members.file().clone());
        let place = self.place_of(index);
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
        let key = Key::of_name(self.members.name(index), &self.options.language, self.options.prompt);
        // Two arrays of one fact are never the same content: which was meant cannot be known.
        if let Repeat::Different(first) = self.seen.note(&key.bytes(), &index.to_le_bytes(), index as u64) {
            let first = self.place_of(first as usize);
            return Err(ImportError::DuplicateFact { at: file.at(place), fact: key.fact, first });
        }
        let scores = array.next_scores()?;
        dense(key, scores, shape, || file.at(place)).map(Some)
    }

    fn bytes_read(&self) -> u64 {
        share_of(self.members.file().len(), self.next as u64, self.members.count() as u64)
    }

    fn duplicates(&self) -> u64 {
        0
    }

    fn place(&self) -> String {
        let last = self.next.min(self.members.count().saturating_sub(1));
        match self.members.count() {
            0 => self.members.file().at(Place::File).to_string(),
            _ => self.members.file().at(self.place_of(last)).to_string(),
        }
    }
}
