//! Keys that a file has given already, as hashes: 40 bytes or so a fact, whatever its content.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// What a key is compared with its earlier self.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Not seen before.
    New,
    /// Seen with the same content.
    Same,
    /// Seen with other content, at this position.
    Different(u64),
}

/// The keys of one file and a hash of what each held.
#[derive(Default)]
pub(crate) struct Seen {
    keys: HashMap<u128, (u64, u64)>,
}

impl Seen {
    /// Notes a key with its content; `position` is for the message should it come back.
    pub fn note(&mut self, key: &[u8], content: &[u8], position: u64) -> Repeat {
        self.note_digest(key, xxh3_64(content), position)
    }

    /// [`Self::note`] for content that is hashed already.
    pub fn note_digest(&mut self, key: &[u8], digest: u64, position: u64) -> Repeat {
        match self.keys.entry(xxh3_128(key)) {
            Slot::Vacant(slot) => {
                slot.insert((digest, position));
                Repeat::New
            }
            Slot::Occupied(slot) if slot.get().0 == digest => Repeat::Same,
            Slot::Occupied(slot) => Repeat::Different(slot.get().1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once_and_then_compared_by_content() {
        let mut seen = Seen::default();
        assert_eq!(seen.note(b"a", b"1", 7), Repeat::New);
        assert_eq!(seen.note(b"b", b"1", 8), Repeat::New);
        assert_eq!(seen.note(b"a", b"1", 9), Repeat::Same);
        assert_eq!(seen.note(b"a", b"2", 10), Repeat::Different(7));
    }
}
