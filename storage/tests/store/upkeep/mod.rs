//! Upkeep of whole stores.

mod backups;
mod merging;
mod renaming;
mod repairing;
mod stopping;

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row, groups, many, neurons, scores, spec};
use kndb_storage::{FactBatch, OnConflict, SavedSet, Store};
use std::path::Path;

/// A store with labels, a sealed run, entries that wait, and a saved set.
pub fn filled() -> Toy {
    let toy = Toy::new();
    let facts =
        vec![fact_row("fact-0001", "P36", "en", "France", "Paris"), fact_row("fact-0001", "P36", "zh", "法国", "巴黎")];
    toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("adds");
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 4), OnConflict::Refuse).expect("appends");
    run.append_batch(&[neurons("set", "en", &[1, 5, 7]), groups("set", "zh", &[&[1, 2]])], OnConflict::Refuse)
        .expect("appends");
    run.finish().expect("finishes");
    save(&toy.store, 3);
    let open = toy.store.open_run(spec("open")).expect("new");
    open.append(scores("waits", "zh", 9)).expect("appends");
    toy
}

pub fn save(store: &Store, members: u8) {
    let (name, text, kind) = ("s".to_owned(), "x".to_owned(), "facts".to_owned());
    let set = SavedSet { name, text, kind, runs: vec![1], members: members.into(), saved: 12 };
    store.save_set(&set, &[members; 900]).expect("saves");
}

/// Both hold the same, and a store opens at `path` in which everything is well.
pub fn assert_holds(path: &Path, expected: &Contents, what: &str) {
    let store = Store::open(path).expect("opens");
    assert_same(&Contents::of(&store).expect("reads"), expected, what);
    let verified = store.verify().expect("verifies");
    assert!(verified.problems.is_empty() && verified.catalogue, "{what}: {:?}", verified.problems);
}
