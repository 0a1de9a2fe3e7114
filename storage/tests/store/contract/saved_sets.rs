//! Saved sets: named, of any size, replaced whole.

use crate::toy::Toy;
use kndb_storage::{Error, SavedSet};

fn set(name: &str, members: u64) -> SavedSet {
    let text = format!("the expression of {name}");
    SavedSet { name: name.into(), text, kind: "pairs".into(), runs: vec![1, 2], members, saved: 1_700_000_000 }
}

fn bytes(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|at| (at as u8).wrapping_mul(31).wrapping_add((at >> 8) as u8) ^ seed).collect()
}

#[test]
fn a_set_of_several_megabytes_comes_back_as_it_was() {
    let toy = Toy::new();
    for (len, seed) in [(0, 0), (1, 1), (3_999, 2), (4_000, 3), (4_001, 4), (5_000_000, 5), (12_000, 6)] {
        toy.store.save_set(&set("likn", len as u64), &bytes(len, seed)).expect("saves");
        let (head, members) = toy.fresh().saved_set("likn").expect("is there");
        assert_eq!(head, set("likn", len as u64));
        assert!(members == bytes(len, seed), "{len} bytes, read {}", members.len());
        let blobs = std::fs::read_dir(toy.path.join("catalogue/blobs")).expect("lists").count();
        assert_eq!(blobs, 0, "values that sled keeps in files of their own");
    }
    assert_eq!(toy.fresh().snapshot().expect("reads").saved_sets().len(), 1);
}

#[test]
fn names_that_begin_alike_are_different_sets() {
    let toy = Toy::new();
    let names = ["a", "ab", "a ", "b", "aa", "日本"];
    for (seed, name) in (0..).zip(names) {
        toy.store.save_set(&set(name, 9), &bytes(9_000, seed)).expect("saves");
    }
    toy.store.save_set(&set("a", 1), &bytes(10, 77)).expect("replaces");
    toy.store.drop_set("aa").expect("drops");
    for (seed, name) in (0..).zip(names) {
        match toy.fresh().saved_set(name) {
            Ok((head, members)) if name == "a" => assert_eq!((head.members, members), (1, bytes(10, 77))),
            Ok((_, members)) => assert!(members == bytes(9_000, seed), "{name}"),
            Err(error) => assert!(name == "aa" && matches!(error, Error::UnknownSet { .. }), "{name}: {error}"),
        }
    }
}

#[test]
fn a_set_that_is_not_there_is_told_with_those_that_are() {
    let toy = Toy::new();
    toy.store.save_set(&set("likn", 0), &[]).expect("saves");
    for error in [toy.store.saved_set("kn").expect_err("unknown"), toy.store.drop_set("kn").expect_err("unknown")] {
        match error {
            Error::UnknownSet { name, known } => assert_eq!((name.as_str(), known), ("kn", vec!["likn".to_owned()])),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_name_that_cannot_be_a_key_is_refused_and_harms_nothing() {
    let toy = Toy::new();
    for name in ["", "two\nlines", &"x".repeat(70_000)] {
        let error = toy.store.save_set(&set(name, 0), &[1, 2, 3]).expect_err("a bad name");
        assert!(matches!(error, Error::Name { .. }), "{error}");
    }
    assert_eq!(toy.fresh().snapshot().expect("still opens").saved_sets().len(), 0);
}
