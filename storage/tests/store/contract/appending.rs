//! What is acknowledged is there: for this program and for every other.

use crate::contents::{Contents, Stored, assert_same};
use crate::toy::{Toy, dense, entry, groups, many, neurons, scores, spec};
use kndb_storage::{Entry, EntryData, Keep, OnConflict, RunSpec, Shape, Store};

#[test]
fn an_appended_entry_is_seen_by_a_store_opened_afterwards() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    for (number, given) in
        [scores("a", "en", 1), neurons("b", "en", &[7, 3, 119]), groups("a", "en", &[&[1, 2], &[9, 5, 7]])]
            .into_iter()
            .enumerate()
    {
        run.append(given).expect("appends");
        let seen = Contents::of(&toy.fresh()).expect("reads");
        assert_eq!(seen.entries.len(), number + 1);
        assert_eq!(Contents::of_snapshot(&toy.store.snapshot().expect("reads")).expect("reads").entries, seen.entries);
    }
    let seen = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(seen.entry("run", "b"), Some(&Stored::Neurons(vec![3, 7, 119])));
    let groups = &seen.entries[&("run".into(), "en".into(), 0, "a".into(), true)];
    let Stored::Groups(text) = groups else { panic!("{groups:?}") };
    assert!(text.contains("neurons: [neuron-5, neuron-7, neuron-9]"), "{text}");
    assert!(text.contains("after_each: [0.078125, 0.109375, 0.140625]"), "evidence goes with its neuron: {text}");
}

#[test]
fn a_batch_is_seen_whole_and_counted() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let appended = run.append_batch(&many("en", 40), OnConflict::Refuse).expect("appends");
    assert_eq!((appended.new, appended.replaced, appended.resumed), (40, 0, 0));
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), 40);
    let nothing = run.append_batch(&[], OnConflict::Refuse).expect("appends nothing");
    assert_eq!(nothing.new, 0);
}

#[test]
fn a_job_is_seen_batch_by_batch() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let job = run.job("all of it", OnConflict::Refuse).expect("begins");
    for (number, batch) in many("en", 30).chunks(10).enumerate() {
        assert_eq!(job.append(batch).expect("appends").new, 10);
        assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), (number + 1) * 10);
    }
    assert_eq!(toy.store.snapshot().expect("reads").unsealed().0, 0, "a job writes segments");
}

#[test]
fn sealing_changes_nothing_that_is_read() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&many("en", 20), OnConflict::Refuse).expect("appends");
    run.append_batch(&[neurons("n", "zh", &[1, 2]), groups("n", "zh", &[&[1, 2]])], OnConflict::Refuse)
        .expect("appends");
    let before = Contents::of(&toy.store).expect("reads");
    assert!(toy.files().is_empty());
    run.seal().expect("seals");
    run.seal().expect("nothing more to seal");
    assert_eq!(toy.files(), ["0000000001.seg"]);
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "read anew");
    assert_eq!(toy.fresh().snapshot().expect("reads").unsealed(), (0, 0));
}

#[test]
fn a_fact_without_neurons_may_be_all_that_waits() {
    for entry in [neurons("f", "en", &[]), groups("f", "en", &[])] {
        let toy = Toy::new();
        let run = toy.store.open_run(spec("run")).expect("new");
        for fact in ["f", "g"] {
            run.append(Entry { fact: fact.into(), ..entry.clone() }).expect("appends");
        }
        let before = Contents::of(&toy.fresh()).expect("reads");
        assert_eq!(before.entries.len(), 2);
        assert!(toy.fresh().verify().expect("verifies").problems.is_empty());
        toy.fresh().backup(toy.path.with_extension("backup"), &mut |_, _| {}).expect("backs up");
        run.seal().expect("seals");
        assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "sealed");
    }
}

/// 64 layers × 1,024: scores of one fact take 400 KB.
fn large() -> RunSpec {
    RunSpec { keep: Keep::All, ..RunSpec::new("large", "large", Shape::new(64, 1_024).expect("fits")) }
}

fn add_large(store: &Store, from: u64, count: u64) {
    let run = store.open_run(large()).expect("the same");
    let entries: Vec<_> = (from..from + count)
        .map(|seed| entry(&format!("l{seed}"), "en", 0, EntryData::Scores(dense(seed, large().shape))))
        .collect();
    run.append_batch(&entries, OnConflict::Refuse).expect("appends");
}

#[test]
fn large_batches_become_segments_and_so_does_much_that_waits() {
    let toy = Toy::new();
    add_large(&toy.store, 0, 12);
    assert_eq!(toy.store.snapshot().expect("reads").unsealed().0, 0, "over 4 MiB at once");
    assert_eq!(toy.files(), ["0000000001.seg"]);
    for from in (12..60).step_by(8) {
        add_large(&toy.store, from, 8);
    }
    let (waiting, bytes) = toy.store.snapshot().expect("reads").unsealed();
    assert_eq!(waiting, 0, "{bytes} bytes wait though 16 MiB were passed");
    assert_eq!(toy.files(), ["0000000001.seg", "0000000002.seg"]);
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").facts_of("large").len(), 60);
}
