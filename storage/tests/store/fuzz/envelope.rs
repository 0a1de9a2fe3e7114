//! A file in its envelope, changed, and its checksums made right again: `docs/format.md` says where they are.
//!
//! Bytes alone, of the store nothing: the libFuzzer targets of `fuzz/` use this file, too.

use super::mutations::Random;
use xxhash_rust::xxh3::xxh3_64;

pub const TRAILER: usize = 40;

/// Changes some bytes; their number only where that is allowed.
pub type Mutate<'a> = &'a mut dyn FnMut(&mut Vec<u8>, &mut Random, bool);

pub fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("eight")))
}

pub fn set(bytes: &mut [u8], at: usize, number: u64) {
    if let Some(place) = bytes.get_mut(at..at + 8) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

/// What ends an entry that waits: the length of its head, two checksums, a tag.
pub const WAITING_TRAILER: usize = 28;

/// Makes the checksums of an entry that waits right.
pub fn prove_waiting(entry: &mut [u8]) {
    let end = entry.len() - WAITING_TRAILER.min(entry.len());
    let head = (number(entry, end) as usize).min(end);
    let sums = (xxh3_64(&entry[..head]), xxh3_64(&entry[head..end]));
    set(entry, end + 8, sums.0);
    set(entry, end + 16, sums.1);
}

/// A file in its envelope.
pub struct Container {
    /// Magic, sections and what is between them.
    body: Vec<u8>,
    pub directory: Vec<u8>,
    trailer: Vec<u8>,
    /// Where the directory names a section.
    named: Vec<usize>,
    /// Sections of pieces' checksums, with those of heads and of tails.
    pieces: Vec<[usize; 3]>,
}

impl Container {
    /// `None` for a file that is none.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.len().checked_sub(TRAILER)?;
        let (rest, trailer) = bytes.split_at(end);
        let begin = number(trailer, 0) as usize;
        let directory = rest.get(begin..)?.to_vec();
        if xxh3_64(&directory) != number(trailer, 16) {
            return None;
        }
        let body = rest[..begin].to_vec();
        let names = |at: &usize| {
            let (offset, len) = (number(&directory, *at) as usize, number(&directory, at + 8) as usize);
            let section = offset.checked_add(len).and_then(|end| body.get(offset..end));
            offset >= 8 && section.is_some_and(|section| xxh3_64(section) == number(&directory, at + 16))
        };
        let mut named: Vec<usize> = (0..directory.len().saturating_sub(23)).filter(names).collect();
        named.sort_by_key(|&at| number(&directory, at));
        let mut made = Self { body, directory, trailer: trailer.to_vec(), named, pieces: Vec::new() };
        // Tails, heads, facts and pieces lie one after the other.
        let is_pieces = |group: &&[usize]| {
            let [tails, heads, _, pieces] = **group else { return false };
            let (records, end) = (made.section(pieces), made.section(pieces).len());
            end >= 32
                && number(records, end - 32) == made.section(heads).len() as u64
                && number(records, end - 16) == made.section(tails).len() as u64
                && number(records, end - 24) == 0
        };
        let found = made.named.windows(4).filter(is_pieces).map(|group| [group[0], group[1], group[3]]).collect();
        made.pieces = found;
        Some(made)
    }

    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let begin = (number(&self.directory, at) as usize).min(self.body.len());
        begin..begin.saturating_add(number(&self.directory, at + 8) as usize).min(self.body.len())
    }

    fn section(&self, at: usize) -> &[u8] {
        &self.body[self.range(at)]
    }

    /// Changes sections, the directory, or the length of a section.
    pub fn change(mut self, random: &mut Random, mutate: Mutate<'_>) -> Vec<u8> {
        let choice = random.below(10);
        if self.named.is_empty() || choice < 3 {
            let resize = self.named.is_empty() || random.below(4) == 0;
            mutate(&mut self.directory, random, resize);
            // Of a record without sections, checksums of checksums are all there is.
            if resize && !self.named.is_empty() {
                return self.write();
            }
        } else {
            for _ in 0..1 + random.below(2) {
                let at = self.named[random.below(self.named.len() as u64) as usize];
                let mut section = self.section(at).to_vec();
                if choice < 8 {
                    mutate(&mut section, random, false);
                    let range = self.range(at);
                    self.body[range].copy_from_slice(&section);
                } else {
                    mutate(&mut section, random, true);
                    self.body.resize(self.body.len().next_multiple_of(8), 0);
                    set(&mut self.directory, at, self.body.len() as u64);
                    set(&mut self.directory, at + 8, section.len() as u64);
                    self.body.extend(section);
                }
            }
        }
        self.prove();
        self.write()
    }

    /// Makes all checksums right.
    fn prove(&mut self) {
        for [tails, heads, pieces] in self.pieces.clone() {
            let (tails, heads, records) = (self.range(tails), self.range(heads), self.range(pieces));
            for entry in 0..(records.len() / 32).saturating_sub(1) {
                for (of, field) in [(&heads, 0), (&tails, 16)] {
                    let at = records.start + 32 * entry + field;
                    let (begin, end) = (number(&self.body, at) as usize, number(&self.body, at + 32) as usize);
                    let piece = self.body[of.clone()].get(begin..end).map(xxh3_64);
                    if let Some(sum) = piece {
                        set(&mut self.body, at + 8, sum);
                    }
                }
            }
        }
        for at in self.named.clone() {
            let sum = xxh3_64(self.section(at));
            set(&mut self.directory, at + 16, sum);
        }
    }

    pub fn write(mut self) -> Vec<u8> {
        self.body.resize(self.body.len().next_multiple_of(8), 0);
        set(&mut self.trailer, 0, self.body.len() as u64);
        set(&mut self.trailer, 8, self.directory.len() as u64);
        set(&mut self.trailer, 16, xxh3_64(&self.directory));
        [self.body, self.directory, self.trailer].concat()
    }
}
