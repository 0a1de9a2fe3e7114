//! What a store should hold, as plain data: full score vectors, sets, groups, labels.
//!
//! Nothing here is dropped, compressed or indexed. Whatever the store keeps of it, answers must be
//! those that follow from this.

use super::said::Said;
use kndb_storage::{FactRow, RunSpec, ScoreType, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was handed to a store, at one moment.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// In the order of their registration.
    pub languages: Vec<String>,
    pub runs: Vec<RunSpec>,
    /// In the order of their registration.
    pub facts: Vec<Fact>,
    pub entries: BTreeMap<Key, Attribution>,
    pub groups: BTreeMap<Key, Groups>,
}

/// p after suppressing each set of the candidates, from none to all.
pub type Measured = BTreeMap<BTreeSet<u32>, f32>;

/// The degenerate groups of an entry.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Those that were handed in, with p, the least p after one neuron, and p after all where they came along.
    pub stored: BTreeMap<BTreeSet<u32>, Option<[f64; 3]>>,
    /// Empty where nothing was searched.
    pub after: Measured,
    /// The largest size that was searched.
    pub searched: usize,
    /// Whether something that the search measured was not handed in.
    pub damaged: bool,
}

impl Groups {
    /// p, the least p after one neuron alone, p after all.
    pub fn evidence(&self, set: &BTreeSet<u32>) -> [f64; 3] {
        let after = |set: &BTreeSet<u32>| f64::from(self.after[set]);
        let alone = set.iter().map(|&neuron| after(&BTreeSet::from([neuron])));
        [after(&BTreeSet::new()), alone.fold(f64::INFINITY, f64::min), after(set)]
    }
}

#[derive(Clone, Debug, Default)]
pub struct Fact {
    pub id: String,
    pub relation: Option<String>,
    pub labels: BTreeMap<String, (String, String)>,
    pub subject_uri: Option<String>,
    pub object_uri: Option<String>,
}

/// Which (run, language, prompt, fact); run and fact by their position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub run: usize,
    pub language: String,
    pub prompt: u16,
    pub fact: usize,
}

#[derive(Clone, Debug)]
pub enum Attribution {
    Scores(Scores),
    Set(BTreeSet<u32>),
}

/// The score of every neuron; those that are not in the map scored 0.
#[derive(Clone, Debug)]
pub struct Scores {
    pub of: BTreeMap<u32, f32>,
    pub handed_in: HandedIn,
    pub said: Said,
}

/// What the store was told of the scores.
#[derive(Clone, Debug)]
pub enum HandedIn {
    All,
    /// Those from the floor on, and a few more.
    Some {
        floor: f32,
        listed: BTreeSet<u32>,
    },
}

impl World {
    /// The position of a fact, registering it if it is new.
    pub fn fact(&mut self, id: &str) -> usize {
        self.find(id).unwrap_or_else(|| {
            self.facts.push(Fact { id: id.to_owned(), ..Fact::default() });
            self.facts.len() - 1
        })
    }

    pub fn find(&self, id: &str) -> Option<usize> {
        self.facts.iter().position(|fact| fact.id == id)
    }

    pub fn add(&mut self, row: &FactRow) {
        let at = self.fact(&row.id);
        let fact = &mut self.facts[at];
        fact.relation = Some(row.relation.clone());
        fact.labels.insert(row.language.clone(), (row.subject.clone(), row.object.clone()));
        fact.subject_uri = row.subject_uri.clone().or(fact.subject_uri.take());
        fact.object_uri = row.object_uri.clone().or(fact.object_uri.take());
    }

    pub fn run(&self, name: &str) -> Option<usize> {
        self.runs.iter().position(|run| run.name == name)
    }

    pub fn relations(&self) -> BTreeSet<&str> {
        self.facts.iter().filter_map(|fact| fact.relation.as_deref()).collect()
    }

    /// The (language, prompt)s that a run has scores or sets for; or groups.
    pub fn slots(&self, run: usize, groups: bool) -> BTreeSet<(String, u16)> {
        let all: Vec<&Key> = if groups { self.groups.keys().collect() } else { self.entries.keys().collect() };
        all.into_iter().filter(|key| key.run == run).map(|key| (key.language.clone(), key.prompt)).collect()
    }
}

/// A score as a run of this type keeps it.
pub fn rounded(score: f32, score_type: ScoreType) -> f32 {
    match score_type {
        ScoreType::F32 => score,
        ScoreType::F16 => half::f16::from_f32(score).to_f32(),
        ScoreType::Bf16 => half::bf16::from_f32(score).to_f32(),
    }
}

/// The greatest positive score below `limit` that a run of this type can have; 0 if there is none.
pub fn greatest_below(limit: f64, score_type: ScoreType) -> f32 {
    let below = |score: f32| match score_type {
        ScoreType::F32 => score.next_down(),
        ScoreType::F16 => half::f16::from_bits(half::f16::from_f32(score).to_bits() - 1).to_f32(),
        ScoreType::Bf16 => half::bf16::from_bits(half::bf16::from_f32(score).to_bits() - 1).to_f32(),
    };
    let mut near = rounded(limit as f32, score_type);
    while near > 0.0 && f64::from(near) >= limit {
        near = below(near);
    }
    near.max(0.0)
}

/// Layer and unit of a neuron.
pub fn place(neuron: u32, shape: Shape) -> (u32, u32) {
    (neuron / shape.width, neuron % shape.width)
}
