//! Folders of other kinds, made of a fixture.

use crate::checkpoint::{Order, legacy};
use crate::folder::Folder;
use std::path::{Path, PathBuf};

pub fn whole(folder: &Folder) -> PathBuf {
    folder.root().to_owned()
}

/// The folder with one more file.
pub fn with(folder: &Folder, file: &str, bytes: &[u8]) -> PathBuf {
    folder.write(file, bytes);
    whole(folder)
}

/// The folder with another file in the place of the weights.
pub fn instead_of_weights(folder: &Folder, file: &str, bytes: &[u8]) -> PathBuf {
    folder.remove("model.safetensors");
    with(folder, file, bytes)
}

/// Everything moved into a folder inside.
pub fn moved(folder: &Folder, inside: &str) -> PathBuf {
    let to = folder.path(inside);
    let files: Vec<PathBuf> = entries(&whole(folder));
    std::fs::create_dir_all(&to).expect("a folder");
    for file in files {
        std::fs::rename(&file, to.join(file.file_name().expect("a name"))).expect("a file moved");
    }
    to
}

pub fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// A cache as the hub's client lays it out: files are links into `blobs`.
pub fn cached(folder: &Folder, snapshots: &[&str]) -> PathBuf {
    let blobs = moved(folder, "models--kndb--tiny/blobs");
    let cache = folder.path("models--kndb--tiny");
    std::fs::create_dir_all(cache.join("refs")).expect("a folder");
    std::fs::write(cache.join("refs/main"), snapshots[0]).expect("a file");
    for snapshot in snapshots {
        let to = cache.join("snapshots").join(snapshot);
        std::fs::create_dir_all(&to).expect("a folder");
        for blob in entries(&blobs) {
            let name = blob.file_name().expect("a name");
            std::os::unix::fs::symlink(Path::new("../../blobs").join(name), to.join(name)).expect("a link");
        }
    }
    cache
}

pub fn in_legacy(folder: &Folder, order: Order, little_endian: bool) -> PathBuf {
    let bytes = legacy(&folder.all(), order, little_endian);
    instead_of_weights(folder, "pytorch_model.bin", &bytes)
}
