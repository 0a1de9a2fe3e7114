//! Files of score arrays as entries: one array of many facts, or one array a fact.
//!
//! A C-ordered array is read fact by fact, so memory is that of one fact. A Fortran-ordered one is
//! read with strides over the mapped file; inside a compressed archive it is unpacked as a whole.

use std::io::{self, Read};

use kndb_storage::{Entry, Shape};

use crate::error::{ImportError, Place};
use crate::formats::Source;
use crate::ids::repeated;
use crate::mapped::Mapped;
use crate::options::Options;
use crate::seen::{Repeat, Seen};
use crate::tensor::{Arrangement, Element, Key, bad_shape, dense, dims_text};

/// Part of a mapped file.
pub(crate) struct Slice {
    pub file: Mapped,
    pub start: usize,
    pub length: usize,
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        &self.file.bytes()[self.start..self.start + self.length]
    }
}

/// Where an array's elements come from.
pub(crate) enum Body {
    /// Row-major, in order, to be read to its end: there may be a checksum.
    Stream(Box<dyn Read + Send>),
    /// Column-major, any at any time.
    Strided(Box<dyn AsRef<[u8]> + Send>),
}

/// An array of scores, given out fact by fact.
pub(crate) struct Array {
    file: Mapped,
    name: String,
    element: Element,
    body: Body,
    shape: Shape,
    arrangement: Arrangement,
    next: u64,
}

impl Array {
    /// An array, if its shape fits the model.
    pub fn new(
        file: &Mapped,
        name: &str,
        element: Element,
        dims: &[u64],
        body: Body,
        shape: Shape,
    ) -> Result<Self, ImportError> {
        let at = || file.at(Place::Tensor { name: name.to_owned(), index: None });
        let arrangement = Arrangement::of(dims, shape).ok_or_else(|| bad_shape(at(), dims, shape))?;
        Ok(Self { file: file.clone(), name: name.to_owned(), element, body, shape, arrangement, next: 0 })
    }

    pub fn arrangement(&self) -> Arrangement {
        self.arrangement
    }

    /// The place of a fact.
    fn place(&self, index: u64) -> Place {
        let index = (self.arrangement != Arrangement::One).then_some(index);
        Place::Tensor { name: self.name.clone(), index }
    }

    /// The next fact's scores, row-major, and whether they are the last. With the last the body has
    /// been read to its end, so a checksum is compared before that fact is given out.
    fn next_scores(&mut self) -> Result<Vec<f32>, ImportError> {
        let bytes = match self.next_bytes() {
            Ok(bytes) => bytes,
            Err(source) => {
                let (at, problem) = (self.file.at(self.place(self.next)), source.to_string());
                return Err(ImportError::Damaged { at, format: "an array", problem });
            }
        };
        self.next += 1;
        Ok(self.element.decode(&bytes))
    }

    fn next_bytes(&mut self) -> io::Result<Vec<u8>> {
        let size = self.element.size();
        let neurons = self.shape.neurons() as usize;
        let (layers, width) = (self.shape.layers as usize, self.shape.width as usize);
        let (facts, fact) = (self.arrangement.facts() as usize, self.next as usize);
        match &mut self.body {
            Body::Stream(reader) => {
                let mut bytes = vec![0; neurons * size];
                reader.read_exact(&mut bytes)?;
                if fact + 1 == facts {
                    io::copy(reader, &mut io::sink())?;
                }
                Ok(bytes)
            }
            Body::Strided(all) => {
                let all = (**all).as_ref();
                let mut bytes = Vec::with_capacity(neurons * size);
                for neuron in 0..neurons {
                    let element = match self.arrangement {
                        Arrangement::Flat(_) => neuron,
                        _ => neuron / width + layers * (neuron % width),
                    };
                    let at = (fact + facts * element) * size;
                    bytes.extend_from_slice(&all[at..at + size]);
                }
                Ok(bytes)
            }
        }
    }
}

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

fn share_of(bytes: u64, done: u64, all: u64) -> u64 {
    match all {
        0 => bytes,
        _ => (u128::from(bytes) * u128::from(done) / u128::from(all)) as u64,
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
