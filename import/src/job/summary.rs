//! What an import did, in numbers.

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Different facts.
    pub facts: u64,
    /// Entries read: one a (fact, language, prompt), and one more where it has groups too.
    pub entries: u64,
    /// Neurons in sets.
    pub pairs: u64,
    /// Scores given in files.
    pub scores: u64,
    /// Degenerate groups.
    pub groups: u64,
    /// Different facts of which the store has no labels.
    pub unknown: u64,
    /// Repeats that were dropped: facts, neurons and groups given more than once.
    pub duplicates: u64,
    /// Entries the run did not have.
    pub new: u64,
    /// Entries an interrupted import had stored already.
    pub resumed: u64,
    /// Entries that took another's place.
    pub replaced: u64,
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
