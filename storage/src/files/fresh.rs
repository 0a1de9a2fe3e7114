//! Entries that wait to be sealed, for readers: a file that only grows, of which a manifest says how much counts.
//!
//! The catalogue has the same bytes, and they are the truth for writers. Readers never open the catalogue. A file is named by
//! the commit that began it; what lies behind the end that a manifest names was written by a commit that did not come through, and
//! is overwritten by the next. Bytes before that end never change, so they can be mapped.

use super::manifest::manifest_path;
use super::mapped::Bytes;
use super::{disk, durable};
use crate::error::{Error, Result};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// A file is begun anew when it is this long and less than half of it still waits: it is 4 times what a run lets wait.
const LONG: u64 = 64 << 20;

/// The file that a commit began: beside its manifest.
pub(crate) fn fresh_path(store: &Path, commit: u64) -> PathBuf {
    manifest_path(store, commit).with_extension("waiting")
}

/// The bytes of an entry that waits.
#[derive(Clone)]
pub(crate) enum Waiting {
    /// Read from the catalogue, or handed in.
    Own(Arc<[u8]>),
    /// In a mapped file; compared with its checksum whenever it is read.
    Published { file: Arc<FreshFile>, piece: Piece },
}

/// Equal bytes; what cannot be read equals nothing.
impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        matches!((self.bytes(), other.bytes()), (Ok(one), Ok(other)) if one == other)
    }
}

/// Where an entry lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Piece {
    pub offset: u64,
    pub len: u32,
    pub xxh3: u64,
}

/// A file of waiting entries, mapped as far as a manifest says.
pub(crate) struct FreshFile {
    path: PathBuf,
    bytes: Bytes,
}

impl FreshFile {
    /// Maps the file that a commit began, of which `end` bytes count.
    pub(crate) fn open(store: &Path, commit: u64, end: u64) -> Result<Arc<Self>> {
        let path = fresh_path(store, commit);
        // Entries without neurons take no bytes. Where only such wait, the file is empty, and an empty file cannot be mapped.
        if end == 0 {
            return Ok(Arc::new(Self { path, bytes: Bytes::Owned(Vec::new()) }));
        }
        let bytes = Bytes::map(&path)?.ok_or_else(|| Error::MissingFile { path: path.clone() })?;
        if (bytes.len() as u64) < end {
            let found = format!("{} bytes", bytes.len());
            return Err(Error::corrupt(&path, "file", found, format!("at least {end}")));
        }
        Ok(Arc::new(Self { path, bytes }))
    }
}

impl Waiting {
    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.len(),
            Self::Published { piece, .. } => piece.len as usize,
        }
    }

    /// The bytes, proved.
    pub(crate) fn bytes(&self) -> Result<&[u8]> {
        match self {
            Self::Own(bytes) => Ok(bytes),
            Self::Published { file, piece } => {
                let at = piece.offset as usize;
                let bytes = at.checked_add(piece.len as usize).and_then(|end| file.bytes.get(at..end));
                let place = || format!("waiting entry at byte {at}");
                let bytes = bytes.ok_or_else(|| {
                    Error::corrupt(&file.path, place(), format!("{} bytes", file.bytes.len()), "the whole entry")
                })?;
                let found = xxh3_64(bytes);
                if found != piece.xxh3 {
                    let expected = format!("{:016x}", piece.xxh3);
                    return Err(Error::corrupt(&file.path, place(), format!("checksum {found:016x}"), expected));
                }
                Ok(bytes)
            }
        }
    }
}

/// What a manifest says of the file of waiting entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct FreshEnd {
    /// The commit that began the file.
    pub commit: u64,
    /// How many bytes of it count.
    pub end: u64,
}

impl FreshEnd {
    /// Whether so little of the file still waits that the rest is better written anew.
    pub(crate) fn is_wasteful(self, waits: u64) -> bool {
        self.end > LONG && waits * 2 < self.end
    }

    /// Writes entries behind the end, and makes them durable. Only under the catalogue's lock: there is one writer.
    pub(crate) fn append<'a>(
        &mut self,
        store: &Path,
        entries: impl Iterator<Item = Result<&'a [u8]>>,
    ) -> Result<Vec<Piece>> {
        let begun = self.end;
        let mut pieces = Vec::new();
        let mut bytes = Vec::new();
        for entry in entries {
            let entry = entry?;
            pieces.push(Piece { offset: self.end, len: entry.len() as u32, xxh3: xxh3_64(entry) });
            bytes.extend_from_slice(entry);
            self.end += entry.len() as u64;
        }
        let path = fresh_path(store, self.commit);
        // A new file gets its name last: one of that name may be mapped, if its manifest was damaged and is published again.
        let written = if begun == 0 { path.with_extension("waiting-tmp") } else { path.clone() };
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&written);
        let mut file = open.map_err(Error::io("open", &written))?;
        // What a commit left that did not come through goes first: no manifest names it.
        file.set_len(begun)
            .and_then(|()| file.seek(SeekFrom::Start(begun)))
            .and_then(|_| file.write_all(&bytes))
            .map_err(Error::io("write", &written))?;
        disk::sync(&file, &written).map_err(Error::io("sync", &written))?;
        if begun == 0 {
            disk::rename(&written, &path).map_err(Error::io("rename to", &path))?;
            durable::sync_folder_of(&path)?;
        }
        Ok(pieces)
    }
}
