//! A store that only readers know: files and a manifest, without a catalogue. Bytes are put in the place of the manifest, and the store is
//! asked everything. The libFuzzer target `manifest` of `fuzz/` uses this file, too.

use crate::answers::Answers;
use kndb_storage::{Error, Store};
use std::path::{Path, PathBuf};

/// The folders of such a store, and what lies in it.
pub const FOLDERS: [&str; 3] = ["", "files", "manifests"];

/// Where the small store is kept whose manifest is the seed.
pub fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/store")
}

/// A copy of a store, without its catalogue.
pub struct Published {
    store: PathBuf,
    manifest: PathBuf,
}

impl Published {
    /// Copies a store to a folder that is not there yet.
    pub fn of(store: &Path, to: &Path) -> Self {
        for folder in FOLDERS {
            std::fs::create_dir_all(to.join(folder)).expect("a folder");
            for entry in std::fs::read_dir(store.join(folder)).expect("lists") {
                let path = entry.expect("lists").path();
                if path.is_file() {
                    std::fs::copy(&path, to.join(folder).join(path.file_name().expect("a name"))).expect("copies");
                }
            }
        }
        let manifests = std::fs::read_dir(to.join("manifests")).expect("lists");
        let manifests = manifests.map(|entry| entry.expect("lists").path()).filter(|path| path.extension().is_none());
        Self { store: to.to_owned(), manifest: manifests.max().expect("there is one") }
    }

    /// The bytes of its newest manifest.
    pub fn manifest(&self) -> Vec<u8> {
        std::fs::read(&self.manifest).expect("reads")
    }

    /// Asks everything by a manifest of these bytes, and verifies it.
    pub fn read(&self, manifest: &[u8]) -> Result<(), Error> {
        std::fs::write(&self.manifest, manifest).expect("writes");
        let store = Store::open_read_only(&self.store)?;
        let answers = Answers::of(&store)?;
        // Verified even where something was refused: there is more to read.
        let verified = store.verify();
        answers.refused.into_values().next().map_or(Ok(()), Err)?;
        verified.map(drop)
    }
}
