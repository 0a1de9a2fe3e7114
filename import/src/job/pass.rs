//! One pass over the entries of all files: each fact once, in batches that are durable one by one.

use std::collections::HashMap;
use std::mem;

use kndb_storage::{Entry, EntryData, Job, ScoreValues, Snapshot};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::ImportRunError;
use crate::input::Input;
use crate::job::summary::Summary;
use crate::source::seen::{Repeat, Seen};

/// A batch is stored when its entries take this many bytes in memory, or are this many.
const BATCH_BYTES: usize = 32 << 20;
const BATCH_ENTRIES: usize = 4096;

/// One pass over all files.
pub(super) struct Pass<'a> {
    pub job: &'a Job<'a>,
    /// The store before the import: facts it registers do not count as known.
    pub snapshot: &'a Snapshot,
    pub batch: Vec<Entry>,
    pub batch_bytes: usize,
    pub seen: Seen,
    /// Facts met, and whether the store has labels of them.
    pub facts: HashMap<u128, bool>,
    pub summary: Summary,
}

impl Pass<'_> {
    /// Takes an entry; true when it completed a batch.
    pub fn add(&mut self, entry: Entry, file: usize, inputs: &[Input]) -> Result<bool, ImportRunError> {
        match self.seen.note_digest(&key(&entry), digest(&entry), file as u64) {
            Repeat::New => {}
            Repeat::Same => {
                self.summary.duplicates += 1;
                return Ok(false);
            }
            Repeat::Different(first) => {
                return Err(ImportRunError::TwoFiles {
                    fact: entry.fact,
                    language: entry.language,
                    prompt: entry.prompt,
                    first: inputs[first as usize].path.clone(),
                    second: inputs[file].path.clone(),
                });
            }
        }
        let id = xxh3_128(entry.fact.as_bytes());
        if !self.facts.contains_key(&id) {
            let fact = self.snapshot.fact(&entry.fact)?;
            let relation = fact.map(|fact| self.snapshot.fact_relation(fact)).transpose()?.flatten();
            self.facts.insert(id, relation.is_some());
        }
        self.summary.entries += 1;
        match &entry.data {
            EntryData::Neurons(neurons) => self.summary.pairs += neurons.len() as u64,
            EntryData::Groups(groups) => self.summary.groups += groups.len() as u64,
            EntryData::Scores(scores) => {
                self.summary.scores += match &scores.values {
                    ScoreValues::Dense(scores) | ScoreValues::Sparse { scores, .. } => scores.len() as u64,
                };
            }
        }
        self.batch_bytes += bytes(&entry);
        self.batch.push(entry);
        let full = self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_ENTRIES;
        if full {
            self.store_batch()?;
        }
        Ok(full)
    }

    pub fn store_batch(&mut self) -> Result<(), ImportRunError> {
        let batch = mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        let appended = self.job.append(&batch)?;
        self.summary.new += appended.new;
        self.summary.resumed += appended.resumed;
        self.summary.replaced += appended.replaced;
        Ok(())
    }
}

/// The entry's key in a run: a fact may have a neuron set or scores, and groups besides.
fn key(entry: &Entry) -> Vec<u8> {
    let kind = [u8::from(matches!(entry.data, EntryData::Groups(_)))];
    [entry.fact.as_bytes(), entry.language.as_bytes(), &entry.prompt.to_le_bytes(), &kind].join(&0xFF)
}

fn digest(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    match &entry.data {
        EntryData::Neurons(neurons) => neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes())),
        EntryData::Groups(groups) => {
            for group in groups {
                hasher.update(&(group.neurons.len() as u64).to_le_bytes());
                group.neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
            }
        }
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => scores.iter().for_each(|score| hasher.update(&score.to_le_bytes())),
            ScoreValues::Sparse { neurons, scores, .. } => {
                neurons.iter().for_each(|neuron| hasher.update(&neuron.0.to_le_bytes()));
                scores.iter().for_each(|score| hasher.update(&score.to_le_bytes()));
            }
        },
    }
    hasher.digest()
}

/// About how much memory an entry takes.
fn bytes(entry: &Entry) -> usize {
    let data = match &entry.data {
        EntryData::Neurons(neurons) => 4 * neurons.len(),
        EntryData::Groups(groups) => groups.iter().map(|group| 40 + 4 * group.neurons.len()).sum(),
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => 4 * scores.len(),
            ScoreValues::Sparse { scores, .. } => 8 * scores.len(),
        },
    };
    size_of::<Entry>() + entry.fact.len() + entry.language.len() + data
}
