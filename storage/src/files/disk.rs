//! The one way in which the store changes files' names and makes bytes durable: what a power cut can undo.
//!
//! Each operation is the system's own. In tests a watcher looks on ([`crate::power`]), and makes up what a disk may hold after a
//! cut at any moment. Not for reading, and not for locks.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(test)]
use crate::power::{changed as watch_change, has_room, synced as watch_sync};

#[cfg(not(test))]
fn has_room() -> io::Result<()> {
    Ok(())
}

#[cfg(not(test))]
fn watch_change() {}

#[cfg(not(test))]
fn watch_sync(_: &Path) {}

/// Makes a file that is not there yet.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    has_room()?;
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    watch_change();
    Ok(file)
}

/// Makes a folder in one that is there.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)?;
    watch_change();
    Ok(())
}

/// Gives a file or folder another name, in the place of what has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    watch_change();
    std::fs::rename(from, to)?;
    watch_change();
    Ok(())
}

pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    watch_change();
    Ok(())
}

/// Says that bytes were written which nobody syncs.
pub(crate) fn wrote() {
    watch_change();
}

/// Makes a file's bytes durable, or a folder's names.
pub(crate) fn sync(file: &File, path: &Path) -> io::Result<()> {
    watch_change();
    has_room()?;
    file.sync_all()?;
    watch_sync(path);
    Ok(())
}
