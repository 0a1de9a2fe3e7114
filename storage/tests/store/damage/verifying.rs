//! `verify`: it reads every byte, and says nothing about a good store.

use super::{Patient, put};
use crate::toy::Toy;
use kndb_storage::Error;

#[test]
fn a_good_store_has_no_problems() {
    let verified = Toy::new().store.verify().expect("verifies");
    assert_eq!((verified.segments, verified.bytes, verified.facts, verified.problems.len()), (0, 0, 0, 0));
    let patient = Patient::new();
    let verified = patient.toy.fresh().verify().expect("verifies");
    let bytes: u64 = patient.files().iter().map(|path| std::fs::metadata(path).expect("is there").len()).sum();
    assert_eq!((verified.segments, verified.bytes, verified.facts), (2, bytes, 6));
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
}

#[test]
fn damage_that_comes_after_reading_is_found_too() {
    let patient = Patient::new();
    let store = patient.toy.fresh();
    crate::contents::Contents::of(&store).expect("reads everything");
    for path in patient.files() {
        let good = std::fs::read(&path).expect("reads");
        // In place: the store has mapped the file, as it would be when a disk goes bad under it.
        let at = good.len() / 3;
        let mut bad = good.clone();
        bad[at] ^= 4;
        std::fs::write(&path, &bad).expect("writes");
        let problems = store.verify().expect("verifies").problems;
        assert!(matches!(problems[..], [Error::Corrupt { .. }]), "{}: {problems:?}", path.display());
        std::fs::write(&path, &good).expect("writes");
        assert!(store.verify().expect("verifies").problems.is_empty());
    }
}

#[test]
fn every_damaged_file_is_named() {
    let patient = Patient::new();
    for path in patient.files() {
        let mut bytes = std::fs::read(&path).expect("reads");
        let at = bytes.len() / 3;
        bytes[at] ^= 4;
        put(&path, &bytes);
    }
    let problems = patient.toy.fresh().verify().expect("verifies").problems;
    let mut named: Vec<_> = problems
        .iter()
        .map(|problem| match problem {
            Error::Corrupt { path, .. } => path.clone(),
            other => panic!("{other}"),
        })
        .collect();
    named.sort();
    assert_eq!(named, patient.files());
}
