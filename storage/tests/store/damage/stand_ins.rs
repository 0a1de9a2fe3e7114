//! Good files in another's place, of the same length and the same run: from the store itself, or from an earlier time.

use super::put;
use crate::toy::{Toy, fact_row, neurons, spec};
use kndb_storage::{Error, FactBatch, OnConflict, SavedSet, Snapshot};
use std::path::PathBuf;

fn file(toy: &Toy, name: &str) -> PathBuf {
    toy.path.join("files").join(name)
}

fn swap(toy: &Toy, [one, other]: [&str; 2]) {
    let bytes = [one, other].map(|name| std::fs::read(file(toy, name)).expect("reads"));
    assert_eq!(bytes[0].len(), bytes[1].len(), "else their lengths tell");
    put(&file(toy, one), &bytes[1]);
    put(&file(toy, other), &bytes[0]);
}

fn is_damage<T>(found: Result<T, Error>) -> bool {
    matches!(found, Err(Error::Corrupt { .. }))
}

fn parts(snapshot: &Snapshot) -> Result<(), Error> {
    snapshot.slots().try_for_each(|slot| snapshot.parts(slot).map(drop))
}

#[test]
fn two_segments_of_a_run_that_change_places_are_noticed() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    for (number, id) in ["a", "b"].into_iter().enumerate() {
        let entries = [neurons(id, "en", &[number as u32, 9])];
        run.append_batch(&entries, OnConflict::Refuse).expect("appends");
        run.seal().expect("seals");
    }
    swap(&toy, ["0000000001.seg", "0000000002.seg"]);
    let store = toy.fresh();
    assert!(is_damage(parts(&store.snapshot().expect("the manifest is whole"))));
    assert_eq!(store.verify().expect("verifies").problems.len(), 2);
}

#[test]
fn two_saved_sets_that_change_places_are_noticed() {
    let toy = Toy::new();
    for name in ["s", "t"] {
        let set =
            SavedSet { name: name.into(), text: "x".into(), kind: "facts".into(), runs: vec![], members: 1, saved: 0 };
        toy.store.save_set(&set, name.as_bytes()).expect("saves");
    }
    swap(&toy, ["0000000001.set", "0000000002.set"]);
    assert!(["s", "t"].into_iter().all(|name| is_damage(toy.fresh().saved_set(name))));
    assert_eq!(toy.fresh().verify().expect("verifies").problems.len(), 2);
}

#[test]
fn an_older_dictionary_of_the_same_length_is_noticed() {
    let toy = Toy::new();
    let label =
        |object: &str| FactBatch { facts: vec![fact_row("f", "P36", "en", "France", object)], ..FactBatch::default() };
    toy.store.add_facts(label("Paris")).expect("adds");
    let old = std::fs::read(file(&toy, "0000000001.dict")).expect("reads");
    toy.store.add_facts(label("Kabul")).expect("replaces");
    put(&file(&toy, "0000000002.dict"), &old);
    assert!(is_damage(toy.fresh().snapshot()));
}

#[test]
fn a_commit_that_is_done_and_not_published_is_not_passed_over() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(neurons("a", "en", &[1])).expect("appends");
    let done = toy.store.snapshot().expect("reads").epoch();
    let epoch = |number: u64, state: char| {
        std::fs::write(toy.path.join("epoch"), format!("{number:020}{state}")).expect("writes")
    };
    for (number, state, whole) in
        [(done, '\n', true), (done + 1, '+', true), (done + 1, '\n', false), (done + 2, '+', false)]
    {
        epoch(number, state);
        assert_eq!(is_damage(toy.fresh().snapshot()), !whole, "{number}{state:?} after {done}");
    }
}

#[test]
fn without_epoch_and_newest_manifest_the_catalogue_is_asked() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(neurons("a", "en", &[1])).expect("appends");
    let held = toy.store.snapshot().expect("keeps its manifest");
    run.append(neurons("b", "en", &[1])).expect("appends");
    let newest = held.epoch() + 2;
    std::fs::remove_file(toy.path.join(format!("manifests/{newest:020}"))).expect("it is the newest");
    std::fs::remove_file(toy.path.join("epoch")).expect("removes");
    assert!(is_damage(kndb_storage::Store::open_read_only(&toy.path).expect("opens").snapshot()));
    assert_eq!(toy.fresh().snapshot().expect("reads").unsealed().0, 2);
    assert_eq!(
        kndb_storage::Store::open_read_only(&toy.path).expect("opens").snapshot().expect("mended").unsealed().0,
        2
    );
}
