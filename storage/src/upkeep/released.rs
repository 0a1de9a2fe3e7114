//! Whoever reads whole stores gives pages back on the way, by as many bytes as tests say are much.

use crate::files::mapped::RELEASED_BYTES;
use crate::files::mapped::tests::RELEASES;
use crate::{Entry, EntryData, Keep, OnConflict, RunSpec, ScoreValues, Scores, Shape, Store};
use std::path::Path;

/// One segment of several times the bytes that are much.
fn large(path: &Path) -> Store {
    let shape = Shape::new(2, 8_192).expect("a shape");
    let entry = |fact: u32| {
        let values = (0..16_384).map(|at: u32| (at.wrapping_mul(2_654_435_761 ^ fact) % 1_000_003) as f32).collect();
        let scores = Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None };
        Entry { fact: format!("f{fact}"), language: "en".into(), prompt: 0, data: EntryData::Scores(scores) }
    };
    let store = Store::create(path).expect("a store");
    let spec = RunSpec { keep: Keep::All, ..RunSpec::new("run", "model", shape) };
    let run = store.open_run(spec).expect("a run");
    run.append_batch(&(0..80).map(entry).collect::<Vec<_>>(), OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
    store
}

#[test]
fn backup_merge_verify_and_repair_give_pages_back_while_they_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let store = large(&path);
    let (files, bytes) = store.snapshot().expect("reads").segment_files();
    let often = (bytes / RELEASED_BYTES) as usize;
    assert!(files == 1 && often > 5, "{bytes} bytes in {files} files");
    let releases = |what: &str, act: &dyn Fn()| {
        let before = RELEASES.get();
        act();
        let after = RELEASES.get() - before;
        // A merge copies scores and builds the sets anew: these are half of the bytes.
        assert!(after * 4 >= often, "{what}: {after} times, where {bytes} bytes are read");
    };
    let (backup, merged) = (folder.path().join("backup"), folder.path().join("merged"));
    let merge = || {
        Store::merge(&merged, std::slice::from_ref(&store), &mut |_, _, _| {}).expect("merges");
    };
    releases("verify", &|| assert!(store.verify().expect("reads").problems.is_empty()));
    releases("backup", &|| assert!(store.backup(&backup, &mut |_, _| {}).expect("backs up").copied > 0));
    releases("merge", &merge);
    releases("merge that compares", &merge);
    let segment = store.path().join("files/0000000001.seg");
    let mut whole = std::fs::read(&segment).expect("reads");
    whole[20_000] ^= 1;
    // Another file of its name: the one that is mapped stays as it was.
    std::fs::remove_file(&segment).expect("removes");
    std::fs::write(&segment, whole).expect("writes");
    let damaged = Store::open(&path).expect("opens");
    releases("examine", &|| assert_eq!(damaged.examine().expect("reads").lost.len(), 1));
    releases("repair", &|| assert_eq!(damaged.repair().expect("repairs").lost.len(), 1));
}
