//! Toy stores: small shapes, made-up scores, and the shortest way to say what a test writes.

use kndb_storage::{
    Entry, EntryData, FactRow, Group, GroupEvidence, Keep, LayerEvidence, Neuron, RunSpec, ScoreValues, Scores, Shape,
    Store,
};
use proptest::test_runner::Config as ProptestConfig;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A store in a folder of its own, gone when dropped.
pub struct Toy {
    _folder: TempDir,
    pub path: PathBuf,
    pub store: Store,
}

impl Toy {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let store = Store::create(&path).expect("a new store");
        Self { _folder: folder, path, store }
    }

    /// A copy of a store.
    pub fn of(original: &std::path::Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        crate::damage::copy_folder(original, &path);
        let store = Store::open(&path).expect("opens");
        Self { _folder: folder, path, store }
    }

    /// The store as another program would see it: nothing remembered.
    pub fn fresh(&self) -> Store {
        Store::open(&self.path).expect("opens again")
    }

    /// Names of the files in one of the store's folders, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path.join("files")).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// 3 layers × 40 neurons.
pub fn shape() -> Shape {
    Shape::new(3, 40).expect("small")
}

pub fn spec(name: &str) -> RunSpec {
    RunSpec { keep: Keep::All, ..RunSpec::new(name, "toy", shape()) }
}

pub use crate::fuzz::mutations::Random;

impl Random {
    /// Heavy-tailed, mostly small, some negative; exact twins now and then.
    pub fn score(&mut self) -> f32 {
        let unit = (self.next() >> 40) as f32 / (1 << 24) as f32;
        let size = if self.below(8) == 0 { (unit * 4.0).round() / 4.0 } else { unit.powi(6) };
        if self.below(4) == 0 { -size } else { size }
    }
}

pub fn dense(seed: u64, shape: Shape) -> Scores {
    let mut random = Random(seed);
    let values = (0..shape.neurons()).map(|_| random.score()).collect();
    let evidence = (0..shape.layers)
        .map(|layer| LayerEvidence {
            probability: 0.5,
            baseline: (layer % 8) as f32 / 8.0,
            residual: random.score() / 100.0,
        })
        .collect();
    Scores { values: ScoreValues::Dense(values), evidence, origin: None }
}

pub fn entry(fact: &str, language: &str, prompt: u16, data: EntryData) -> Entry {
    Entry { fact: fact.into(), language: language.into(), prompt, data }
}

/// Scores made up from the seed, for the shape of [`shape`].
pub fn scores(fact: &str, language: &str, seed: u64) -> Entry {
    entry(fact, language, 0, EntryData::Scores(dense(seed, shape())))
}

pub fn neurons(fact: &str, language: &str, neurons: &[u32]) -> Entry {
    entry(fact, language, 0, EntryData::Neurons(neurons.iter().copied().map(Neuron).collect()))
}

pub fn groups(fact: &str, language: &str, groups: &[&[u32]]) -> Entry {
    let group = |neurons: &[u32]| Group {
        neurons: neurons.iter().copied().map(Neuron).collect(),
        evidence: Some(GroupEvidence {
            probability: 0.75,
            after_each: neurons.iter().map(|&neuron| neuron as f32 / 64.0).collect(),
            after_all: 0.125,
        }),
    };
    entry(fact, language, 0, EntryData::Groups(groups.iter().copied().map(group).collect()))
}

/// `count` facts `fact-0000`… in a language, with scores made up from the fact's number.
pub fn many(language: &str, count: u64) -> Vec<Entry> {
    (0..count).map(|number| scores(&format!("fact-{number:04}"), language, number)).collect()
}

pub fn fact_row(id: &str, relation: &str, language: &str, subject: &str, object: &str) -> FactRow {
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

/// So many cases of a property, or as many as `PROPTEST_CASES` says.
pub fn few(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// A number that the environment gives, for a run that is longer than a test may be.
pub fn asked(variable: &str, usually: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(usually)
}

/// Waits for something that another test may hold up for a moment: a process that is being started
/// has copies of this one's file handles, and with them its locks.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
