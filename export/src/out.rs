//! A file that is written from front to end, and knows how long it is and its checksum.

use crate::error::{ExportError, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// Bytes that are collected before the system is asked to write them.
const BUFFER: usize = 256 << 10;

/// The file.
pub(crate) struct Out {
    file: BufWriter<File>,
    path: PathBuf,
    /// Its path from the folder, as the manifest has it.
    pub relative: String,
    bytes: u64,
    hash: Xxh3Default,
}

/// A file that is done and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub relative: String,
    pub bytes: u64,
    pub xxh3: u64,
}

impl Out {
    pub(crate) fn create(path: &Path, relative: &str) -> Result<Self> {
        let file = File::create_new(path).map_err(ExportError::io("create", path))?;
        Ok(Self {
            file: BufWriter::with_capacity(BUFFER, file),
            path: path.to_owned(),
            relative: relative.to_owned(),
            bytes: 0,
            hash: Xxh3Default::new(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it durable.
    pub(crate) fn finish(mut self) -> Result<Written> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        done.map_err(ExportError::io("write", &self.path))?;
        Ok(Written { relative: self.relative, bytes: self.bytes, xxh3: self.hash.digest() })
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
