//! Removes files that are not in the manifest: left behind by a crash, or replaced by a commit.
//!
//! Runs under the catalogue's lock, so no commit is half-way. A file someone is building has an
//! exclusive lock and one that someone reads a shared lock: both are left for a later time.

use crate::catalogue::{Catalogue, FileRecord};
use crate::files::{DICTIONARY, SEGMENT, file_path};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

/// Removes what nobody needs. A file that cannot be removed now stays until the next call.
pub(crate) fn collect(folder: &Path, catalogue: &Catalogue) {
    let listed: HashSet<OsString> = catalogue
        .files
        .iter()
        .filter_map(|(&file, record)| {
            let extension = match record {
                FileRecord::Segment { .. } => SEGMENT,
                FileRecord::Dictionary { .. } => DICTIONARY,
            };
            file_path(folder, file, extension).file_name().map(ToOwned::to_owned)
        })
        .collect();
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| !listed.contains(&entry.file_name())) {
        let unused = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if unused {
            // Fails only if someone else removed it, or the folder is read-only: both are fine.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
