//! Bytes of a file, memory-mapped, or of a segment that exists only in memory. The store's one place with `unsafe`.

use crate::error::{Error, Result};
use std::fs::File;
use std::path::Path;

/// Whoever reads everything gives pages back after so many bytes: they would count as this process's memory. Far below the 512 MB that a
/// writer may have, far above what giving back costs.
#[cfg(not(test))]
pub(crate) const RELEASED_BYTES: u64 = 64 << 20;
#[cfg(test)]
pub(crate) const RELEASED_BYTES: u64 = 1 << 20;

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

    /// Gives the pages that were read back to the system, as whose memory they count from then on. They stay in its cache as long as it
    /// likes, and come again when they are read again.
    pub(crate) fn release(&self) {
        #[cfg(test)]
        tests::RELEASES.set(tests::RELEASES.get() + 1);
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            // SAFETY: the mapping is one of a file, shared and only read: a page that is dropped is taken from the file again, also
            // under a reference that somebody holds.
            #[expect(
                unsafe_code,
                reason = "pages of a mapping that is written to would be lost, so the interface is not safe"
            )]
            let released = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
            // It is advice: where the system does not take it, pages stay.
            released.unwrap_or_default();
        }
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

/// Counts what is read of a mapped file, and says when pages are to be given back.
#[derive(Default)]
pub(crate) struct ReadSoFar(u64);

impl ReadSoFar {
    /// Counts bytes; whether there are [`RELEASED_BYTES`] of them since it last said so.
    pub(crate) fn is_much(&mut self, more: u64) -> bool {
        self.0 += more;
        let much = self.0 > RELEASED_BYTES;
        if much {
            self.0 = 0;
        }
        much
    }
}

/// Bytes of mapped files that count as this process's memory; `None` where the system does not tell.
pub(crate) fn resident() -> Option<u64> {
    // Linux: `RssFile:       5012 kB`.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssFile:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        /// How often pages were given back.
        pub(crate) static RELEASES: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn bytes_are_the_same_after_their_pages_were_released() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &bytes).expect("written");
        let mapped = Bytes::map(&path).expect("maps").expect("is there");
        let held = &mapped[5_000..9_000];
        assert_eq!(&*mapped, &bytes);
        mapped.release();
        assert_eq!(held, &bytes[5_000..9_000]);
        assert_eq!(&*mapped, &bytes);
        let owned = Bytes::Owned(bytes.clone());
        owned.release();
        assert_eq!(&*owned, &bytes);
    }
}
