//! Shares of facts, for machines that work beside each other.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// One of so many shares of all facts. A fact's share follows from its external id alone: its xxh3 (64 bits, seed 0, of the id's
/// UTF-8) modulo `of`, counted from 1. So stores with the same facts, in whatever order, cut them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    number: u32,
    /// Of how many.
    of: u32,
}

impl Shard {
    /// Share `number` of `of`, if 1 ≤ `number` ≤ `of`.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Whether a fact, by its external id, is of this share.
    pub fn holds(self, fact: &str) -> bool {
        // Of a share that was read from a store, `of` may be anything.
        let share = xxh3_64(fact.as_bytes()).checked_rem(u64::from(self.of));
        share.is_some_and(|share| share + 1 == u64::from(self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_of_one_share() {
        for of in [1, 2, 3, 16] {
            let shares: Vec<Shard> = (1..=of).filter_map(|number| Shard::new(number, of)).collect();
            assert_eq!(shares.len(), of as usize);
            for fact in 0..200 {
                let fact = format!("fact-{fact}");
                assert_eq!(shares.iter().filter(|share| share.holds(&fact)).count(), 1, "{fact} of {of}");
            }
        }
        assert_eq!((Shard::new(0, 4), Shard::new(5, 4), Shard::new(1, 0)), (None, None, None));
    }

    /// Machines may run different versions of kndb: the hash is for ever. Of no bytes it is this, by the test vectors of xxHash.
    #[test]
    fn the_share_of_an_id_is_for_ever() {
        let empty = 0x2d06_8005_38d3_94c2_u64;
        for of in [2, 7, 16, 1000] {
            let share = Shard::new((empty % u64::from(of)) as u32 + 1, of).expect("a share");
            assert!(share.holds(""), "{of}");
        }
    }
}
