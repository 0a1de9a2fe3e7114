//! Changes a file of the store and makes its checksums right again, as an adversary would: `docs/format.md` says where they are.

use super::envelope::{Container, TRAILER, WAITING_TRAILER, number, prove_waiting, set};
use super::mutations::{Random, mutate};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// A file that is to be changed.
pub struct Forge {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The manifest, which has the checksums of waiting entries and of the directories of files.
    manifest: PathBuf,
    waits: bool,
}

impl Forge {
    pub fn of(store: &Path, file: &Path) -> Self {
        let path = store.join(file);
        let bytes = std::fs::read(&path).expect("reads");
        let waits = path.extension().is_some_and(|extension| extension == "waiting");
        Self { path, bytes, manifest: newest_manifest(store), waits }
    }

    /// The files that change, with what is to be in them.
    pub fn change(mut self, random: &mut Random) -> Vec<(PathBuf, Vec<u8>)> {
        if self.waits {
            let manifest = self.manifest.clone();
            return self.change_waiting(manifest, random);
        }
        let before = self.bytes.len().checked_sub(TRAILER).map(|at| number(&self.bytes, at + 16));
        let changed = Container::of(&self.bytes).map(|container| container.change(random, &mut mutate));
        let changed = changed.unwrap_or_else(|| {
            mutate(&mut self.bytes, random, true);
            self.bytes
        });
        let after = changed.len().checked_sub(TRAILER).map(|at| number(&changed, at + 16));
        let mut all = vec![(self.path, changed)];
        if let (Some(before), Some(after)) = (before, after)
            && all[0].0 != self.manifest
        {
            let mut manifest = Container::of(&std::fs::read(&self.manifest).expect("reads")).expect("a manifest");
            let places = 0..manifest.directory.len().saturating_sub(7);
            let places: Vec<_> = places.filter(|&at| number(&manifest.directory, at) == before).collect();
            places.iter().for_each(|&at| set(&mut manifest.directory, at, after));
            all.push((self.manifest, manifest.write()));
        }
        all
    }

    fn change_waiting(mut self, path: PathBuf, random: &mut Random) -> Vec<(PathBuf, Vec<u8>)> {
        let manifest = std::fs::read(&path).expect("reads");
        let mut container = Container::of(&manifest).expect("a manifest");
        let whole = self.bytes.clone();
        let pieces: Vec<(usize, usize, usize)> = (0..container.directory.len().saturating_sub(19))
            .filter_map(|at| {
                let begin = number(&container.directory, at) as usize;
                let len = u32::from_le_bytes(container.directory[at + 8..at + 12].try_into().expect("four")) as usize;
                let piece = whole.get(begin..begin.checked_add(len)?)?;
                (len > 0 && xxh3_64(piece) == number(&container.directory, at + 12)).then_some((at, begin, len))
            })
            .collect();
        let Some(&(at, begin, len)) = pieces.get(random.below(pieces.len().max(1) as u64) as usize) else {
            return vec![(self.path, self.bytes)];
        };
        let mut piece = self.bytes[begin..begin + len].to_vec();
        let end = len - WAITING_TRAILER.min(len);
        let mut content = piece[..end].to_vec();
        mutate(&mut content, random, false);
        piece[..end].copy_from_slice(&content);
        if random.below(4) == 0 {
            mutate(&mut piece, random, false);
        }
        prove_waiting(&mut piece);
        set(&mut container.directory, at + 12, xxh3_64(&piece));
        self.bytes[begin..begin + len].copy_from_slice(&piece);
        vec![(self.path, self.bytes), (path, container.write())]
    }
}

fn newest_manifest(store: &Path) -> PathBuf {
    let entries = std::fs::read_dir(store.join("manifests")).expect("lists");
    let paths = entries.map(|entry| entry.expect("lists").path()).filter(|path| path.extension().is_none());
    paths.max().expect("there is one")
}
