//! Reading where nothing can be written, and what a handle does when its store is no longer there.

use crate::contents::{Contents, assert_same};
use crate::damage::{Patient, copy_folder};
use crate::toy::{Toy, many, scores, spec};
use kndb_storage::{Error, FactBatch, OnConflict, SavedSet, Store};
use std::path::{Path, PathBuf};

/// Name, length, content and time of change of every file.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("lists").path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            let changed = std::fs::metadata(&path).and_then(|data| data.modified()).expect("is there");
            found.push((path.clone(), std::fs::read(&path).expect("reads"), changed));
        }
    }
    found.sort();
    found
}

#[test]
fn reading_changes_no_byte_and_sees_what_waits_to_be_sealed() {
    let patient = Patient::new();
    let before = all(&patient.toy.path);
    for store in [Store::open(&patient.toy.path), Store::open_read_only(&patient.toy.path)] {
        let store = store.expect("opens");
        assert_same(&Contents::of(&store).expect("reads"), &patient.healthy, "without the catalogue");
        assert_eq!(store.snapshot().expect("reads").unsealed().0, 2);
    }
    assert_eq!(all(&patient.toy.path), before);
}

#[test]
#[cfg(unix)]
fn a_store_without_leave_to_write_is_read_and_not_changed() {
    use std::os::unix::fs::PermissionsExt;
    let patient = Patient::new();
    let modes = |file: u32, folder: u32| {
        let mut paths: Vec<_> = all(&patient.toy.path).into_iter().map(|(path, ..)| path).collect();
        let folders =
            ["catalogue", "catalogue/blobs", "files", "manifests", ""].map(|name| patient.toy.path.join(name));
        paths.extend(folders);
        for path in paths {
            let mode = if path.is_dir() { folder } else { file };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("is there");
        }
    };
    modes(0o444, 0o555);
    let store = patient.toy.fresh();
    let found = Contents::of(&store);
    let writes = std::fs::File::create(patient.toy.path.join("probe")).is_ok();
    let changed = store.drop_set("s");
    modes(0o644, 0o755);
    assert_same(&found.expect("reads"), &patient.healthy, "read-only");
    // Whoever runs the tests as root may write all the same.
    assert_eq!(changed.is_ok(), writes, "{changed:?}");
}

#[test]
fn a_store_that_is_opened_for_reading_refuses_every_change() {
    let patient = Patient::new();
    let before = all(&patient.toy.path);
    let store = Store::open_read_only(&patient.toy.path).expect("opens");
    let set = SavedSet { name: "t".into(), text: "x".into(), kind: "facts".into(), runs: vec![], members: 0, saved: 0 };
    let changes = [
        store.open_run(spec("other")).map(drop),
        store.open_run(spec("run")).and_then(|run| run.append(scores("new", "en", 1))),
        store.drop_run("run").map(drop),
        store.save_set(&set, &[]),
        store.drop_set("s"),
        store.add_facts(FactBatch::default()).map(drop),
        store.compact().map(drop),
        store.upgrade().map(drop),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let refused = matches!(change, Err(Error::ReadOnly { .. })) || number == 7 && change.is_ok();
        assert!(refused, "change {number}: {change:?}");
    }
    assert_eq!(all(&patient.toy.path), before);
}

#[test]
fn a_manifest_that_is_lost_or_damaged_is_published_again_from_the_catalogue() {
    for damage in [
        |path: &Path| std::fs::remove_file(path).expect("removes"),
        |path: &Path| {
            let mut bytes = std::fs::read(path).expect("reads");
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
            crate::damage::put(path, &bytes);
        },
    ] {
        let patient = Patient::new();
        for (path, ..) in all(&patient.toy.path.join("manifests")) {
            damage(&path);
        }
        let read_only = Store::open_read_only(&patient.toy.path).expect("opens").snapshot();
        assert!(matches!(read_only, Err(Error::Corrupt { .. })), "nothing can be published there");
        assert!(matches!(patient.examine(), crate::damage::Finding::Same));
        Store::open_read_only(&patient.toy.path).expect("opens").snapshot().expect("it is there again");
    }
}

#[test]
fn a_handle_does_not_go_on_with_another_store_in_its_place() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 3), OnConflict::Refuse).expect("appends");
    toy.store.snapshot().expect("reads");
    let away = toy.path.with_extension("away");
    std::fs::rename(&toy.path, &away).expect("renames");
    let other = Store::create(&toy.path).expect("another");
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        other.open_run(spec(name)).expect("new");
    }
    let failures = [toy.store.snapshot().err(), toy.store.drop_run("a").err(), run.append(scores("x", "en", 1)).err()];
    for failure in failures {
        let failure = failure.expect("the store was replaced");
        assert!(matches!(failure, Error::Replaced { .. }), "{failure}");
    }
    assert_eq!(other.snapshot().expect("reads").runs().len(), 7);
    assert_eq!(toy.fresh().snapshot().expect("a new handle reads it").runs().len(), 7);
}

/// The first look refused it, and the second took the old store's numbers for those of the new one.
#[test]
fn another_store_of_as_many_commits_is_refused_at_every_look() {
    let toy = Toy::new();
    toy.store.open_run(spec("run")).expect("new");
    let commit = toy.store.snapshot().expect("reads").epoch();
    std::fs::rename(&toy.path, toy.path.with_extension("away")).expect("renames");
    let gone = toy.store.snapshot().err().expect("nothing is there");
    assert!(!matches!(gone, Error::Replaced { .. }), "{gone}");
    let other = Store::create(&toy.path).expect("another");
    other.open_run(spec("other")).expect("new");
    assert_eq!(other.snapshot().expect("reads").epoch(), commit, "the test takes as many commits");
    for _ in 0..3 {
        let failure = toy.store.snapshot().err().expect("the store was replaced");
        assert!(matches!(failure, Error::Replaced { .. }), "{failure}");
    }
}

#[test]
fn a_handle_does_not_go_on_with_an_older_copy_of_its_store() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let copy = toy.path.with_extension("copy");
    copy_folder(&toy.path, &copy);
    run.append(scores("a", "en", 1)).expect("appends");
    toy.store.snapshot().expect("reads");
    std::fs::rename(&toy.path, toy.path.with_extension("away")).expect("renames");
    std::fs::rename(&copy, &toy.path).expect("renames");
    let failure = toy.store.snapshot().err().expect("the store was replaced");
    assert!(matches!(failure, Error::Replaced { .. }), "{failure}");
}

#[test]
fn a_store_that_is_gone_is_not_called_damaged() {
    let toy = Toy::new();
    toy.store.open_run(spec("run")).expect("new");
    toy.store.snapshot().expect("reads");
    std::fs::rename(&toy.path, toy.path.with_extension("away")).expect("renames");
    for failure in [toy.store.snapshot().err(), toy.store.drop_run("run").err()] {
        let failure = failure.expect("the store is gone");
        assert!(matches!(failure, Error::NotAStore { .. }), "{failure}");
    }
}

#[test]
fn what_a_killed_maker_of_a_store_left_goes_when_the_next_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let left = folder.path().join(".kndb-new-1-0");
    std::fs::create_dir_all(left.join("files")).expect("makes");
    std::fs::write(left.join("maker"), "").expect("writes");
    std::fs::create_dir(folder.path().join(".kndb-new-1-1")).expect("makes");
    let long = folder.path().join("n".repeat(250));
    Store::create(&long).expect("a name of 250 bytes");
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("lists").map(|e| e.expect("lists").path()).collect();
    assert_eq!(names, [long]);
}
