//! The two pieces of a block with their checksums: as a block waits in the catalogue, and on its way into a segment.

use xxhash_rust::xxh3::xxh3_64;

/// The last four bytes of a waiting block. A block of format 1 ends with the length of a list there, which would take more
/// bytes than its 32-bit offsets reach.
const TAG: u32 = 0x8000_0002;
/// Length of the head, both checksums, the tag.
const TRAILER: usize = 28;

/// A block: head and tail, each with its xxh3. Groups have a head only.
#[derive(Clone, Copy)]
pub(crate) struct Pieces<'a> {
    pub head: &'a [u8],
    pub tail: &'a [u8],
    pub head_xxh3: u64,
    pub tail_xxh3: u64,
}

/// Whether a waiting block is one of pieces, and not of format 1.
pub(super) fn is_current(block: &[u8]) -> bool {
    block.last_chunk() == Some(&TAG.to_le_bytes())
}

impl<'a> Pieces<'a> {
    /// Pieces that were made just now.
    pub(crate) fn new(head: &'a [u8], tail: &'a [u8]) -> Self {
        Self { head, tail, head_xxh3: xxh3_64(head), tail_xxh3: xxh3_64(tail) }
    }

    /// One after the other, with what proves them.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.head.len() + self.tail.len() + TRAILER);
        bytes.extend_from_slice(self.head);
        bytes.extend_from_slice(self.tail);
        bytes.extend((self.head.len() as u64).to_le_bytes());
        bytes.extend(self.head_xxh3.to_le_bytes());
        bytes.extend(self.tail_xxh3.to_le_bytes());
        bytes.extend(TAG.to_le_bytes());
        bytes
    }

    /// Reads [`Self::to_bytes`], and proves both.
    pub(crate) fn read(block: &'a [u8]) -> Result<Self, String> {
        let short = || format!("{} bytes that are no block", block.len());
        let (pieces, trailer) = block.split_last_chunk::<TRAILER>().filter(|_| is_current(block)).ok_or_else(short)?;
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| trailer[at + i]));
        let head = usize::try_from(number(0)).ok().filter(|&len| len <= pieces.len()).ok_or_else(short)?;
        let (head, tail) = pieces.split_at(head);
        let found = Self::new(head, tail);
        for (piece, found, expected) in [("head", found.head_xxh3, number(8)), ("tail", found.tail_xxh3, number(16))] {
            if found != expected {
                return Err(format!("a {piece} with checksum {found:016x}, not {expected:016x}"));
            }
        }
        Ok(found)
    }
}
