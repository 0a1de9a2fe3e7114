//! Rows of 16-bit numbers where they lie: in the mapped files of a model.

use half::slice::HalfFloatSliceExt;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that stay as they are: a mapped file, or memory.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A type of 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// IEEE 754's.
    F16,
    /// The upper half of a f32.
    Bf16,
}

/// Some rows that lie one behind the other.
#[derive(Clone)]
pub struct Rows {
    /// Where they are.
    pub bytes: Bytes,
    /// Their first byte.
    pub start: usize,
    /// How many.
    pub count: usize,
    /// Their type.
    pub kind: Half,
}

/// A matrix of rows from several places, little-endian.
pub struct Narrow {
    parts: Vec<Rows>,
    /// Values of a row as it lies, and those of them that are columns of the matrix.
    length: usize,
    columns: Range<usize>,
    rows: usize,
}

impl fmt::Debug for Narrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Narrow {{ {} rows, columns {:?} of {} }}", self.rows, self.columns, self.length)
    }
}

impl Narrow {
    /// A matrix of some rows of `length` values each; `None` where one of them is not within its bytes.
    pub fn new(parts: Vec<Rows>, length: usize) -> Option<Self> {
        let is_there = |part: &Rows| {
            let end = part.count.checked_mul(length)?.checked_mul(2)?.checked_add(part.start)?;
            (*part.bytes).as_ref().get(part.start..end).map(|_| ())
        };
        parts.iter().try_for_each(is_there)?;
        let rows = parts.iter().map(|part| part.count).sum();
        Some(Self { parts, length, columns: 0..length, rows })
    }

    /// The same with some of the columns alone.
    pub fn with_columns(mut self, columns: Range<usize>) -> Self {
        self.columns = columns;
        self
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Appends the values of some rows.
    pub fn widen(&self, rows: Range<usize>, values: &mut Vec<f32>) {
        let mut first = 0;
        for part in &self.parts {
            let here = rows.start.max(first)..rows.end.min(first + part.count);
            if !here.is_empty() {
                let all = (*part.bytes).as_ref();
                let at = |row: usize, column: usize| part.start + 2 * ((row - first) * self.length + column);
                if self.columns.len() == self.length {
                    widen(&all[at(here.start, 0)..at(here.end, 0)], part.kind, values);
                } else {
                    let Range { start, end } = self.columns;
                    here.for_each(|row| widen(&all[at(row, start)..at(row, end)], part.kind, values));
                }
            }
            first += part.count;
        }
    }
}

/// Appends 16-bit numbers as f32, exactly.
fn widen(bytes: &[u8], kind: Half, values: &mut Vec<f32>) {
    const BLOCK: usize = 1_024;
    let (pairs, _) = bytes.as_chunks::<2>();
    match kind {
        Half::Bf16 => {
            values.extend(pairs.iter().map(|pair| f32::from_bits(u32::from(u16::from_le_bytes(*pair)) << 16)))
        }
        Half::F16 => {
            // In blocks: the conversion of slices asks for the processor's instructions once, that of numbers each time.
            let mut block = [half::f16::ZERO; BLOCK];
            for pairs in pairs.chunks(BLOCK) {
                let block = &mut block[..pairs.len()];
                block.iter_mut().zip(pairs).for_each(|(half, pair)| *half = half::f16::from_le_bytes(*pair));
                let from = values.len();
                values.resize(from + pairs.len(), 0.0);
                block.convert_to_f32_slice(&mut values[from..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32], kind: Half) -> Rows {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|&value| match kind {
                Half::F16 => half::f16::from_f32(value).to_le_bytes(),
                Half::Bf16 => half::bf16::from_f32(value).to_le_bytes(),
            })
            .collect();
        Rows { bytes: Arc::new(bytes), start: 0, count: values.len() / 2, kind }
    }

    #[test]
    fn rows_of_two_types_are_one_matrix() {
        // Numbers that both types hold exactly.
        let parts = vec![rows(&[1.0, -2.5, 0.0, 4.0], Half::F16), rows(&[0.125, 3.0], Half::Bf16)];
        let matrix = Narrow::new(parts, 2).expect("rows within their bytes");
        let some = |rows: Range<usize>| {
            let mut values = Vec::new();
            matrix.widen(rows, &mut values);
            values
        };
        assert_eq!((matrix.rows(), matrix.columns()), (3, 2));
        assert_eq!(some(0..3), [1.0, -2.5, 0.0, 4.0, 0.125, 3.0]);
        assert_eq!(some(1..3), [0.0, 4.0, 0.125, 3.0]);
        assert_eq!(some(2..2), [0.0; 0]);
    }

    #[test]
    fn columns_are_those_that_were_asked_for() {
        let matrix = Narrow::new(vec![rows(&[1.0, 2.0, 3.0, 4.0], Half::Bf16)], 2).expect("rows").with_columns(1..2);
        let mut values = Vec::new();
        matrix.widen(0..2, &mut values);
        assert_eq!(values, [2.0, 4.0]);
    }

    #[test]
    fn every_half_is_widened_exactly() {
        let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        for kind in [Half::F16, Half::Bf16] {
            let mut values = Vec::new();
            widen(&all, kind, &mut values);
            for (bits, value) in (0..=u16::MAX).zip(values) {
                let expected = match kind {
                    Half::F16 => half::f16::from_bits(bits).to_f32(),
                    Half::Bf16 => half::bf16::from_bits(bits).to_f32(),
                };
                assert!(value == expected || value.is_nan() && expected.is_nan(), "{kind:?} {bits:#x}: {value}");
            }
        }
    }

    #[test]
    fn rows_beyond_their_bytes_are_none() {
        assert!(Narrow::new(vec![Rows { count: 3, ..rows(&[1.0; 4], Half::F16) }], 2).is_none());
        assert!(Narrow::new(vec![Rows { start: usize::MAX, ..rows(&[1.0; 4], Half::F16) }], 2).is_none());
        assert!(Narrow::new(vec![Rows { count: usize::MAX, ..rows(&[1.0; 4], Half::F16) }], 2).is_none());
    }
}
