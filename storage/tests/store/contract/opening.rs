//! Creating and opening, and what is no store.

use crate::toy::{Toy, eventually, scores, spec};
use kndb_storage::{Error, FORMAT_VERSION, Options, Store};
use std::sync::Barrier;
use std::time::Duration;

#[test]
fn what_is_no_store_is_said_to_be_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "hello").expect("writes");
    let nothing = folder.path().join("nothing");
    for (path, expected) in
        [(nothing.as_path(), "nothing at that path"), (&file, "it is a file"), (folder.path(), "no KNDB file")]
    {
        let error = Store::open(path).err().expect("no store");
        assert!(matches!(error, Error::NotAStore { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(expected) && text.contains(&path.display().to_string()), "{text}");
    }
    assert!(!nothing.exists(), "opening makes nothing");
}

#[test]
fn another_format_is_named_and_refused() {
    let toy = Toy::new();
    std::fs::write(toy.path.join("KNDB"), "kndb store, format 77\n").expect("writes");
    let error = Store::open(&toy.path).err().expect("another format");
    assert!(matches!(error, Error::FormatVersion { found: 77, oldest: 1, newest: FORMAT_VERSION, .. }), "{error}");
    for other in ["", "kndb store", "kndb store, format one", "SQLite format 3"] {
        std::fs::write(toy.path.join("KNDB"), other).expect("writes");
        let error = Store::open(&toy.path).err().expect("no format");
        assert!(matches!(error, Error::NotAStore { .. }), "{other:?}: {error}");
    }
}

#[test]
fn a_store_is_created_only_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "hello").expect("writes");
    let toy = Toy::new();
    for (path, expected) in [
        (toy.path.as_path(), "there is a store already"),
        (folder.path(), "the folder is not empty"),
        (&file, "there is a file of that name"),
    ] {
        let error = Store::create(path).err().expect("something is there");
        assert!(matches!(error, Error::AlreadyThere { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), "hello");
}

#[test]
fn a_store_is_created_in_an_empty_folder_and_below_folders_that_are_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    Store::create(folder.path()).expect("an empty folder");
    let deep = folder.path().join("a/b/c");
    Store::open_or_create(&deep).expect("a new store");
    Store::open_or_create(&deep).expect("the same again");
    assert_eq!(Store::open(&deep).expect("a store").snapshot().expect("empty").runs().len(), 0);
}

#[test]
fn of_many_who_make_the_same_store_all_get_it_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (path, barrier) = (&path, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let store = Store::open_or_create(path).expect("made or opened");
                store
                    .open_run(spec("run"))
                    .expect("a run")
                    .append(scores(&format!("f{thread}"), "en", 1))
                    .expect("appends");
            });
        }
    });
    assert_eq!(Store::open(&path).expect("opens").snapshot().expect("reads").unsealed().0, 4);
    let beside: Vec<_> = std::fs::read_dir(folder.path()).expect("lists").map(|entry| entry.expect("lists")).collect();
    assert_eq!(beside.len(), 1, "nothing unfinished is left: {beside:?}");
}

#[test]
fn a_creation_that_was_interrupted_is_no_store() {
    let toy = Toy::new();
    // The marker is written last.
    std::fs::remove_file(toy.path.join("KNDB")).expect("removes");
    assert!(matches!(Store::open(&toy.path), Err(Error::NotAStore { .. })));
    assert!(matches!(Store::create(&toy.path), Err(Error::AlreadyThere { .. })));
}

#[test]
fn a_lock_that_is_held_for_long_is_an_error_that_says_so() {
    let toy = Toy::new();
    let mut held = None;
    eventually("nobody else has it", || {
        held = sled::Config::new().path(toy.path.join("catalogue")).open().ok();
        held.is_some()
    });
    let options = Options { lock_timeout: Duration::from_millis(30), ..Options::default() };
    let store = Store::open_with(&toy.path, options).expect("opening needs no lock");
    store.snapshot().expect("reading needs no lock");
    let error = store.drop_orphans().expect_err("locked");
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().contains("waited 30ms"), "{error}");
    drop(held);
    let patient = Options { lock_timeout: Duration::from_secs(30), ..Options::default() };
    Store::open_with(&toy.path, patient).expect("opens").drop_orphans().expect("not locked any more");
}
