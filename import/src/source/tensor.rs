//! Arrays of scores as bytes: element types, shapes, and the way from bytes to a fact's scores.

use std::path::Path;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use kndb_storage::{ScoreValues, Shape};

use crate::error::{ImportError, Location};
use crate::source::given::{Given, Named};

/// A floating-point type that scores come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Float {
    F16,
    Bf16,
    F32,
    /// Rounded to the nearest 32-bit number; one too large for 32 bits is an error.
    F64,
}

/// Type and byte order of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub float: Float,
    pub big_endian: bool,
}

impl Element {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self.float {
            Float::F16 | Float::Bf16 => 2,
            Float::F32 => 4,
            Float::F64 => 8,
        }
    }

    /// How many of the elements in `bytes` are 0 in 32 bits only.
    pub fn underflows(self, bytes: &[u8], decoded: &[f32]) -> u64 {
        if self.float != Float::F64 {
            return 0;
        }
        // The sign bit apart, only zero has no bits, in either byte order.
        let sign = if self.big_endian { 0 } else { 7 };
        let is_zero =
            |word: &[u8; 8]| word.iter().enumerate().all(|(at, byte)| byte & if at == sign { 0x7F } else { 0xFF } == 0);
        let words = bytes.as_chunks::<8>().0.iter();
        words.zip(decoded).filter(|(word, score)| **score == 0.0 && !is_zero(word)).count() as u64
    }

    /// The elements in `bytes` as 32-bit numbers.
    pub fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match (self.float, self.big_endian) {
            (Float::F32, false) => words(bytes, f32::from_le_bytes),
            (Float::F32, true) => words(bytes, f32::from_be_bytes),
            (Float::F64, false) => words(bytes, |word| f64::from_le_bytes(word) as f32),
            (Float::F64, true) => words(bytes, |word| f64::from_be_bytes(word) as f32),
            (Float::F16, false) => halves(&words(bytes, f16::from_le_bytes)),
            (Float::F16, true) => halves(&words(bytes, f16::from_be_bytes)),
            (Float::Bf16, false) => halves(&words(bytes, bf16::from_le_bytes)),
            (Float::Bf16, true) => halves(&words(bytes, bf16::from_be_bytes)),
        }
    }
}

fn words<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&word| read(word)).collect()
}

fn halves<T>(values: &[T]) -> Vec<f32>
where
    [T]: HalfFloatSliceExt,
{
    let mut scores = vec![0.0; values.len()];
    values.convert_to_f32_slice(&mut scores);
    scores
}

/// How an array holds facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// `(layers, width)`: one fact's own array.
    One,
    /// `(facts, layers, width)`.
    Stacked(u64),
    /// `(facts, layers × width)`.
    Flat(u64),
}

impl Arrangement {
    /// The arrangement of an array of this shape, if it is one of the three.
    pub fn of(dims: &[u64], shape: Shape) -> Option<Self> {
        let (layers, width) = (u64::from(shape.layers), u64::from(shape.width));
        match *dims {
            [l, w] if (l, w) == (layers, width) => Some(Self::One),
            [n, l, w] if (l, w) == (layers, width) => Some(Self::Stacked(n)),
            [n, all] if all == shape.neurons() => Some(Self::Flat(n)),
            _ => None,
        }
    }

    /// The array's shape.
    pub fn dims(self, shape: Shape) -> Vec<u64> {
        let (layers, width) = (u64::from(shape.layers), u64::from(shape.width));
        match self {
            Self::One => vec![layers, width],
            Self::Stacked(facts) => vec![facts, layers, width],
            Self::Flat(facts) => vec![facts, shape.neurons()],
        }
    }

    /// Number of facts.
    pub fn facts(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Stacked(facts) | Self::Flat(facts) => facts,
        }
    }
}

