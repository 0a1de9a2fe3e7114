//! Hash tables by numbers of the store: of facts, of groups.
//!
//! Nobody outside chooses such numbers so that they fall together, and the tables of the standard library, which guard against that, take longer
//! to hash a number than a fact takes to count.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table by numbers.
pub(super) type Numbered<K, V> = HashMap<K, V, BuildHasherDefault<OfNumbers>>;

#[derive(Default)]
pub(super) struct OfNumbers(u64);

/// 2⁶⁴ divided by the golden ratio, odd: spreads neighbouring numbers far apart (Knuth, The Art of Computer Programming 3, 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl OfNumbers {
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(32) ^ number).wrapping_mul(SPREAD);
    }
}

impl Hasher for OfNumbers {
    fn finish(&self) -> u64 {
        // Tables look at the lowest and the highest bits; the highest are the good ones.
        self.0.rotate_left(20)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.add(byte.into()));
    }

    fn write_u16(&mut self, number: u16) {
        self.add(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    #[test]
    fn neighbouring_numbers_fall_apart() {
        let table = Numbered::<(u32, u16), ()>::default();
        let hashes: Vec<u64> = (0..4_096).map(|key| table.hasher().hash_one((key / 8, (key % 8) as u16))).collect();
        // The bits that tables choose a place by, and those that they tell entries of one place apart by.
        let places: HashSet<u64> = hashes.iter().map(|hash| hash & 4_095).collect();
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(places.len() > 2_000 && tags.len() == 128, "{} places, {} tags", places.len(), tags.len());
    }
}
