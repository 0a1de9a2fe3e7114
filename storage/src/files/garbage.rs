//! Removes files that nobody needs: left behind by a crash, or replaced by a commit.
//!
//! Runs under the catalogue's lock, so no commit is half-way. What the newest manifest lists stays, and so does what a manifest lists
//! that somebody reads by: a reader opens its files when it needs them, perhaps long after a commit has replaced them. A file
//! that someone is building has an exclusive lock, and is left alone.

use super::disk;
use super::durable::is_unfinished;
use super::fresh::fresh_path;
use super::manifest::{Manifest, folder, manifest_path, numbers};
use crate::catalogue::{Catalogue, FileRecord};
use crate::files::{DICTIONARY, SEGMENT, SET, file_path};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{DirEntry, File};
use std::path::{Path, PathBuf};

/// Removes what nobody needs. A file that cannot be removed now stays until the next call.
///
/// `published` is the newest manifest, where it is known: it was read a moment ago, and a store of thousands of runs has a large one.
pub(crate) fn collect(store: &Path, catalogue: &Catalogue, published: Option<&Manifest>) {
    remove_unlocked(store, |entry| is_unfinished(&entry.file_name()));
    let mut listed = HashSet::new();
    list(store, catalogue, &mut listed);
    // Without the list nobody knows what somebody reads by.
    let Ok(numbers) = numbers(store) else { return };
    for number in numbers {
        let path = manifest_path(store, number);
        let newest = number == catalogue.counters.epoch;
        // The lock stays until the name is gone, so that a reader that waits for it sees that.
        let unused = if newest { None } else { File::open(&path).ok().filter(|file| file.try_lock().is_ok()) };
        if let Some(_locked) = unused {
            let _ = disk::remove_file(&path);
            continue;
        }
        listed.extend(path.file_name().map(ToOwned::to_owned));
        let mut list_all = |manifest: &Manifest| {
            list(store, &manifest.catalogue, &mut listed);
            let fresh = manifest.fresh_file().map(|commit| fresh_path(store, commit));
            listed.extend(fresh.as_deref().and_then(Path::file_name).map(ToOwned::to_owned));
        };
        if let Some(known) = published.filter(|known| known.catalogue.counters.epoch == number) {
            list_all(known);
            continue;
        }
        match Manifest::open(store, number) {
            Ok(Some(manifest)) => list_all(&manifest),
            Ok(None) => {}
            // Someone reads by it, and what it lists is not known: nothing can be removed now.
            Err(_) => return,
        }
    }
    for folder in [store.join("files"), folder(store)] {
        remove_unlocked(&folder, |entry| !listed.contains(&entry.file_name()));
    }
}

/// Removes files of a folder that nobody has locked.
fn remove_unlocked(folder: &Path, is_garbage: impl Fn(&DirEntry) -> bool) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(is_garbage) {
        // Kept until the name is gone: else someone could lock the file in between, and lose it.
        let unused = File::open(entry.path()).ok().filter(|file| file.try_lock().is_ok());
        if let Some(_locked) = unused {
            // Fails only if someone else removed it, or the folder is read-only: both are fine.
            let _ = disk::remove_file(&entry.path());
        }
    }
}

/// Makes room on a full disk, without the catalogue, which cannot be opened there: removes old manifests that nobody reads by, and files of
/// waiting entries that no manifest names. What they said is in the catalogue or gone; files with entries are not touched.
pub(crate) fn make_room(store: &Path) {
    let numbers = numbers(store).unwrap_or_default();
    let Some(&newest) = numbers.last() else { return };
    let mut named = HashSet::new();
    for number in numbers {
        let path = manifest_path(store, number);
        let unused =
            if number == newest { None } else { File::open(&path).ok().filter(|file| file.try_lock().is_ok()) };
        if let Some(_locked) = unused {
            let _ = disk::remove_file(&path);
            continue;
        }
        match Manifest::open(store, number) {
            Ok(Some(manifest)) => named.extend(manifest.fresh_file()),
            Ok(None) if number != newest => {}
            // What the newest one names is not known.
            Ok(None) | Err(_) => return,
        }
    }
    let Ok(entries) = std::fs::read_dir(folder(store)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let begun_by =
            name.to_str().and_then(|name| name.strip_suffix(".waiting")).and_then(|number| number.parse().ok());
        // A file that is begun at this moment is of a later commit.
        if begun_by.is_some_and(|commit: u64| commit <= newest && !named.contains(&commit)) {
            let _ = disk::remove_file(&entry.path());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, EntryData, Neuron, RunSpec, Shape, Store};

    #[test]
    fn what_a_killed_process_wrote_beside_a_small_file_goes_and_all_else_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let store = Store::create(&path).expect("a store");
        let names = ["history.812-0.tmp", "KNDB.1-20.tmp", "backup.7-7.tmp", "notes.tmp", "notes.7-.tmp", "a.7-x.tmp"];
        names.iter().for_each(|name| std::fs::write(path.join(name), "half").expect("writes"));
        let at_work = File::open(path.join(names[2])).expect("opens");
        at_work.lock().expect("locks");
        store.collect_garbage().expect("collects");
        assert_eq!(names.map(|name| path.join(name).exists()), [false, false, true, true, true, true]);
        drop(at_work);
        store.collect_garbage().expect("collects");
        assert!(!path.join(names[2]).exists());
    }

    fn add(store: &Store, fact: &str) {
        let run = store.open_run(RunSpec::new("run", "model", Shape { layers: 1, width: 2 })).expect("a run");
        let data = EntryData::Neurons(vec![Neuron(1)]);
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }

    #[test]
    fn room_is_made_by_what_nobody_reads_by() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let store = Store::create(&path).expect("a store");
        add(&store, "first");
        let reader = Store::open(&path).expect("opens");
        let snapshot = reader.snapshot().expect("a snapshot");
        add(&store, "second");
        add(&store, "third");
        // It reads by a manifest, too.
        drop(store);
        let newest = Store::open(&path).expect("opens").snapshot().expect("a snapshot").epoch();
        assert!(numbers(&path).expect("listed").len() > 2, "a manifest is left over");
        make_room(&path);
        assert_eq!(numbers(&path).expect("listed"), [snapshot.epoch(), newest], "what is read by stays");
        let found = |snapshot: &crate::Snapshot| {
            let run = snapshot.run_named("run").expect("the run").id;
            snapshot.holds(run).expect("readable").attributed
        };
        assert_eq!(found(&snapshot), 1);
        assert_eq!(found(&Store::open(&path).expect("opens").snapshot().expect("a snapshot")), 3);
        drop((snapshot, reader));
        make_room(&path);
        assert_eq!(numbers(&path).expect("listed"), [newest]);
        assert!(Store::open(&path).expect("opens").verify().expect("readable").problems.is_empty());
    }
}
