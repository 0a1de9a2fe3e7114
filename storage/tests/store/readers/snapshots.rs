//! Snapshots and writers in one process.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row, many, neurons, scores, spec};
use kndb_storage::{FactBatch, OnConflict};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_snapshot_stays_as_it_is_while_others_write() {
    let toy = Toy::new();
    for name in ["run", "other"] {
        toy.store.open_run(spec(name)).expect("new").append_batch(&many("en", 8), OnConflict::Refuse).expect("appends");
    }
    toy.store.open_run(spec("run")).expect("the same").seal().expect("seals");
    toy.store.open_run(spec("run")).expect("the same").append(neurons("waits", "en", &[3])).expect("appends");
    let held = toy.store.snapshot().expect("reads");
    let before = Contents::of_snapshot(&held).expect("reads");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let store = toy.fresh();
            let run = store.open_run(spec("run")).expect("the same");
            for number in 0..6 {
                run.append(scores(&format!("new-{number}"), "en", number)).expect("appends");
                run.append_batch(&many("en", number), OnConflict::Replace).expect("replaces");
                run.seal().expect("seals");
                store.compact().expect("compacts");
                let row = fact_row("fact-0000", "P36", "en", "France", &format!("Paris {number}"));
                store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("adds");
            }
            store.drop_run("other").expect("drops");
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            assert_same(&Contents::of_snapshot(&held).expect("reads"), &before, "the held snapshot");
        }
    });
    assert_same(&Contents::of_snapshot(&held).expect("reads"), &before, "the held snapshot");
    let after = Contents::of_snapshot(&toy.store.snapshot().expect("reads")).expect("reads");
    assert_eq!(after.facts_of("run").len(), 15);
    assert!(after.facts_of("other").is_empty());
    assert!(after.facts["fact-0000"].contains("Paris 5"));
}

#[test]
fn a_new_snapshot_sees_every_commit_and_costs_nothing_between_them() {
    let toy = Toy::new();
    let reader = toy.fresh();
    let run = toy.store.open_run(spec("run")).expect("new");
    let mut last = reader.snapshot().expect("reads");
    for number in 0..5 {
        run.append(scores(&format!("f{number}"), "en", number)).expect("appends");
        let now = reader.snapshot().expect("reads");
        assert!(now.epoch() > last.epoch());
        assert_eq!(now.unsealed().0, number + 1);
        assert!(std::sync::Arc::ptr_eq(&now, &reader.snapshot().expect("reads")), "nothing was committed meanwhile");
        last = now;
    }
}

#[test]
fn readers_never_see_half_a_batch() {
    let toy = Toy::new();
    toy.store.open_run(spec("run")).expect("new");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let run = toy.store.open_run(spec("run")).expect("the same");
            for round in 0..10_u32 {
                // All eight sets say the same round.
                let entries: Vec<_> = (0..8).map(|f| neurons(&format!("f{f}"), "en", &[round])).collect();
                match round % 3 {
                    0 => drop(run.job(&round.to_string(), OnConflict::Replace).expect("begins").append(&entries)),
                    _ => drop(run.append_batch(&entries, OnConflict::Replace).expect("replaces")),
                }
                if round % 4 == 3 {
                    toy.store.compact().expect("compacts");
                }
            }
            done.store(true, Ordering::Release);
        });
        let reader = toy.fresh();
        while !done.load(Ordering::Acquire) {
            let contents = Contents::of_snapshot(&reader.snapshot().expect("reads")).expect("reads");
            let sets: Vec<_> = contents.entries.values().collect();
            assert!(sets.is_empty() || sets.len() == 8, "{} of 8 entries", sets.len());
            assert!(sets.windows(2).all(|pair| pair[0] == pair[1]), "{sets:?}");
        }
    });
}

#[test]
fn a_handle_of_one_snapshot_shows_it_whatever_is_committed_since_and_changes_nothing() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("f0", "en", 1)).expect("appends");
    let pinned = toy.store.as_of(toy.store.snapshot().expect("reads"));
    let before = pinned.snapshot().expect("reads");
    run.append(scores("f1", "en", 2)).expect("appends");
    run.seal().expect("seals");
    toy.store.compact().expect("compacts");
    for look in [pinned.snapshot(), pinned.refresh(), pinned.clone().snapshot()] {
        assert!(std::sync::Arc::ptr_eq(&before, &look.expect("reads")));
    }
    assert!(toy.store.snapshot().expect("reads").epoch() > before.epoch());
    let refused = [
        pinned.open_run(spec("other")).err(),
        pinned.open_run(spec("run")).and_then(|run| run.append(scores("f2", "en", 3))).err(),
        pinned.add_facts(FactBatch::default()).err(),
        pinned.drop_run("run").err(),
        pinned.compact().err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(kndb_storage::Error::ReadOnly { .. })), "{error:?}");
    }
    assert_eq!(toy.fresh().snapshot().expect("reads").runs().count(), 1);
}
