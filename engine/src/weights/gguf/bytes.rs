//! The bytes of a header, one after the other, never more than the file has.

use crate::error::{Error, Result};
use crate::weights::files::CUT_OFF;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// Longest header: that of a model with a vocabulary of 262,144 takes 7 million bytes.
const LONGEST_HEADER: u64 = 100_000_000;
/// Longest text beside those that a file has many of: a chat template.
const LONGEST_TEXT: u64 = 1 << 24;

/// A header while it is read.
pub struct Bytes<'a> {
    path: &'a Path,
    reader: BufReader<&'a File>,
    at: u64,
    length: u64,
}

impl<'a> Bytes<'a> {
    /// From the start of a file of so many bytes.
    pub fn of(path: &'a Path, mut file: &'a File, length: u64) -> Result<Self> {
        file.rewind().map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Ok(Self { path, reader: BufReader::new(file), at: 0, length })
    }

    /// How many were read.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// An error about the header.
    pub fn wrong(&self, reason: impl std::fmt::Display) -> Error {
        Error::File { path: self.path.to_owned(), reason: format!("not a GGUF file that can be read: {reason}") }
    }

    /// Refuses `count` things of at least `size` bytes each where the file has fewer bytes left.
    pub fn must_have(&self, count: u64, size: u64, what: &str) -> Result<usize> {
        let left = self.length - self.at;
        if count.checked_mul(size).is_none_or(|bytes| bytes > left) {
            let at = self.at;
            let needed = format!("{count} {what} at byte {at} take {size} bytes or more each, but {left} are left");
            return Err(self.wrong(format!("{needed}{CUT_OFF}")));
        }
        if self.at + count * size > LONGEST_HEADER {
            let at = self.at;
            return Err(
                self.wrong(format!("{count} {what} at byte {at}: no model's header is beyond {LONGEST_HEADER} bytes"))
            );
        }
        Ok(count as usize)
    }

    fn take<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let left = self.length - self.at;
        if left < N as u64 {
            let at = self.at;
            return Err(self.wrong(format!("{what} at byte {at} takes {N} bytes, but {left} are left{CUT_OFF}")));
        }
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|source| Error::Read { path: self.path.to_owned(), source })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// A byte.
    pub fn u8(&mut self, what: &str) -> Result<u8> {
        Ok(self.take::<1>(what)?[0])
    }

    /// Two bytes, the lowest first.
    pub fn u16(&mut self, what: &str) -> Result<u16> {
        self.take(what).map(u16::from_le_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self, what: &str) -> Result<u32> {
        self.take(what).map(u32::from_le_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self, what: &str) -> Result<u64> {
        self.take(what).map(u64::from_le_bytes)
    }

    /// A text's bytes: their number, then they.
    pub fn text(&mut self, what: &str) -> Result<Vec<u8>> {
        let length = self.u64(what)?;
        if length > LONGEST_TEXT {
            return Err(
                self.wrong(format!("{what} of {length} bytes at byte {}, expected {LONGEST_TEXT} at most", self.at))
            );
        }
        let mut bytes = vec![0; self.must_have(length, 1, "bytes of text")?];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A text that must be UTF-8.
    pub fn utf8(&mut self, what: &str) -> Result<String> {
        let at = self.at;
        String::from_utf8(self.text(what)?).map_err(|_| self.wrong(format!("{what} at byte {at} is not UTF-8")))
    }
}
