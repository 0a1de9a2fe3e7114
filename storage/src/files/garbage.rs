//! Removes files that nobody needs: left behind by a crash, or replaced by a commit.
//!
//! Runs under the catalogue's lock, so no commit is half-way. What the newest manifest lists stays, and so does what a manifest lists
//! that somebody reads by: a reader opens its files when it needs them, perhaps long after a commit has replaced them. A file
//! that someone is building has an exclusive lock, and is left alone.

use super::fresh::fresh_path;
use super::manifest::{Manifest, folder, manifest_path, numbers};
use crate::catalogue::{Catalogue, FileRecord};
use crate::files::{DICTIONARY, SEGMENT, SET, file_path};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Removes what nobody needs. A file that cannot be removed now stays until the next call.
pub(crate) fn collect(store: &Path, catalogue: &Catalogue) {
    let mut listed = HashSet::new();
    list(store, catalogue, &mut listed);
    for number in numbers(store).unwrap_or_default() {
        let path = manifest_path(store, number);
        let newest = number == catalogue.counters.epoch;
        // The lock stays until the name is gone, so that a reader that waits for it sees that.
        let unused = if newest { None } else { File::open(&path).ok().filter(|file| file.try_lock().is_ok()) };
        if let Some(_locked) = unused {
            let _ = std::fs::remove_file(&path);
            continue;
        }
        listed.extend(path.file_name().map(ToOwned::to_owned));
        match Manifest::open(store, number) {
            Ok(Some(manifest)) => {
                list(store, &manifest.catalogue, &mut listed);
                let fresh = manifest.fresh_file().map(|commit| fresh_path(store, commit));
                listed.extend(fresh.as_deref().and_then(Path::file_name).map(ToOwned::to_owned));
            }
            Ok(None) => {}
            // Someone reads by it, and what it lists is not known: nothing can be removed now.
            Err(_) => return,
        }
    }
    for folder in [store.join("files"), folder(store)] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten().filter(|entry| !listed.contains(&entry.file_name())) {
            // Kept until the name is gone: else someone could lock the file in between, and lose it.
            let unused = File::open(entry.path()).ok().filter(|file| file.try_lock().is_ok());
            if let Some(_locked) = unused {
                // Fails only if someone else removed it, or the folder is read-only: both are fine.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// The names of a catalogue's files.
fn list(store: &Path, catalogue: &Catalogue, listed: &mut HashSet<OsString>) {
    let paths = catalogue.files.iter().map(|(&file, record)| path_of(store, file, record));
    listed.extend(paths.filter_map(|path| path.file_name().map(ToOwned::to_owned)));
}

/// Where a file of the manifest is.
pub(crate) fn path_of(store: &Path, file: crate::ids::FileId, record: &FileRecord) -> PathBuf {
    let extension = match record {
        FileRecord::Segment { .. } => SEGMENT,
        FileRecord::Dictionary { .. } => DICTIONARY,
        FileRecord::Set { .. } => SET,
    };
    file_path(store, file, extension)
}