/// An array's shape is not one that [`Arrangement::of`] knows.
pub(crate) fn bad_shape(at: Box<Location>, dims: &[u64], shape: Shape) -> ImportError {
    let (l, w) = (shape.layers, shape.width);
    let transposed = match *dims {
        [a, b] if (a, b) == (w.into(), l.into()) => "; it is transposed: save `.T`",
        [_, a, b] if (a, b) == (w.into(), l.into()) => "; it is transposed: save `.swapaxes(1, 2)`",
        [a, b, _] if (a, b) == (l.into(), w.into()) => "; the facts come last: save `numpy.moveaxis(scores, 2, 0)`",
        _ => "",
    };
    ImportError::BadShape {
        at,
        found: dims_text(dims),
        expected: format!("({l}, {w}), (facts, {l}, {w}) or (facts, {}) for {shape}{transposed}", shape.neurons()),
    }
}

/// A shape as Python writes it.
pub(crate) fn dims_text(dims: &[u64]) -> String {
    let dims: Vec<_> = dims.iter().map(u64::to_string).collect();
    match &*dims {
        [one] => format!("({one},)"),
        more => format!("({})", more.join(", ")),
    }
}

/// Number of elements of a shape times their size, without overflow.
pub(crate) fn bytes_of(dims: &[u64], size: usize) -> u128 {
    // An array with a zero anywhere is empty, however large its other axes.
    if dims.contains(&0) {
        return 0;
    }
    dims.iter().fold(size as u128, |product, &dim| product.saturating_mul(u128::from(dim)))
}

/// The entry of a fact's scores, all of them, after checking that they are finite.
pub(crate) fn dense(
    named: Named,
    scores: Vec<f32>,
    shape: Shape,
    at: impl FnOnce() -> Box<Location>,
) -> Result<Given, ImportError> {
    if let Some(bad) = scores.iter().position(|score| !score.is_finite()) {
        let width = shape.width as usize;
        return Err(ImportError::BadScore {
            at: at(),
            fact: named.key.fact,
            layer: (bad / width) as u32,
            neuron: (bad % width) as u32,
            found: number_text(scores[bad]),
        });
    }
    Ok(named.scores(ScoreValues::Dense(scores)))
}

/// A number that is no finite f32, in words.
pub(crate) fn number_text(score: f32) -> String {
    let text = if score.is_nan() {
        "NaN"
    } else if score > 0.0 {
        "infinite (or too large for 32 bits)"
    } else {
        "minus infinity (or too large for 32 bits)"
    };
    text.to_owned()
}

/// The file's name without its extension: the fact id of an array without ids.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_type_decodes_in_both_byte_orders() {
        let cases: [(Float, Vec<u8>); 4] = [
            (Float::F16, f16::from_f32(1.5).to_be_bytes().to_vec()),
            (Float::Bf16, bf16::from_f32(1.5).to_be_bytes().to_vec()),
            (Float::F32, 1.5_f32.to_be_bytes().to_vec()),
            (Float::F64, 1.5_f64.to_be_bytes().to_vec()),
        ];
        for (float, mut bytes) in cases {
            assert_eq!(Element { float, big_endian: true }.size(), bytes.len());
            assert_eq!(Element { float, big_endian: true }.decode(&bytes), [1.5]);
            bytes.reverse();
            assert_eq!(Element { float, big_endian: false }.decode(&bytes), [1.5]);
        }
    }

    #[test]
    fn doubles_are_rounded_to_the_nearest_single() {
        let bytes = 0.1_f64.to_le_bytes();
        assert_eq!(Element { float: Float::F64, big_endian: false }.decode(&bytes), [0.1_f32]);
    }

    #[test]
    fn shapes_that_hold_facts() {
        let shape = Shape::new(2, 3).expect("small");
        let of = |dims: &[u64]| Arrangement::of(dims, shape);
        assert_eq!(of(&[2, 3]), Some(Arrangement::One));
        assert_eq!(of(&[5, 2, 3]), Some(Arrangement::Stacked(5)));
        assert_eq!(of(&[5, 6]), Some(Arrangement::Flat(5)));
        assert_eq!(of(&[3, 2]), None);
        assert_eq!(of(&[5, 3, 2]), None);
        assert_eq!(of(&[6]), None);
        assert_eq!(bytes_of(&[u64::MAX, u64::MAX, u64::MAX], 8), u128::MAX);
        assert_eq!(bytes_of(&[u64::MAX, 0], 8), 0);
    }
}
