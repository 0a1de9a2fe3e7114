//! A store with a bit of everything that stores can hold, of both formats, and how it was before.

use crate::answers::Answers;
use crate::damage::{copy_folder, put};
use crate::toy::{Toy, dense, entry, fact_row, groups, many, neurons, scores, shape};
use kndb_storage::{
    CandidatesRow, Claim, Entry, EntryData, FactBatch, Keep, Neuron, OnConflict, Origin, RelationNameRow, RunSpec,
    SavedSet, ScoreType, ScoreValues, Scores, Shape, Store, TemplateRow,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub struct Whole {
    pub toy: Toy,
    pub healthy: Answers,
    /// The store's folder at earlier times.
    pub history: Vec<TempDir>,
    /// Its files, as paths within it.
    pub files: Vec<PathBuf>,
}

impl Whole {
    pub fn new() -> Self {
        let toy = Toy::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1"));
        let mut history = Vec::new();
        for step in [label, fill, lose, change, wait] {
            history.push(copy(&toy.path));
            step(&toy.store);
        }
        // Asking lets sled tidy up what is to be damaged: a copy is asked.
        let asked = copy(&toy.path);
        let healthy = Answers::of(&Store::open(asked.path()).expect("opens")).expect("reads");
        assert!(healthy.refused.is_empty(), "{:?}", healthy.refused);
        let files = files_in(&toy.path);
        Self { toy, healthy, history, files }
    }
}

pub fn copy(store: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(store, copy.path());
    copy
}

/// Paths of all files in a folder and below, relative to it.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("lists") {
            let path = entry.expect("lists").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("within").to_owned());
            }
        }
    }
    found.sort();
    found
}

fn label(store: &Store) {
    let template = |text: &str| TemplateRow { relation: "P36".into(), language: "en".into(), text: text.into() };
    let batch = FactBatch {
        facts: vec![
            fact_row("fact-0000", "P36", "en", "Italy", "Rome"),
            fact_row("fact-0000", "P36", "zh", "意大利", "罗马"),
            fact_row("fact-0001", "P37", "en", "France", "French"),
            fact_row("gone", "P99", "en", "Nobody", "Nothing"),
        ],
        templates: vec![template("The capital of [X] is [Y]."), template("[Y] is where [X] is ruled from.")],
        candidates: vec![CandidatesRow {
            relation: "P37".into(),
            language: "en".into(),
            subjects: vec!["France".into()],
            objects: vec!["French".into(), "Latin".into()],
        }],
        relation_names: vec![RelationNameRow {
            relation: "P36".into(),
            language: "de".into(),
            name: "Hauptstadt".into(),
        }],
    };
    store.add_facts(batch).expect("adds");
}

fn with_origin(fact: &str, language: &str, seed: u64) -> Entry {
    let origin = Origin { question: Some(seed), answer: Some("巴黎".into()), rank: Some(3), tokens: Some(2) };
    entry(fact, language, 0, EntryData::Scores(Scores { origin: Some(origin), ..dense(seed, shape()) }))
}

/// The fixture has a model `toy` of another shape.
fn spec(name: &str) -> RunSpec {
    RunSpec { keep: Keep::All, ..RunSpec::new(name, "middle", shape()) }
}

fn fill(store: &Store) {
    let all = store.open_run(spec("all")).expect("new");
    all.append_batch(&many("en", 9), OnConflict::Refuse).expect("appends");
    let batch =
        [neurons("set", "en", &[1, 5, 7]), groups("set", "zh", &[&[1, 2], &[3, 4, 5]]), groups("other", "zh", &[])];
    all.append_batch(&batch, OnConflict::Refuse).expect("appends");
    all.seal().expect("seals");
    let signed = RunSpec { score_type: ScoreType::F16, keep: Keep::Signed(0.05), ..spec("signed") };
    let signed = store.open_run(signed).expect("new");
    let batch = [with_origin("fact-0000", "en", 5), with_origin("fact-0001", "en", 6), with_origin("x", "zh", 7)];
    signed.append_batch(&batch, OnConflict::Refuse).expect("appends");
    signed.finish().expect("finishes");
    let large = Shape::new(2, 40_000).expect("fits");
    let wide = store.open_run(RunSpec { score_type: ScoreType::Bf16, ..RunSpec::new("wide", "large", large) });
    let wide = wide.expect("new");
    let values = |high: u32| ScoreValues::Sparse {
        neurons: [3, 70_000, 65_536, 66_000, high].map(Neuron).to_vec(),
        scores: vec![1.0, 0.75, 0.5, 0.25, 0.02],
        floor: 0.01,
    };
    let of = |fact: &str, high| {
        entry(fact, "en", 0, EntryData::Scores(Scores { values: values(high), evidence: Vec::new(), origin: None }))
    };
    wide.append_batch(&[of("fact-0000", 9), of("fact-0001", 79_999)], OnConflict::Refuse).expect("appends");
    wide.seal().expect("seals");
    let job = all.job("an import that goes on", OnConflict::Refuse).expect("begins");
    job.append(&[scores("imported", "de", 1), scores("imported", "fr", 2)]).expect("appends");
}

/// A run that a repair has taken an entry out of.
fn lose(store: &Store) {
    let run = store.open_run(spec("repaired")).expect("new");
    run.append_batch(&many("en", 3), OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
    let folder = store.path().join("files");
    let segments = files_in(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "seg"));
    let newest = folder.join(segments.max().expect("its own"));
    let mut bytes = std::fs::read(&newest).expect("reads");
    // Of the scores, which lie first, one block.
    bytes[40] ^= 1;
    put(&newest, &bytes);
    assert_eq!(store.repair().expect("repairs").lost.len(), 1);
}

fn change(store: &Store) {
    let all = store.open_run(spec("all")).expect("the same");
    // Somebody reads by the manifest of this moment, so that it stays.
    let held = store.snapshot().expect("reads");
    all.append_batch(&[scores("fact-0002", "en", 77)], OnConflict::Replace).expect("replaces");
    store.drop_relation("P99", true).expect("drops");
    for (name, byte) in [("s", 7), ("t", 0)] {
        let (text, kind) = ("x".into(), "facts".into());
        let set = SavedSet { name: name.into(), text, kind, runs: vec![1], members: 3, saved: 12 };
        store.save_set(&set, &[byte; 9_000]).expect("saves");
    }
    drop(held);
}

fn wait(store: &Store) {
    let all = store.open_run(spec("all")).expect("the same");
    let _claim = store.claim_run("all", Claim::Together, "a test").expect("claims");
    all.append(scores("waits", "zh", 9)).expect("appends");
    all.append(groups("waits", "zh", &[&[8, 9]])).expect("appends");
    let signed = RunSpec { score_type: ScoreType::F16, keep: Keep::Signed(0.05), ..spec("signed") };
    store.open_run(signed).expect("the same").append(with_origin("waits", "en", 3)).expect("appends");
}
