//! What sled can do without, and what it cannot.

use super::{Patient, put};
use crate::contents::{Contents, assert_same};
use crate::toy::{self, Toy};
use kndb_storage::{Error, Store};
use std::path::{Path, PathBuf};

fn snapshots(store: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(store.join("catalogue")).expect("lists").flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))).collect()
}

fn change(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).expect("reads");
    bytes[at] ^= 0x10;
    put(path, &bytes);
}

fn with_a_damaged_snapshot() -> Patient {
    let patient = Patient::new();
    let found = snapshots(&patient.toy.path);
    assert!(!found.is_empty(), "sled wrote one");
    found.iter().for_each(|path| change(path, 30));
    patient
}

#[test]
fn sled_s_snapshot_is_not_needed_and_the_store_says_what_became_of_it() {
    for manifests_too in [false, true] {
        let patient = with_a_damaged_snapshot();
        for entry in std::fs::read_dir(patient.toy.path.join("manifests")).expect("lists").flatten() {
            if manifests_too && entry.path().extension().is_none() {
                change(&entry.path(), 50);
            }
        }
        // Who was killed while it tried left its copy.
        std::fs::create_dir(patient.toy.path.join("catalogue.trial-1")).expect("a folder");
        let store = patient.toy.fresh();
        assert!(store.examine().expect("reads").lost.is_empty(), "nothing is lost");
        assert_same(&Contents::of(&store).expect("reads"), &patient.healthy, "all of it is in the log");
        store.open_run(toy::spec("another")).expect("writes");
        let verified = patient.toy.fresh().verify().expect("verifies");
        assert!(verified.problems.is_empty() && verified.catalogue, "{:?}", verified.problems);
        let note = store.repairs().expect("reads").expect("a note").text;
        assert!(note.contains("rebuilt: the catalogue's snapshot, from its log") && !note.contains("lost: "), "{note}");
        let kept = std::fs::read_dir(patient.toy.path.join("damaged")).expect("lists").count();
        assert_eq!(kept, note.matches("kept: damaged/snap.").count());
        let beside = std::fs::read_dir(&patient.toy.path).expect("lists").flatten();
        assert!(
            !beside.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("trial")),
            "no copy is left"
        );
    }
}

#[test]
fn a_log_that_does_not_have_the_last_commit_is_not_taken_for_the_catalogue() {
    let mut refused = 0;
    for eighths in 1..8 {
        let patient = with_a_damaged_snapshot();
        let db = patient.toy.path.join("catalogue").join("db");
        let bytes = std::fs::read(&db).expect("reads");
        // The rest of the file is room to come.
        let used = bytes.iter().rposition(|&byte| byte > 8).expect("something is written") + 1;
        put(&db, &bytes[..used * eighths / 8]);
        let before = snapshots(&patient.toy.path);
        let store = patient.toy.fresh();
        if let Err(error) = store.collect_garbage() {
            refused += usize::from(matches!(error, Error::Corrupt { .. }));
            assert_eq!(snapshots(&patient.toy.path), before, "nothing was put aside: {error}");
        }
        assert_same(&Contents::of(&patient.toy.fresh()).expect("reads"), &patient.healthy, "the manifest says it all");
    }
    assert!(refused > 1, "{refused}");
}

#[test]
fn an_older_catalogue_among_newer_manifests_is_a_loss_and_no_other_store() {
    let patient = Patient::new();
    let old = patient.toy.path.with_file_name("old");
    super::copy_folder(&patient.toy.path, &old);
    let writer = patient.toy.fresh();
    writer.open_run(toy::spec("later")).expect("writes");
    drop(writer);
    super::copy_folder(&old, &patient.toy.path);
    let store = patient.toy.fresh();
    let said = |problem: &Error| problem.to_string().contains("last commit: found commit");
    assert!(store.verify().expect("reads").problems.iter().any(said), "verify says it");
    let error = store.open_run(toy::spec("more")).map(drop).expect_err("refused");
    assert!(said(&error), "{error}");
    let repair = store.repair().expect("repairs");
    assert!(repair.lost.is_empty(), "{repair:?}");
    assert!(patient.toy.fresh().snapshot().expect("reads").run_named("later").is_some(), "the commit is there again");
}

