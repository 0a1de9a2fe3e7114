//! Stores: small ones whose answers are known by hand, and one whose answers are long.

use kndb_storage::{Entry, EntryData, FactBatch, FactRow, OnConflict, RunSpec, ScoreValues, Scores, Shape, Store};
use std::path::PathBuf;
use tempfile::TempDir;

/// A store in a folder of its own, gone when dropped.
pub struct Made {
    pub folder: TempDir,
    pub path: PathBuf,
    pub store: Store,
}

pub fn empty(name: &str) -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let store = Store::create(&path).expect("a store");
    Made { folder, path, store }
}

/// Ids of the facts of [`capitals`].
pub const FACTS: [&str; 3] = ["f-france", "f-germany", "f-spain"];

/// Labels by language: subject and object of each fact.
const LABELS: [(&str, [(&str, &str); 3]); 4] = [
    ("en", [("France", "Paris"), ("Germany", "Berlin"), ("Spain", "Madrid")]),
    ("zh", [("法国", "巴黎"), ("德国", "柏林"), ("西班牙", "马德里")]),
    ("es", [("Francia", "París"), ("Alemania", "Berlín"), ("España", "Madrid")]),
    ("he", [("צרפת", "פריז"), ("גרמניה", "ברלין"), ("ספרד", "מדריד")]),
];

/// Three capitals in four languages, and a run `ig` of two layers of four neurons over two of the languages.
///
/// | fact | en | zh |
/// |---|---|---|
/// | France | 0:1 (0.9), 1:2 (0.6) | 0:1 (0.8), 1:3 (0.4) |
/// | Germany | 1:2 (0.5) | 1:2 (0.7) |
/// | Spain | 0:0 (1.0) | – |
pub fn capitals() -> Made {
    let made = empty("capitals.kndb");
    let mut facts = Vec::new();
    for (language, labels) in LABELS {
        for ((id, (subject, object)), number) in FACTS.iter().zip(labels).zip([142, 183, 29]) {
            facts.push(FactRow {
                subject_uri: Some(format!("Q{number}")),
                object_uri: Some(format!("Q{}", 90 + number)),
                ..fact(id, "P36", language, subject, object)
            });
        }
    }
    made.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
    let shape = Shape::new(2, 4).expect("a shape");
    let spec = RunSpec { method: "integrated-gradients".into(), ..RunSpec::new("ig", "toy-model", shape) };
    let run = made.store.open_run(spec).expect("a run");
    for (id, language, scores) in [
        (FACTS[0], "en", [0.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.6, 0.0]),
        (FACTS[0], "zh", [0.0, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4]),
        (FACTS[1], "en", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0]),
        (FACTS[1], "zh", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 0.0]),
        (FACTS[2], "en", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ] {
        run.append(scored(id, language, scores.to_vec())).expect("an entry");
    }
    made
}

/// A run `wide` of so many facts with 100 neurons each: a question for all pairs has 100 rows a fact.
pub fn wide(facts: usize) -> Made {
    let made = empty("wide.kndb");
    let run = made.store.open_run(RunSpec::new("wide", "toy", Shape::new(2, 100).expect("a shape"))).expect("a run");
    let scores =
        |fact: usize| (0..200).map(|at| if at % 2 == fact % 2 { 1.0 - at as f32 / 1_000.0 } else { 0.0 }).collect();
    let entries: Vec<Entry> = (0..facts).map(|at| scored(&format!("fact-{at:06}"), "en", scores(at))).collect();
    run.append_batch(&entries, OnConflict::Refuse).expect("entries");
    run.finish().expect("finished");
    made
}

pub fn fact(id: &str, relation: &str, language: &str, subject: &str, object: &str) -> FactRow {
    FactRow {
        id: id.into(),
        relation: relation.into(),
        language: language.into(),
        subject: subject.into(),
        object: object.into(),
        subject_uri: None,
        object_uri: None,
    }
}

/// Scores of all neurons of a fact.
pub fn scored(fact: &str, language: &str, scores: Vec<f32>) -> Entry {
    let values = ScoreValues::Dense(scores);
    let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
    Entry { fact: fact.into(), language: language.into(), prompt: 0, data }
}
