//! Files that are in use stay; files that are not go.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, eventually, many, scores, spec};
use kndb_storage::{Error, OnConflict};
use std::fs::File;

/// A store whose first segment was replaced by compaction.
fn compacted() -> (Toy, std::sync::Arc<kndb_storage::Snapshot>, Contents) {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 4), OnConflict::Refuse).expect("appends");
    run.seal().expect("seals");
    let held = toy.store.snapshot().expect("reads");
    let before = Contents::of_snapshot(&held).expect("reads");
    run.append_batch(&many("en", 2), OnConflict::Replace).expect("replaces");
    toy.store.compact().expect("compacts");
    (toy, held, before)
}

#[test]
fn a_replaced_file_goes_when_nobody_reads_it_and_not_before() {
    let (toy, held, before) = compacted();
    let old = "0000000001.seg".to_owned();
    for _ in 0..3 {
        toy.store.collect_garbage().expect("collects");
        assert!(toy.files().contains(&old), "a snapshot reads it: {:?}", toy.files());
    }
    assert_same(&Contents::of_snapshot(&held).expect("reads"), &before, "the held snapshot");
    drop(held);
    eventually("the file is gone", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().len() == 1 && !toy.files().contains(&old)
    });
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), 4);
}

#[test]
#[cfg(unix)]
fn a_mapped_file_is_read_on_after_its_name_is_gone() {
    let (toy, held, before) = compacted();
    std::fs::remove_file(toy.path.join("files/0000000001.seg")).expect("removes");
    assert_same(&Contents::of_snapshot(&held).expect("reads"), &before, "the held snapshot");
}

#[test]
fn what_a_crash_left_goes_with_the_next_commit() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("a", "en", 1)).expect("appends");
    run.seal().expect("seals");
    let files = toy.path.join("files");
    for name in ["building-1-0.tmp", "0000000077.seg", "0000000001.dict"] {
        std::fs::write(files.join(name), "half a segm").expect("writes");
    }
    toy.store.snapshot().expect("reading does not mind");
    let before = Contents::of(&toy.store).expect("reads");
    assert_eq!(toy.files().len(), 4, "reading removes nothing");
    eventually("only the segment is left", || {
        run.append_batch(&[scores("b", "en", 2)], OnConflict::Replace).expect("appends");
        toy.files() == ["0000000001.seg"]
    });
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), before.entries.len() + 1);
}

#[test]
fn a_file_that_someone_builds_or_reads_is_left_alone() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let files = toy.path.join("files");
    let [built, read] = ["building-2-7.tmp", "0000000078.seg"].map(|name| files.join(name));
    let builder = File::create(&built).expect("writes");
    builder.lock().expect("locks");
    std::fs::write(&read, "a replaced segment").expect("writes");
    let reader = File::open(&read).expect("opens");
    reader.lock_shared().expect("locks");
    for number in 0..3 {
        run.append(scores(&format!("f{number}"), "en", number)).expect("appends");
        toy.store.collect_garbage().expect("collects");
        assert_eq!(toy.files(), ["0000000078.seg", "building-2-7.tmp"]);
    }
    drop((builder, reader));
    eventually("both are gone", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().is_empty()
    });
}

#[test]
fn a_file_that_is_missing_is_named() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("a", "en", 1)).expect("appends");
    run.seal().expect("seals");
    let path = toy.path.join("files/0000000001.seg");
    std::fs::remove_file(&path).expect("removes");
    let snapshot = toy.fresh().snapshot().expect("nothing is asked of the file yet");
    match snapshot.slots().find_map(|slot| snapshot.parts(slot).err()) {
        Some(Error::MissingFile { path: named }) => assert_eq!(named, path),
        other => panic!("{other:?}"),
    }
    let problems = toy.fresh().verify().expect("verifies").problems;
    assert!(matches!(problems[..], [Error::MissingFile { .. }]), "{problems:?}");
}
