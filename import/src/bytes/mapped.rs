//! A file as one slice of bytes, memory-mapped: the page cache holds it, not this process.
//!
//! Not for files that something still writes to: what is read then is undefined.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::error::{ImportError, Location, Place};

/// A memory-mapped file; clones share the mapping.
#[derive(Clone)]
pub(crate) struct Mapped {
    path: PathBuf,
    map: Arc<Mmap>,
}

impl Mapped {
    /// Maps a file that has content; `expected` says what an empty one should have held.
    pub fn open(path: &Path, expected: &str) -> Result<Self, ImportError> {
        let io = |doing| move |source| ImportError::Io { file: path.to_owned(), doing, source };
        let file = File::open(path).map_err(io("open"))?;
        Self::of_file(path, &file, expected)
    }

    /// Maps an open file, which is called by a path.
    pub fn of_file(path: &Path, file: &File, expected: &str) -> Result<Self, ImportError> {
        let io = |doing| move |source| ImportError::Io { file: path.to_owned(), doing, source };
        let length = file.metadata().map_err(io("open"))?.len();
        if length == 0 {
            return Err(ImportError::Empty { file: path.to_owned(), expected: expected.to_owned() });
        }
        // SAFETY: the mapping is only read. Input files are not modified while they are imported;
        // one that is cut short meanwhile ends the process with SIGBUS, as with any mapped reader.
        #[expect(unsafe_code, reason = "mapping a file is unsafe by nature")]
        let map = unsafe { Mmap::map(file) }.map_err(io("read"))?;
        Ok(Self { path: path.to_owned(), map: Arc::new(map) })
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

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}
