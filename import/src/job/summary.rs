//! What an import did, in numbers, and what it understood of its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Files that have no entries, such as the header of a table without rows.
    pub without_entries: Vec<PathBuf>,
    /// Different facts.
    pub facts: u64,
    /// Entries read: one a (fact, language, prompt), and one more where it has groups too.
    pub entries: u64,
    /// Entries of each language, by its code.
    pub languages: BTreeMap<String, u64>,
    /// What said each language, in words; [`Self::default_language`] counts what nothing said.
    pub language_by: BTreeMap<String, BTreeSet<String>>,
    /// Entries of which nothing says the language, so that they have the default.
    pub default_language: u64,
    /// Numbers of the prompts.
    pub prompts: BTreeSet<u16>,
    /// Entries with neuron sets.
    pub sets: u64,
    /// Neurons in sets.
    pub pairs: u64,
    /// Entries with scores.
    pub scored: u64,
    /// Entries with scores of which the files say more: the probability of the right object, the model's answer, rank or tokens.
    pub measured: u64,
    /// Scores given in files.
    pub scores: u64,
    /// Lowest and highest of the floors of entries that do not list every neuron.
    pub floors: Option<(f32, f32)>,
    /// Entries with scores of which none is above 0: of these a share of the maximum keeps nothing.
    pub without_positive: u64,
    /// Entries with the score of a single neuron, which is then both their floor and all that is known of their maximum.
    pub lone_scores: u64,
    /// Degenerate groups.
    pub groups: u64,
    /// Different facts of which the store has no labels.
    pub unknown: u64,
    /// Facts whose relation is the same in the files and in the store.
    pub relations: u64,
    /// Facts of which the files say a relation that cannot be compared: the store knows none, or not by that name.
    pub relations_not_used: u64,
    /// Repeats that were dropped: facts, neurons and groups given more than once.
    pub duplicates: u64,
    /// Rows and facts that could not be used, by reason.
    pub invalid: BTreeMap<String, u64>,
    /// Lists of fact ids that entries are named by.
    pub ids: BTreeSet<PathBuf>,
    /// Columns, arrays, metadata and folders that were not used.
    pub not_used: BTreeSet<String>,
    /// Entries the run did not have.
    pub new: u64,
    /// Entries an interrupted import had stored already.
    pub resumed: u64,
    /// Entries that took another's place.
    pub replaced: u64,
    /// Entries passed over because the run had them.
    pub skipped: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Time taken.
    pub seconds: f64,
}

impl Summary {
    /// Megabytes of input a second.
    pub fn megabytes_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.bytes as f64 / 1e6 / self.seconds } else { 0.0 }
    }
}
