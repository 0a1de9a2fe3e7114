//! Which values of a column are there.

use super::buffer::Buffer;

/// A bit a row, the least significant one of a byte first: 1 where there is a value. Bits behind the last row are 0.
///
/// A column without one has all its values. The value under a bit of 0 is some value of its type, and means nothing.
#[derive(Clone, Debug)]
pub struct Validity {
    bits: Buffer<u8>,
    nulls: usize,
}

impl Validity {
    /// Of so many rows, without those whose numbers are given.
    pub(crate) fn without(rows: usize, nulls: &[u32]) -> Option<Self> {
        if nulls.is_empty() {
            return None;
        }
        let mut bits = vec![u8::MAX; rows.div_ceil(8)];
        if let Some(last) = bits.last_mut().filter(|_| !rows.is_multiple_of(8)) {
            *last = (1 << (rows % 8)) - 1;
        }
        nulls.iter().for_each(|&row| bits[row as usize / 8] &= !(1 << (row % 8)));
        Some(Self { bits: bits.into(), nulls: nulls.len() })
    }

    /// The bitmap.
    pub fn bits(&self) -> &Buffer<u8> {
        &self.bits
    }

    /// How many rows have no value.
    pub fn nulls(&self) -> usize {
        self.nulls
    }

    /// Whether a row has a value; of rows that are not there, no.
    pub fn is_valid(&self, row: usize) -> bool {
        self.bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_arrow() {
        let there = |row: usize| row != 1 && row != 8;
        let validity = Validity::without(10, &[1, 8]).expect("two nulls");
        assert_eq!((&validity.bits()[..], validity.nulls()), (&[0b1111_1101, 0b10][..], 2));
        assert!((0..10).all(|row| validity.is_valid(row) == there(row)));
        assert!(!validity.is_valid(10) && !validity.is_valid(16), "behind the last row");
        assert!(Validity::without(9, &[]).is_none());
    }

    #[test]
    fn whole_bytes_have_no_bits_behind_the_last_row() {
        let bits = Validity::without(16, &[0]).expect("a null");
        assert_eq!(bits.bits()[..], [0b1111_1110, 0xff]);
    }
}
