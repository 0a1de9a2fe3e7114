//! What backups make durable, under which locks, and what they leave where the disk is full.

use super::contents::{Contents, assert_same};
use super::states::{Random, write_state};
use super::{RECORDER, ROOM, Recorder, WATCH, entry, spec};
use crate::files::history;
use crate::files::manifest::Manifest;
use crate::{Error, OnConflict, Store};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tempfile::TempDir;

/// A store with a run of a segment, and the folder that its backup goes into.
fn prepared() -> (TempDir, Store, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    prepared_in(folder)
}

fn prepared_in(folder: TempDir) -> (TempDir, Store, PathBuf) {
    let store = Store::create(folder.path().join("store")).expect("a new store");
    let backup = folder.path().join("backup");
    more(&store, "first");
    (folder, store, backup)
}

fn more(store: &Store, run: &str) {
    let run = store.open_run(spec(run)).expect("a run");
    run.append_batch(&entry("fact", 1, 5), OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
}

fn back_up(store: &Store, to: &Path) -> Result<(), Error> {
    store.backup(to, &mut |_, _| {}).map(drop)
}

fn is_locked(path: &Path) -> bool {
    File::open(path).expect("opens").try_lock().is_err()
}

#[test]
fn the_mark_of_a_commit_that_was_backed_up_is_there_after_every_power_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    RECORDER.set(Some(Recorder::new(folder.path())));
    let (_folder, store, backup) = prepared_in(folder);
    back_up(&store, &backup).expect("backs up");
    let log = RECORDER.take().expect("it was set").log;
    let commit = store.snapshot().expect("reads").epoch();
    let mark = Manifest::mark(store.path(), commit).expect("reads");
    assert!(mark.is_some());
    for seed in 0..40 {
        let disk = tempfile::tempdir().expect("a folder");
        write_state(&log, log.len(), &mut Random(seed), disk.path());
        assert_eq!(history::mark_of(&disk.path().join("store"), commit), mark, "state {seed}");
        assert_eq!(history::mark_of(&disk.path().join("backup"), commit), mark, "state {seed} of the backup");
    }
}

#[test]
fn a_mark_is_made_durable_under_the_catalogue_s_lock_and_half_a_history_is_locked() {
    let (_folder, store, backup) = prepared();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let (history, db) = (store.path().join("history"), store.path().join("catalogue").join("db"));
    let (to, seen_there) = (seen.clone(), backup.clone());
    WATCH.set(Some(Box::new(move |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path == history {
            to.borrow_mut().push(("mark", is_locked(&db)));
        } else if path.parent() == Some(seen_there.as_path()) && name.starts_with("history.") {
            to.borrow_mut().push(("copy", is_locked(path)));
        }
    })));
    back_up(&store, &backup).expect("backs up");
    WATCH.set(None);
    assert_eq!(*seen.borrow(), [("mark", true), ("copy", true)]);
}

#[test]
fn a_backup_is_complete_when_only_its_clean_up_fails_and_the_error_says_so() {
    let (folder, store, backup) = prepared();
    back_up(&store, &backup).expect("backs up");
    store.drop_run("first").expect("drops");
    more(&store, "second");
    // A second name of `epoch` keeps the clean-up from the lock, after the note of the commit was written.
    let (link, epoch, notes) = (folder.path().join("link"), backup.join("epoch"), Rc::new(Cell::new(0)));
    let written = notes.clone();
    WATCH.set(Some(Box::new(move |path: &Path| {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("backup.")) {
            written.set(written.get() + 1);
            if written.get() == 2 {
                std::fs::hard_link(&epoch, &link).expect("links");
            }
        }
    })));
    let error = back_up(&store, &backup).expect_err("the clean-up fails");
    WATCH.set(None);
    assert!(matches!(error, Error::AfterCommit { .. }), "{error}");
    assert_eq!(notes.get(), 2, "what is coming, and what is there");
    let expected = Contents::of(&store).expect("reads");
    assert_same(&Contents::of(&Store::open(&backup).expect("opens")).expect("reads"), &expected, "complete");
    let files = || std::fs::read_dir(backup.join("files")).expect("lists").count();
    let before = files();
    std::fs::remove_file(folder.path().join("link")).expect("removes");
    back_up(&store, &backup).expect("backs up again");
    assert!(files() < before, "what is gone goes now");
}

#[test]
fn a_backup_without_room_says_what_is_there_and_goes_on_with_it() {
    let (_folder, store, backup) = prepared();
    let mut stages = std::collections::BTreeSet::new();
    for first in [true, false] {
        let healthy = (!first).then(|| Contents::of(&Store::open(&backup).expect("opens")).expect("reads"));
        more(&store, if first { "second" } else { "third" });
        let now = store.snapshot().expect("reads").epoch();
        let new = Contents::of(&store).expect("reads");
        for room in 0.. {
            assert!(room < 200, "it comes to an end");
            ROOM.set(Some(room));
            let done = back_up(&store, &backup);
            ROOM.set(None);
            let error = match done {
                Ok(()) => break,
                // The last one is of the clean-up.
                Err(Error::AfterCommit { .. } | Error::Unpublished { .. }) => break,
                Err(error) => error,
            };
            let Error::BackupFull { copied, files, before, .. } = &error else { panic!("{room}: {error}") };
            assert_eq!(before.is_none(), first, "{error}");
            let told = if first { "there is no backup yet" } else { "the backup of commit" };
            assert!(error.to_string().contains(told) && copied <= files, "{error}");
            stages.insert((first, *copied));
            if let Some(healthy) = &healthy {
                let there = Store::open_read_only(&backup).expect("opens");
                // A commit that is durable counts, though the full disk kept it from being told.
                let expected = if *before == Some(now) { &new } else { healthy };
                assert_same(&Contents::of(&there).expect("reads"), expected, "the earlier backup");
            }
        }
        back_up(&store, &backup).expect("goes on");
        let there = Contents::of(&Store::open(&backup).expect("opens")).expect("reads");
        assert_same(&there, &new, "whole");
    }
    assert!(stages.contains(&(true, 0)) && stages.contains(&(true, 2)), "{stages:?}");
}
