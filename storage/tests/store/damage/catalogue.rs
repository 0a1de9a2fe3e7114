//! Damage to sled's files.

use super::{Finding, Patient, copy_folder, examine, put};
use crate::contents::{Contents, assert_same};
use crate::toy::{Random, scores, spec};
use kndb_storage::Error;
use std::path::{Path, PathBuf};

fn file(patient: &Patient, begins: &str) -> PathBuf {
    let files = std::fs::read_dir(patient.toy.path.join("catalogue")).expect("lists");
    let mut files = files.map(|entry| entry.expect("lists").path());
    files
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begins)))
        .expect("is there")
}

/// Damages a file of a fresh copy of the store, because sled repairs, and forgets, what it cannot read.
fn damaged(patient: &Patient, file: &Path, bytes: &[u8]) -> Finding {
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(&patient.toy.path, copy.path());
    let file = copy.path().join(file.strip_prefix(&patient.toy.path).expect("a file of it"));
    put(&file, bytes);
    let first = examine(copy.path(), &patient.healthy);
    if matches!(first, Finding::Refused(_)) {
        let second = examine(copy.path(), &patient.healthy);
        assert!(matches!(second, Finding::Refused(_)), "refused once, then not: {first:?}, {second:?}");
    }
    first
}

#[test]
fn flipped_bytes_are_refused_or_harmless() {
    let patient = Patient::new();
    let mut random = Random(1);
    for (name, times) in [("db", 250), ("snap", 60), ("conf", 60)] {
        let path = file(&patient, name);
        let good = std::fs::read(&path).expect("reads");
        let used = good.iter().rposition(|&byte| byte > 8).expect("something is written") + 1;
        let mut refused = 0;
        for _ in 0..times {
            let mut bad = good.clone();
            bad[random.below(used as u64) as usize] ^= 1 << random.below(8);
            // Readers do not read these files, `verify` does.
            refused += u64::from(!matches!(damaged(&patient, &path, &bad), Finding::Same));
        }
        if name == "snap" {
            assert_eq!(refused, 0, "the log says all that sled's snapshot does");
        } else {
            assert!(refused * 2 > times, "{name}: {refused} of {times} were found");
        }
    }
}

#[test]
fn a_lost_last_commit_is_noticed() {
    let patient = Patient::new();
    // The last bytes of sled's log are the last commit, which sled takes for one that a crash cut short.
    let path = file(&patient, "db");
    let good = std::fs::read(&path).expect("reads");
    let used = good.iter().rposition(|&byte| byte > 8).expect("something is written") + 1;
    for back in [1, 40, 300, 1_000] {
        let mut bad = good.clone();
        bad[used - back] ^= 0x10;
        put(&path, &bad);
        let store = patient.toy.fresh();
        // Readers have the manifest, which is whole. Nobody writes over what the catalogue lost.
        assert_same(&Contents::of(&store).expect("reads"), &patient.healthy, "by the manifest");
        for error in [store.verify().expect("verifies").problems.remove(0), store.drop_set("s").expect_err("refused")] {
            let said = error.to_string();
            assert!(matches!(error, Error::Corrupt { .. }), "{back} bytes before the end: {said}");
            assert!(said.contains("commit") || said.contains("sled refuses"), "{said}");
        }
        put(&path, &good);
    }
}

#[test]
fn whoever_accepts_the_loss_removes_what_tells_of_it_and_goes_on() {
    let patient = Patient::new();
    let path = file(&patient, "db");
    let mut bytes = std::fs::read(&path).expect("reads");
    let used = bytes.iter().rposition(|&byte| byte > 8).expect("something is written") + 1;
    bytes[used - 40] ^= 0x10;
    put(&path, &bytes);
    assert!(patient.toy.fresh().collect_garbage().is_err());
    std::fs::remove_file(patient.toy.path.join("epoch")).expect("removes");
    std::fs::remove_dir_all(patient.toy.path.join("manifests")).expect("removes");
    let store = patient.toy.fresh();
    assert!(store.snapshot().expect("reads").fact("fact-0001").expect("reads").is_some());
    store.open_run(spec("run")).expect("the same").append(scores("new", "en", 1)).expect("appends");
    assert!(store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn truncated_and_overwritten_files_are_refused_or_harmless() {
    let patient = Patient::new();
    let mut random = Random(2);
    for name in ["db", "snap", "conf"] {
        let path = file(&patient, name);
        let good = std::fs::read(&path).expect("reads");
        let used = good.iter().rposition(|&byte| byte > 8).expect("something is written") as u64 + 1;
        for round in 0..40 {
            let mut bad = good.clone();
            let at = random.below(used) as usize;
            if round % 2 == 0 {
                bad.truncate(at);
            } else {
                let end = bad.len().min(at + 1 + random.below(4_096) as usize);
                bad[at..end].fill(0);
            }
            damaged(&patient, &path, &bad);
        }
    }
}

#[test]
fn a_catalogue_that_is_gone_is_no_empty_store() {
    let patient = Patient::new();
    std::fs::remove_dir_all(patient.toy.path.join("catalogue")).expect("removes");
    assert!(matches!(patient.examine(), Finding::Found));
    let error = patient.toy.fresh().drop_set("s").expect_err("refused");
    assert!(matches!(error, Error::Corrupt { .. } | Error::MissingFile { .. }), "{error}");
    // Without a manifest, nothing says what the store held.
    std::fs::remove_dir_all(patient.toy.path.join("manifests")).expect("removes");
    let finding = patient.examine();
    assert!(matches!(finding, Finding::Refused(Error::Corrupt { .. } | Error::MissingFile { .. })), "{finding:?}");
}
