//! A tensor of a GGUF file: where its blocks lie, and what is done to its values to make them Hugging Face's.

use super::blocks;
use super::header::Listed;
use super::types::{self, TensorType};
use crate::error::{Error, Result};
use crate::weights::mapped::Source;
use crate::weights::stored::PART;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// What the conversion to GGUF did, and is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Of so many heads, the rows of each were put in the order in which llama.cpp turns pairs of them: first of the one
    /// half, first of the other, second of the one half, and so on.
    Heads(usize),
    /// 1 was added (Gemma's norms).
    FromOne,
}

/// A tensor in a file.
#[derive(Clone)]
pub struct GgufTensor {
    file: Arc<Source>,
    start: u64,
    shape: Vec<usize>,
    kind: TensorType,
    change: Change,
}

impl GgufTensor {
    /// A tensor of the list.
    ///
    /// # Errors
    /// A type that is not read; rows that are not whole blocks.
    pub(super) fn new(path: &Path, file: Arc<Source>, listed: Listed) -> Result<Self> {
        let Listed { name, shape, kind: number, start } = listed;
        let Some(kind) = TensorType::numbered(number) else {
            return Err(Error::Unusable {
                path: path.to_owned(),
                found: format!("tensor `{name}` is of type {}", types::name(number)),
                instead: format!(
                    "kndb reads {}: use a file of the same model in one of these, or write this one anew with llama.cpp's \
                     `llama-quantize --allow-requantize FILE NEW f16`",
                    types::READ
                ),
            });
        };
        let (block, row) = (kind.block().0, shape.last().copied().unwrap_or(0));
        if !row.is_multiple_of(block) {
            let reason = format!("tensor `{name}` has rows of {row} values, which are no blocks of {block}");
            return Err(Error::File { path: path.to_owned(), reason });
        }
        Ok(Self { file, start, shape, kind, change: Change::None })
    }

    /// With what undoes the conversion.
    pub(super) fn changed(mut self, path: &Path, name: &str, change: Change) -> Result<Self> {
        if let Change::Heads(heads) = change
            && !self.shape[0].is_multiple_of(2 * heads.max(1))
        {
            let reason =
                format!("tensor `{name}` has {} rows, which are no {heads} heads of an even size", self.shape[0]);
            return Err(Error::File { path: path.to_owned(), reason });
        }
        self.change = change;
        Ok(self)
    }

    /// The file that it is in.
    pub fn source(&self) -> &Arc<Source> {
        &self.file
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether both are the same bytes of the same file.
    pub fn is_same_place(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && self.start == other.start && self.change == other.change
    }

    /// Reads it in parts, each a multiple of `step` values, with the index of its first value.
    pub fn read(&self, step: usize, mut each: impl FnMut(usize, &[f32])) -> io::Result<()> {
        let count = self.count();
        let part = self.part(step.max(1)).min(count);
        let mut file = self.file.file();
        let (mut bytes, mut values) = (vec![0; self.kind.bytes(part)], Vec::with_capacity(part));
        file.seek(SeekFrom::Start(self.start))?;
        for first in (0..count).step_by(part) {
            let bytes = &mut bytes[..self.kind.bytes(part.min(count - first))];
            file.read_exact(bytes)?;
            values.clear();
            blocks::append(self.kind, bytes, &mut values);
            match self.change {
                Change::None => {}
                Change::Heads(heads) => values = turned(&values, self.shape[0] / heads, count / self.shape[0]),
                Change::FromOne => values.iter_mut().for_each(|value| *value -= 1.0),
            }
            each(first, &values);
        }
        Ok(())
    }

    /// Values that are read at a time: whole steps, whole blocks, and whole heads where those are put in order.
    fn part(&self, step: usize) -> usize {
        let whole = multiple(step, self.kind.block().0);
        match self.change {
            Change::Heads(heads) => multiple(whole, self.count() / heads),
            _ => whole.saturating_mul((PART / whole).max(1)),
        }
    }
}

/// Rows of whole heads of `size` rows, in Hugging Face's order.
fn turned(values: &[f32], size: usize, width: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(values.len());
    for head in values.chunks(size * width) {
        for half in 0..2 {
            let of_half = head.chunks(width).skip(half).step_by(2);
            of_half.for_each(|row| rows.extend_from_slice(row));
        }
    }
    rows
}

/// The least common multiple.
fn multiple(one: usize, two: usize) -> usize {
    let (mut a, mut b) = (one, two);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (one / a).saturating_mul(two)
}
