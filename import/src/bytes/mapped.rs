//! A file as one slice of bytes, memory-mapped: the page cache holds it, not this process.
//!
//! Not for files that something still writes to: what is read then is undefined.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::bytes::packed::Packing;
use crate::error::{ImportError, Location, Place};
use crate::input::must_be_a_file;

/// A memory-mapped file; clones share the mapping.
#[derive(Clone)]
pub(crate) struct Mapped {
    path: PathBuf,
    map: Arc<Mmap>,
    /// Bytes of the file on disk: fewer, if it was unpacked.
    on_disk: u64,
}

impl Mapped {
    /// Maps a file that has content; `expected` says what an empty one should have held.
    pub fn open(path: &Path, expected: &str) -> Result<Self, ImportError> {
        // Before it is opened: a pipe that nobody writes to would be waited for.
        let metadata = std::fs::metadata(path).map_err(|source| io_error(path, "open", source))?;
        must_be_a_file(path, &metadata)?;
        let file = File::open(path).map_err(|source| io_error(path, "open", source))?;
        let length = file.metadata().map_err(|source| io_error(path, "open", source))?.len();
        if length == 0 {
            return Err(ImportError::Empty { file: path.to_owned(), expected: expected.to_owned() });
        }
        Self::map(path, &file, length)
    }

    /// [`Self::open`] for files of text: one that is packed (gzip, Zstandard) is unpacked into a temporary file
    /// first, so that memory stays that of a page.
    pub fn unpacked(path: &Path, expected: &str) -> Result<Self, ImportError> {
        let packed = Self::open(path, expected)?;
        let Some(packing) = Packing::of(packed.bytes()) else {
            return Ok(packed);
        };
        let unpacked = packing.unpack(&packed)?;
        let length = unpacked.metadata().map_err(|source| io_error(path, "unpack", source))?.len();
        if length == 0 {
            return Err(ImportError::Empty { file: path.to_owned(), expected: expected.to_owned() });
        }
        Self::map(path, &unpacked, packed.len())
    }

    fn map(path: &Path, file: &File, on_disk: u64) -> Result<Self, ImportError> {
        // SAFETY: the mapping is only read. Input files are not modified while they are imported;
        // one that is cut short meanwhile ends the process with SIGBUS, as with any mapped reader.
        #[expect(unsafe_code, reason = "mapping a file is unsafe by nature")]
        let map = unsafe { Mmap::map(file) }.map_err(|source| io_error(path, "read", source))?;
        Ok(Self { path: path.to_owned(), map: Arc::new(map), on_disk })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub fn len(&self) -> u64 {
        self.map.len() as u64
    }

    /// As many bytes of the file on disk as so many of its content stand for.
    pub fn on_disk(&self, read: u64) -> u64 {
        if self.on_disk == self.len() {
            return read;
        }
        (u128::from(self.on_disk) * u128::from(read) / u128::from(self.len().max(1))) as u64
    }

    /// Location of a place in this file.
    pub fn at(&self, place: Place) -> Box<Location> {
        Box::new(Location { file: self.path.clone(), place })
    }

    /// Line and column of a byte. Counts lines from the start: for errors only.
    pub fn line_of(&self, offset: usize) -> Place {
        let before = &self.bytes()[..offset.min(self.map.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let newlines = before[..line_start].iter().filter(|&&byte| byte == b'\n').count();
        Place::Line { line: newlines as u64 + 1, column: (before.len() - line_start) as u64 + 1 }
    }

    /// Location of a byte as line and column.
    pub fn at_byte(&self, offset: usize) -> Box<Location> {
        self.at(self.line_of(offset))
    }
}

fn io_error(path: &Path, doing: &'static str, source: std::io::Error) -> ImportError {
    ImportError::Io { file: path.to_owned(), doing, source }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}
