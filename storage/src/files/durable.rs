//! fsync, where it is needed: files, their folders, and sled's own files, which sled does not sync.

use super::disk;
use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes a folder's entries durable.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    // Elsewhere a folder has no handle to sync; kndb is tested on Linux only.
    if cfg!(unix) {
        File::open(path).and_then(|folder| disk::sync(&folder, path)).map_err(Error::io("sync", path))?;
    }
    Ok(())
}

/// Makes the entry of `path` in its folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Makes a folder and those above it that are not there, each durable: a store in a folder whose name is lost would be lost.
pub(crate) fn create_folders(path: &Path) -> Result<()> {
    if path.is_dir() { Ok(()) } else { create_below(path, path) }
}

fn create_below(path: &Path, whole: &Path) -> Result<()> {
    let create = |path: &Path| match disk::create_folder(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    };
    match (create(path), path.parent()) {
        (Err(e), Some(parent)) if e.kind() == ErrorKind::NotFound && !parent.as_os_str().is_empty() => {
            create_below(parent, whole)?;
            create(path).map_err(Error::io("create", whole))?;
        }
        (created, _) => created.map_err(Error::io("create", whole))?,
    }
    sync_folder_of(path)
}

/// Makes every file below a folder durable, then the folders. For sled 0.34, whose `flush` writes
/// without fsync and never syncs its blob files.
pub(crate) fn sync_tree(path: &Path) -> Result<()> {
    for entry in std::fs::read_dir(path).map_err(Error::io("list", path))? {
        let entry = entry.map_err(Error::io("list", path))?;
        let path = entry.path();
        if path.is_dir() {
            sync_tree(&path)?;
            continue;
        }
        match File::open(&path).and_then(|file| disk::sync(&file, &path)) {
            // sled replaces its snapshot files while it lives: a name that is gone is not ours to sync.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            other => other.map_err(Error::io("sync", &path))?,
        }
    }
    sync_folder(path)
}

/// Writes a small file so that its name stands for all of it, whatever happens meanwhile: under another name first.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let (new, mut file) = unfinished(path)?;
    file.write_all(bytes).and_then(|()| disk::sync(&file, &new)).map_err(Error::io("write", &new))?;
    // The lock is let go of only after that.
    disk::rename(&new, path).map_err(Error::io("rename to", path))?;
    drop(file);
    sync_folder_of(path)
}

/// A file beside another, locked so that [`super::garbage`] leaves it alone. A name of its own: two processes may write the same
/// file at one time.
fn unfinished(path: &Path) -> Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
        let file = File::create(&new).map_err(Error::io("write", &new))?;
        // Where a medium knows no locks, nobody removes it either.
        let _ = file.lock();
        // Between the two calls above the file looked like garbage, and may have been taken for it.
        if new.exists() {
            return Ok((new, file));
        }
    }
}

/// Whether a name is one that [`write_whole`] gives to a file before it is whole: `history.812-0.tmp`.
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = name.to_str().and_then(|name| name.strip_suffix(".tmp")).and_then(|name| name.rsplit_once('.'));
    let numbers = name.and_then(|(_, numbers)| numbers.split_once('-'));
    numbers.is_some_and(|(process, number)| is_number(process) && is_number(number))
}
