//! What sources give: entries, with what was said of them and is no part of an entry.

use kndb_storage::{Entry, EntryData, ScoreValues, Scores};
use xxhash_rust::xxh3::Xxh3;

/// An entry, and what its file says of it besides.
#[derive(Debug)]
pub(crate) struct Given {
    pub entry: Entry,
    /// The relation of its fact, as the file says it.
    pub relation: Option<String>,
    /// Whether nothing says its language.
    pub default_language: bool,
}

/// What an entry is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub fact: String,
    pub language: String,
    pub prompt: u16,
}

impl Key {
    /// The key as bytes that no other key has.
    pub fn bytes(&self) -> Vec<u8> {
        let parts = [self.fact.as_bytes(), self.language.as_bytes(), &self.prompt.to_le_bytes()];
        parts.join(&0xFF)
    }
}

/// A key with what else is said of its entry.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub key: Key,
    pub relation: Option<String>,
    pub default_language: bool,
}

impl Named {
    /// The entry with this key.
    pub fn entry(self, data: EntryData) -> Given {
        let Self { key: Key { fact, language, prompt }, relation, default_language } = self;
        Given { entry: Entry { fact, language, prompt, data }, relation, default_language }
    }

    /// The entry of scores without evidence.
    pub fn scores(self, values: ScoreValues) -> Given {
        self.entry(EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None }))
    }
}

/// The entry's key in a run: a fact may have a neuron set or scores, and groups besides.
pub(crate) fn place(entry: &Entry) -> Vec<u8> {
    let kind = [u8::from(matches!(entry.data, EntryData::Groups(_) | EntryData::Searched { .. }))];
    [entry.fact.as_bytes(), entry.language.as_bytes(), &entry.prompt.to_le_bytes(), &kind].join(&0xFF)
}

/// A hash of what an entry holds, to compare it with a second coming.
pub(crate) fn digest(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    match &entry.data {
        EntryData::Neurons(neurons) => neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes())),
        // No file that is imported entry by entry has these.
        EntryData::Stored(stored) => {
            for (neuron, score) in stored.scores.iter().chain(&stored.negative) {
                hasher.update(&neuron.0.to_le_bytes());
                hasher.update(&score.to_le_bytes());
            }
        }
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            for group in groups {
                hasher.update(&(group.neurons.len() as u64).to_le_bytes());
                group.neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
            }
        }
        EntryData::Scores(scores) => {
            match &scores.values {
                ScoreValues::Dense(scores) => scores.iter().for_each(|score| hasher.update(&score.to_le_bytes())),
                ScoreValues::Sparse { neurons, scores, .. } => {
                    neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
                    scores.iter().for_each(|score| hasher.update(&score.to_le_bytes()));
                }
            }
            for layer in &scores.evidence {
                hasher.update(&layer.probability.to_le_bytes());
            }
            if let Some(origin) = &scores.origin {
                hasher.update(format!("{origin:?}").as_bytes());
            }
        }
    }
    hasher.digest()
}
