//! The marker of a store, written anew where it is damaged or missing and all else of a store is there.

use super::Store;
use super::create::{MARKER, format_of, write_marker_of};
use crate::catalogue;
use crate::error::Result;
use crate::files::container::FORMAT_VERSION;
use crate::files::manifest::{Manifest, numbers};
use crate::store::Options;
use std::path::Path;

impl Store {
    /// Whether a store lies there, or what is left of one that has lost its marker. Looks at names only: it may be damaged.
    pub fn looks_like_one(path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        path.join(MARKER).exists() || Self::has_all_but_a_marker(path)
    }

    /// Whether the parts of a store lie there, whatever its marker says.
    pub fn has_all_but_a_marker(path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        path.join("files").is_dir() && path.join("catalogue").join("db").is_file()
    }

    /// The format of a store that lacks nothing but its marker; `None` where the marker names a format, or the folder is no store.
    /// Changes nothing but what any writer mends, where no manifest can be read: a snapshot of sled's is put aside ([`Self::repairs`]).
    ///
    /// # Errors
    /// When manifests cannot be listed.
    pub fn lacks_its_marker(path: impl AsRef<Path>) -> Result<Option<u32>> {
        let path = path.as_ref();
        let names_a_format = std::fs::read(path.join(MARKER)).is_ok_and(|text| format_of(&text).is_some());
        if names_a_format || !Self::has_all_but_a_marker(path) {
            return Ok(None);
        }
        let is_whole = |&number: &u64| matches!(Manifest::open(path, number), Ok(Some(_)));
        if numbers(path)?.iter().rev().any(is_whole) {
            return Ok(Some(FORMAT_VERSION));
        }
        // Without a manifest: of format 1, or one whose manifests are gone, too.
        let found =
            catalogue::open(&path.join("catalogue"), Options::default().lock_timeout).map(|found| found.release());
        let found = found.ok().filter(|found| found.counters.epoch > 0);
        Ok(found.map(|found| if found.store.is_some() { FORMAT_VERSION } else { 1 }))
    }

    /// Writes the marker anew, where nothing but it is missing; says whether that was so.
    ///
    /// # Errors
    /// As for [`Self::lacks_its_marker`]; when the marker cannot be written.
    pub fn restore_marker(path: impl AsRef<Path>) -> Result<bool> {
        let format = Self::lacks_its_marker(&path)?;
        format.map_or(Ok(()), |format| write_marker_of(path.as_ref(), format))?;
        Ok(format.is_some())
    }
}
