//! An array of scores, read fact by fact.
//!
//! A C-ordered array is read fact by fact, so memory is that of one fact. A Fortran-ordered one is
//! read with strides over the mapped file; inside a compressed archive it is unpacked as a whole.

use std::io::{self, Read};

use kndb_storage::Shape;

use crate::bytes::broken::of_reading;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::source::tensor::{Arrangement, Element, bad_shape};

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
    pub(super) file: Mapped,
    pub(super) name: String,
    element: Element,
    body: Body,
    pub(super) shape: Shape,
    pub(super) arrangement: Arrangement,
    pub(super) next: u64,
    /// Scores given out so far that are 0 in 32 bits only.
    pub(super) underflows: u64,
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
        Ok(Self {
            file: file.clone(),
            name: name.to_owned(),
            element,
            body,
            shape,
            arrangement,
            next: 0,
            underflows: 0,
        })
    }

    pub fn arrangement(&self) -> Arrangement {
        self.arrangement
    }

    /// The place of a fact.
    pub(super) fn place(&self, index: u64) -> Place {
        let index = (self.arrangement != Arrangement::One).then_some(index);
        Place::Tensor { name: self.name.clone(), index }
    }

    /// The next fact's scores, row-major, and whether they are the last. With the last the body has
    /// been read to its end, so a checksum is compared before that fact is given out.
    pub(super) fn next_scores(&mut self) -> Result<Vec<f32>, ImportError> {
        let bytes = match self.next_bytes() {
            Ok(bytes) => bytes,
            Err(source) => {
                let (at, problem) = (self.file.at(self.place(self.next)), of_reading(&source));
                return Err(ImportError::Damaged { at, format: "an array", problem });
            }
        };
        self.next += 1;
        let scores = self.element.decode(&bytes);
        self.underflows += self.element.underflows(&bytes, &scores);
        Ok(scores)
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

/// Scores that are 0 in 32 bits only, in words for the summary.
pub(super) fn underflows_told(count: u64) -> Option<String> {
    (count > 0).then(|| format!("the digits of {count} scores too small for 32 bits, which are 0 in the store"))
}

/// The part of a file that has been dealt with, by its facts.
pub(super) fn share_of(bytes: u64, done: u64, all: u64) -> u64 {
    match all {
        0 => bytes,
        _ => (u128::from(bytes) * u128::from(done) / u128::from(all)) as u64,
    }
}
