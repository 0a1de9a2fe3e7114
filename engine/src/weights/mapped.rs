//! A weights file: read, or mapped into memory where its tensors stay as they are.

use crate::error::{Error, Result};
use memmap2::Mmap;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// An open file. What is read, and what is mapped, is what was checked: another file that takes its place is not seen.
pub struct Source {
    path: PathBuf,
    file: File,
    opened: Metadata,
    map: OnceLock<Arc<Mmap>>,
}

impl Source {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let opened = file.metadata().map_err(read)?;
        Ok(Self { path: path.to_owned(), file, opened, map: OnceLock::new() })
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its bytes, when it was opened.
    pub fn length(&self) -> u64 {
        self.opened.len()
    }

    /// Its bytes. Pages that are not used need no memory, and programs that use the same model share them.
    pub fn map(&self) -> io::Result<Arc<Mmap>> {
        if let Some(map) = self.map.get() {
            return Ok(Arc::clone(map));
        }
        #[expect(unsafe_code, reason = "memory-mapping a file has no safe interface")]
        // SAFETY: the map is read-only, and its bytes are read as numbers of which every pattern is one. What another program writes into the
        // file meanwhile would be read: `is_unchanged` tells, before results are given out. One that cuts the file off ends this process with a
        // bus error, as with every program that maps files; weights are written once and replaced as a whole.
        let map = unsafe { Mmap::map(&self.file) }?;
        Ok(Arc::clone(self.map.get_or_init(|| Arc::new(map))))
    }

    /// Refuses a file that was written to since it was opened.
    pub fn must_be_unchanged(&self) -> Result<()> {
        let read = |source| Error::Read { path: self.path.clone(), source };
        let now = self.file.metadata().map_err(read)?;
        let time = |of: &Metadata| of.modified().ok();
        if now.len() == self.opened.len() && time(&now) == time(&self.opened) {
            return Ok(());
        }
        let reason = "was written to while the model was in use, so results are of no one model; leave the file as it is while kndb runs, and \
                      start again";
        Err(Error::File { path: self.path.clone(), reason: reason.into() })
    }
}
