//! Writers at the same time, in one process: threads that share a commit, and handles that do not.

use crate::contents::Contents;
use crate::toy::{Toy, neurons, scores, spec};
use kndb_storage::{Error, OnConflict};
use std::sync::Barrier;

#[test]
fn what_four_threads_append_at_once_is_all_there() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let run = &run;
            scope.spawn(move || {
                for number in 0..12 {
                    let fact = format!("t{thread}-{number}");
                    run.append(scores(&fact, "en", thread * 100 + number)).expect("appends");
                }
            });
        }
    });
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(contents.entries.len(), 48);
    let alone = Toy::new();
    alone.store.open_run(spec("run")).expect("new").append(scores("t2-7", "en", 207)).expect("appends");
    let expected = Contents::of(&alone.store).expect("reads");
    assert_eq!(contents.entry("run", "t2-7"), expected.entry("run", "t2-7"));
}

#[test]
fn of_four_threads_with_the_same_fact_one_wins_and_three_are_told() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let barrier = Barrier::new(4);
    for round in 0..16 {
        let fact = format!("contested-{round}");
        toy.store.fact_ids(&[&fact]).expect("registers");
        let won: Vec<u32> = std::thread::scope(|scope| {
            let (run, barrier, fact) = (&run, &barrier, &fact);
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    scope.spawn(move || {
                        let given = if thread == 0 { scores(fact, "en", 1) } else { neurons(fact, "en", &[thread]) };
                        barrier.wait();
                        if thread == 3 {
                            // Keeps the commit busy, so that the others meet in one group.
                            run.append(scores(&format!("busy-{fact}"), "en", 1)).expect("appends");
                        }
                        match run.append(given) {
                            Ok(()) => Some(thread),
                            Err(Error::FactExists { .. }) => None,
                            Err(other) => panic!("{other}"),
                        }
                    })
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(won.len(), 1, "threads {won:?} were all told that their entry is stored");
        let contents = Contents::of(&toy.fresh()).expect("reads");
        let stored = format!("{:?}", contents.entry("run", &fact).expect("stored"));
        assert_eq!(stored.starts_with("Scores"), won == [0], "thread {won:?} won, stored is {stored}");
        if won != [0] {
            assert_eq!(stored, format!("Neurons({won:?})"));
        }
    }
}

#[test]
fn one_bad_entry_of_a_group_does_not_hurt_the_others() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("there", "en", 1)).expect("appends");
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (run, barrier) = (&run, &barrier);
            scope.spawn(move || {
                for number in 0..6 {
                    barrier.wait();
                    let fact = if thread == 0 { "there".to_owned() } else { format!("t{thread}-{number}") };
                    assert_eq!(run.append(scores(&fact, "en", number)).is_ok(), thread != 0, "{fact}");
                }
            });
        }
    });
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").entries.len(), 19);
}

#[test]
fn two_handles_write_at_the_same_time() {
    let toy = Toy::new();
    let other = toy.fresh();
    toy.store.open_run(spec("run")).expect("new");
    std::thread::scope(|scope| {
        for (store, name) in [(&toy.store, "one"), (&other, "two")] {
            scope.spawn(move || {
                let run = store.open_run(spec("run")).expect("the same");
                for number in 0..8 {
                    run.append(scores(&format!("{name}-{number}"), "en", number)).expect("appends");
                    let batch =
                        [scores(&format!("{name}-batch-{number}"), "en", number), scores("shared", name, number)];
                    run.append_batch(&batch, OnConflict::Replace).expect("appends");
                    if number % 3 == 0 {
                        run.seal().expect("seals");
                    }
                    if number % 4 == 1 {
                        store.compact().expect("compacts");
                    }
                    let seen = store.snapshot().expect("reads");
                    let fact = seen.fact(&format!("{name}-{number}")).expect("reads");
                    assert!(fact.is_some(), "a handle sees what it wrote");
                }
            });
        }
    });
    for store in [&toy.store, &other, &toy.fresh()] {
        assert_eq!(Contents::of(store).expect("reads").entries.len(), 2 * (8 + 8 + 1));
    }
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
}
