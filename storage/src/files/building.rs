//! A file on its way into the store.

use super::{disk, durable};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A file that is being built: nobody's until it is committed. Holds an exclusive lock so that
/// [`super::garbage`] leaves it alone, and removes the file when dropped before [`Building::rename`].
pub(crate) struct Building {
    path: PathBuf,
    file: File,
    named: AtomicBool,
}

impl Building {
    /// A new file in the store's folder of files.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("building-{}-{number}.tmp", std::process::id()));
            let file = match disk::create_new(&path) {
                Ok(file) => file,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(Error::io("create", &path)(e)),
            };
            file.lock().map_err(Error::io("lock", &path))?;
            // Between the two calls above the file looked like garbage, and may have been taken for it.
            if path.exists() {
                return Ok(Self { path, file, named: AtomicBool::new(false) });
            }
        }
    }

    pub(crate) fn writer(&self) -> Result<BufWriter<File>> {
        let file = self.file.try_clone().map_err(Error::io("open", &self.path))?;
        Ok(BufWriter::with_capacity(1 << 20, file))
    }

    /// Makes the bytes durable: the file and its folder.
    pub(crate) fn sync(&self, mut out: BufWriter<File>) -> Result<()> {
        out.flush().map_err(Error::io("write", &self.path))?;
        disk::sync(&self.file, &self.path).map_err(Error::io("sync", &self.path))?;
        durable::sync_folder_of(&self.path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file the name it will have once committed. From here on it is the manifest that
    /// decides whether it stays: if the commit fails, [`super::garbage`] finds it unlisted.
    pub(crate) fn rename(&self, path: &Path) -> Result<()> {
        disk::rename(&self.path, path).map_err(Error::io("rename to", path))?;
        self.named.store(true, Ordering::Relaxed);
        durable::sync_folder_of(path)
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if !self.named.load(Ordering::Relaxed) {
            // Best effort: what stays is removed as garbage by a later commit.
            let _ = disk::remove_file(&self.path);
        }
    }
}
