//! Bytes of a file, memory-mapped, or of a segment that exists only in memory. The one place with `unsafe`.

use crate::error::{Error, Result};
use std::fs::File;
use std::path::Path;

/// Immutable bytes that segments and dictionaries read from.
pub(crate) enum Bytes {
    /// A mapped file. No handle stays open: a store may have more files than a process may have handles.
    Mapped(memmap2::Mmap),
    /// Built in memory from facts that are not sealed yet.
    Owned(Vec<u8>),
}

impl Bytes {
    /// Maps a file of the store. `None` when the file is not there.
    pub(crate) fn map(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io("open", path)(e)),
        };
        if file.metadata().map_err(Error::io("read", path))?.len() == 0 {
            return Err(Error::corrupt(path, "file", "0 bytes", "what the store wrote"));
        }
        // SAFETY: the store never changes bytes of a file that a manifest has named, and what may come behind them is not read. A
        // file that is deleted stays readable while it is mapped (Unix). A foreign process that truncates the file under us ends
        // this process with a signal; nothing safe can prevent it.
        #[expect(unsafe_code, reason = "memory-mapping a file has no safe interface")]
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(Error::io("map", path))?;
        Ok(Some(Self::Mapped(map)))
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Little-endian `u32`s of a section. A trailing partial value is not there.
pub(crate) fn u32s(bytes: &[u8]) -> &[[u8; 4]] {
    bytes.as_chunks().0
}

/// Little-endian `u64`s of a section. A trailing partial value is not there.
pub(crate) fn u64s(bytes: &[u8]) -> &[[u8; 8]] {
    bytes.as_chunks().0
}
