//! Upkeep that is asked to end, at each place where it asks: what it leaves is whole, and the same again goes on.

use super::{assert_holds, filled};
use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row, many, scores, spec};
use kndb_storage::{Error, FactBatch, OnConflict, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The store, whose work is to end when it asks for the `n`th time; from then on, always.
fn until(store: &Store, n: usize) -> Store {
    let asked = Arc::new(AtomicUsize::new(0));
    store.until(move || asked.fetch_add(1, Ordering::Relaxed) >= n)
}

/// Does something that ends at the first place where it asks, at the second, and at places further and further on, until it comes to its end;
/// says which place it did not come to. After each end `left` is called with what is there.
fn ended_everywhere<T>(mut act: impl FnMut(usize) -> Result<T, Error>, mut left: impl FnMut(usize)) -> usize {
    let mut n = 0;
    loop {
        match act(n) {
            Err(Error::Stopped) => left(n),
            Ok(_) => return n,
            Err(error) => panic!("asked {n} times: {error}"),
        }
        n += 1 + n / 4;
        assert!(n < 10_000, "it never comes to its end");
    }
}

fn held(store: &Store) -> Contents {
    Contents::of(store).expect("reads")
}

/// A finished run of six segments, one of them with a replaced entry.
fn in_pieces(toy: &Toy) {
    let run = toy.store.open_run(spec("pieces")).expect("opens");
    for entries in many("en", 18).chunks(3) {
        run.append_batch(entries, OnConflict::Refuse).expect("appends");
        run.seal().expect("seals");
    }
    run.append_batch(&[scores("fact-0001", "en", 99)], OnConflict::Replace).expect("replaces");
}

#[test]
fn a_backup_that_ends_early_is_none_or_the_one_before() {
    let toy = filled();
    in_pieces(&toy);
    let (expected, to) = (held(&toy.store), toy.path.with_file_name("backup"));
    let asked = ended_everywhere(
        |n| {
            let _ = std::fs::remove_dir_all(&to);
            until(&toy.store, n).backup(&to, &mut |_, _| {})
        },
        |n| {
            assert!(Store::open(&to).is_err(), "after {n}: there is no backup");
            assert_holds(&toy.path, &expected, "the store");
            toy.store.backup(&to, &mut |_, _| {}).expect("goes on");
            assert_holds(&to, &expected, "the backup that was gone on with");
        },
    );
    assert!(asked > 20, "for each file and each entry that is read back: {asked}");
    let run = toy.store.open_run(spec("later")).expect("opens");
    run.append_batch(&many("zh", 5), OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
    let asked = ended_everywhere(
        |n| until(&toy.store, n).backup(&to, &mut |_, _| {}),
        |n| assert_holds(&to, &expected, &format!("after {n}, the backup before")),
    );
    assert!(asked > 2, "{asked}");
    assert_holds(&to, &held(&toy.store), "the new backup");
}

#[test]
fn a_merge_that_ends_early_is_gone_on_with_by_the_same_call() {
    let (one, other) = (filled(), Toy::new());
    in_pieces(&one);
    let facts = vec![fact_row("lake", "P4552", "fr", "Léman", "Alpes")];
    other.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("adds");
    let run = other.store.open_run(spec("pieces")).expect("opens");
    run.append_batch(&many("zh", 4), OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
    let (sources, into) = ([one.store.clone(), other.store.clone()], one.path.with_file_name("merged"));
    let merge = |sources: &[Store]| Store::merge(&into, sources, &mut |_, _, _| {});
    merge(&sources).expect("merges");
    let expected = held(&Store::open(&into).expect("opens"));
    let mut comparing = 0;
    let asked = ended_everywhere(
        |n| {
            let _ = std::fs::remove_dir_all(&into);
            merge(&[until(&sources[0], n), sources[1].clone()])
        },
        |n| {
            if into.exists() {
                assert!(
                    Store::open(&into).expect("opens").verify().expect("verifies").problems.is_empty(),
                    "after {n}"
                );
            } else {
                comparing = n + 1;
            }
            merge(&sources).expect("goes on");
            assert_holds(&into, &expected, &format!("gone on with after {n}"));
        },
    );
    assert!(0 < comparing && comparing < asked, "while it compares nothing is written: {comparing} of {asked}");
}

#[test]
fn a_store_that_is_merged_into_is_as_it_was_while_all_is_compared() {
    let (toy, source) = (filled(), Toy::new());
    in_pieces(&source);
    let before = held(&toy.store);
    let mut said = Vec::new();
    let stopped = Store::merge(&toy.path, &[until(&source.store, 5)], &mut |what, _, _| said.push(what));
    assert!(matches!(stopped, Err(Error::Stopped)) && !said.contains(&"copied"), "{stopped:?}, {said:?}");
    assert_holds(&toy.path, &before, "as it was");
}

#[test]
fn a_check_that_ends_early_says_so_and_changes_nothing() {
    let toy = filled();
    in_pieces(&toy);
    let expected = held(&toy.store);
    let asked = ended_everywhere(|n| until(&toy.store, n).verify(), |_| {});
    assert!(asked > 20, "{asked}");
    assert_holds(&toy.path, &expected, "the store");
}

#[test]
fn a_compaction_that_ends_early_leaves_every_run_whole() {
    let original = filled();
    in_pieces(&original);
    let expected = held(&original.store);
    let asked = ended_everywhere(
        |n| {
            let toy = Toy::of(&original.path);
            let done = until(&toy.store, n).compact();
            assert_holds(&toy.path, &expected, &format!("after {n}"));
            assert!(!toy.files().iter().any(|file| file.ends_with(".tmp")), "after {n}: {:?}", toy.files());
            done
        },
        |_| {},
    );
    assert!(asked > 18, "for each entry: {asked}");
}

#[test]
fn what_is_to_end_is_never_taken_for_damage_by_a_repair() {
    let toy = filled();
    let expected = held(&toy.store);
    let hurried = until(&toy.store, 0);
    assert!(hurried.examine().expect("examines").is_nothing());
    hurried.repair().expect("repairs");
    assert_same(&held(&toy.store), &expected, "nothing was taken out");
}
