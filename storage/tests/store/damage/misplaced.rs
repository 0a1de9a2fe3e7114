//! Good files in the wrong place, and files that are gone.

use super::{Finding, Patient, put};
use crate::contents::assert_same;
use kndb_storage::Error;

#[test]
fn a_missing_file_is_named() {
    let patient = Patient::new();
    for path in patient.files() {
        let good = std::fs::read(&path).expect("reads");
        std::fs::remove_file(&path).expect("removes");
        match patient.examine() {
            Finding::Refused(Error::MissingFile { path: named }) => assert_eq!(named, path),
            other => panic!("{other:?}"),
        }
        put(&path, &good);
    }
    assert!(matches!(patient.examine(), Finding::Same));
}

#[test]
fn a_file_in_anothers_place_is_refused() {
    let patient = Patient::new();
    let files = patient.files();
    for path in &files {
        let good = std::fs::read(path).expect("reads");
        for other in files.iter().filter(|other| *other != path) {
            put(path, &std::fs::read(other).expect("reads"));
            let finding = patient.examine();
            assert!(matches!(finding, Finding::Refused(Error::Corrupt { .. })), "{finding:?}");
        }
        put(path, &good);
    }
}

#[test]
fn a_run_whose_file_is_damaged_can_be_dropped() {
    let patient = Patient::new();
    let store = patient.toy.fresh();
    let of_half = patient.files().remove(1);
    put(&of_half, b"nothing of a segment");
    let snapshot = store.snapshot().expect("what is not damaged can be read");
    for slot in snapshot.slots() {
        let half = snapshot.run(slot.run).expect("is there").spec.name == "half";
        assert_eq!(matches!(snapshot.parts(slot), Err(Error::Corrupt { .. })), half);
    }
    drop(snapshot);
    store.drop_run("half").expect("drops");
    let found = crate::contents::Contents::of(&store).expect("reads");
    let mut expected = patient.healthy.clone();
    expected.runs.remove("half");
    expected.entries.retain(|address, _| address.0 != "half");
    assert_same(&found, &expected, "without the run");
}

#[test]
fn a_damaged_marker_is_no_other_store() {
    let patient = Patient::new();
    let path = patient.toy.path.join("KNDB");
    let good = std::fs::read(&path).expect("reads");
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            put(&path, &bad);
            // White space at the end says nothing.
            assert_eq!(
                matches!(patient.examine(), Finding::Same),
                String::from_utf8_lossy(&bad).trim_end() == String::from_utf8_lossy(&good).trim_end()
            );
        }
    }
}

#[test]
fn an_epoch_file_that_is_damaged_or_gone_loses_nothing() {
    let patient = Patient::new();
    let path = patient.toy.path.join("epoch");
    let good = std::fs::read(&path).expect("reads");
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            put(&path, &bad);
            // A number that is too high says that commits were lost; anything else is passed over.
            drop(patient.examine());
        }
    }
    std::fs::remove_file(&path).expect("removes");
    assert!(matches!(patient.examine(), Finding::Same));
    let run = patient.toy.fresh().open_run(crate::toy::spec("run")).expect("the same");
    run.append(crate::toy::scores("new", "en", 1)).expect("appends");
    assert!(path.exists(), "the next commit writes it again");
}
