//! Bytes that are not what was written: an error, or found by `verify`; never a panic, never other data unnoticed.

mod blocks;
mod catalogue;
mod misplaced;
mod segments;
mod snapshot;
mod stand_ins;
mod sweep;
mod verifying;

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row, groups, many, neurons, scores, spec};
use kndb_storage::{
    CandidatesRow, Error, FactBatch, OnConflict, Options, RunSpec, SavedSet, ScoreType, Store, TemplateRow,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A store with a bit of everything, and what it holds.
pub struct Patient {
    pub toy: Toy,
    pub healthy: Contents,
}

impl Patient {
    pub fn new() -> Self {
        let toy = Toy::new();
        let run = toy.store.open_run(spec("run")).expect("new");
        run.append_batch(&many("en", 4), OnConflict::Refuse).expect("appends");
        run.append_batch(
            &[neurons("set", "en", &[1, 5, 7]), groups("set", "zh", &[&[1, 2], &[3, 4, 5]])],
            OnConflict::Refuse,
        )
        .expect("appends");
        run.seal().expect("seals");
        let half = RunSpec { score_type: ScoreType::F16, ..spec("half") };
        let half = toy.store.open_run(half).expect("new");
        half.append(scores("fact-0000", "en", 5)).expect("appends");
        half.seal().expect("seals");
        let labels = FactBatch {
            facts: vec![
                fact_row("fact-0001", "P36", "en", "France", "Paris"),
                fact_row("fact-0001", "P36", "zh", "法国", "里昂"),
                fact_row("fact-0001", "P36", "zh", "法国", "巴黎"),
            ],
            templates: vec![TemplateRow {
                relation: "P36".into(),
                language: "en".into(),
                text: "The capital of [X] is [Y].".into(),
            }],
            candidates: vec![CandidatesRow {
                relation: "P36".into(),
                language: "en".into(),
                subjects: vec!["France".into()],
                objects: vec!["Paris".into(), "Rome".into()],
            }],
            relation_names: Vec::new(),
        };
        toy.store.add_facts(labels).expect("adds");
        run.append_batch(&[scores("fact-0002", "en", 77)], OnConflict::Replace).expect("replaces");
        let set =
            SavedSet { name: "s".into(), text: "x".into(), kind: "facts".into(), runs: vec![1], members: 3, saved: 12 };
        toy.store.save_set(&set, &[7; 9_000]).expect("saves");
        run.append(scores("waits", "zh", 9)).expect("appends");
        // A copy is asked: asking this one would let sled tidy up what is to be damaged.
        let copy = tempfile::tempdir().expect("a folder");
        copy_folder(&toy.path, copy.path());
        let healthy = Contents::of(&Store::open(copy.path()).expect("opens")).expect("reads");
        Self { toy, healthy }
    }

    /// The store's immutable files.
    pub fn files(&self) -> Vec<PathBuf> {
        self.toy.files().iter().map(|name| self.toy.path.join("files").join(name)).collect()
    }

    pub fn examine(&self) -> Finding {
        examine(&self.toy.path, &self.healthy)
    }
}

/// What became of a damaged store.
#[derive(Debug)]
pub enum Finding {
    /// Opening or reading it is refused.
    Refused(Error),
    /// `verify` names what is wrong; other data may have been read before.
    Found,
    /// Nothing is noticed, and nothing is different.
    Same,
}

/// Reads all of a store and verifies it. Other data that nobody notices fails the test.
pub fn examine(path: &Path, healthy: &Contents) -> Finding {
    let read = || {
        let store = Store::open_with(path, Options { lock_timeout: Duration::from_secs(20), ..Options::default() })?;
        let contents = Contents::of(&store)?;
        Ok((contents, store.verify()?))
    };
    match read() {
        Err(error) => {
            let expected = matches!(
                error,
                Error::Corrupt { .. }
                    | Error::FormatVersion { .. }
                    | Error::MissingFile { .. }
                    | Error::NotAStore { .. }
            );
            assert!(expected, "{error:?}");
            Finding::Refused(error)
        }
        Ok((_, verified)) if !verified.problems.is_empty() => Finding::Found,
        Ok((contents, _)) => {
            assert_same(&contents, healthy, "other data, and nobody noticed");
            Finding::Same
        }
    }
}

/// Puts other bytes in a file's place: a new file, because the old one may still be mapped.
pub fn put(path: &Path, bytes: &[u8]) {
    let new = path.with_extension("new");
    std::fs::write(&new, bytes).expect("writes");
    std::fs::rename(&new, path).expect("renames");
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("lists") {
        let (from, to) = {
            let entry = entry.expect("lists");
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("copies");
        }
    }
}