#[cfg(unix)]
#[test]
fn a_copy_made_of_links_is_read_and_not_written_to() {
    fn link(from: &Path, to: &Path) {
        std::fs::create_dir(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("lists").flatten() {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() { link(&from, &to) } else { std::fs::hard_link(&from, &to).expect("links") }
        }
    }
    let patient = Patient::new();
    let copy = patient.toy.path.with_file_name("linked");
    link(&patient.toy.path, &copy);
    for path in [&patient.toy.path, &copy] {
        let store = Store::open(path).expect("opens");
        assert_same(&Contents::of(&store).expect("reads"), &patient.healthy, "it is read");
        let refused = [store.open_run(toy::spec("more")).map(drop), store.repair().map(drop), store.collect_garbage()];
        for error in refused.into_iter().map(|refused| refused.expect_err("it has two names")) {
            assert!(matches!(error, Error::Linked { links: 2, .. }), "{error}");
        }
    }
    std::fs::remove_dir_all(&copy).expect("removes");
    patient.toy.fresh().open_run(toy::spec("more")).expect("it has one name again");
}

#[test]
fn a_marker_is_written_anew_where_all_else_of_a_store_is_there() {
    for damage in [None, Some("kndb stroe, format 2"), Some("\u{0}\u{0}")] {
        let patient = Patient::new();
        let marker = patient.toy.path.join("KNDB");
        match damage {
            None => std::fs::remove_file(&marker).expect("removes"),
            Some(text) => put(&marker, text.as_bytes()),
        }
        assert!(matches!(Store::open(&patient.toy.path), Err(Error::NotAStore { .. })));
        assert!(Store::restore_marker(&patient.toy.path).expect("reads"));
        assert_same(&Contents::of(&patient.toy.fresh()).expect("reads"), &patient.healthy, "the store");
        assert!(!Store::restore_marker(&patient.toy.path).expect("reads"), "once");
    }
    let old = Toy::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1"));
    let before = std::fs::read(old.path.join("KNDB")).expect("reads");
    std::fs::remove_file(old.path.join("KNDB")).expect("removes");
    assert!(Store::restore_marker(&old.path).expect("reads"));
    assert_eq!(std::fs::read(old.path.join("KNDB")).expect("reads"), before, "of its own format");
    // Neither a folder of other things nor a store of a later format is touched.
    let patient = Patient::new();
    put(&patient.toy.path.join("KNDB"), b"kndb store, format 3\n");
    assert!(!Store::restore_marker(&patient.toy.path).expect("reads"));
    std::fs::remove_file(patient.toy.path.join("KNDB")).expect("removes");
    std::fs::remove_dir_all(patient.toy.path.join("files")).expect("removes");
    assert!(!Store::restore_marker(&patient.toy.path).expect("reads"));
}

#[test]
fn what_any_writer_mends_is_no_damage_to_repair() {
    let patient = Patient::new();
    let commit = patient.toy.fresh().snapshot().expect("reads").epoch() + 1;
    let in_the_way = patient.toy.path.join("manifests").join(format!("{commit:020}.tmp"));
    std::fs::create_dir(&in_the_way).expect("a folder");
    patient.toy.fresh().open_run(toy::spec("more")).map(drop).expect_err("durable, and not published");
    std::fs::remove_dir(&in_the_way).expect("removes");
    let store = patient.toy.fresh();
    assert!(store.repair().expect("reads").is_nothing());
    assert_eq!(store.repairs().expect("reads"), None);
    store.collect_garbage().expect("publishes it");
    assert!(store.refresh().expect("reads").run_named("more").is_some());
}
