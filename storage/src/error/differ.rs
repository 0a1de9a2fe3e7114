//! Two stores that say different things of one entry.

use std::path::PathBuf;

/// Different entries of two runs for one place: the first of them, and how many there are.
#[derive(Debug)]
pub struct EntriesDiffer {
    /// External id of the fact.
    pub fact: String,
    /// Its language.
    pub language: String,
    /// Its prompt number.
    pub prompt: u16,
    /// The run of a source.
    pub run: String,
    /// That source.
    pub from: PathBuf,
    /// The run of the store it goes into, or of a source named earlier.
    pub other_run: String,
    /// That store.
    pub other: PathBuf,
    /// The number of places for which the entries differ.
    pub count: u64,
}

impl std::fmt::Display for EntriesDiffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { fact, language, prompt, run, from, other_run, other, count } = self;
        write!(
            f,
            "fact {fact:?} ({language}, prompt {prompt}) has another entry in run {run:?} of {} than in run {other_run:?} of {}{}; nothing was \
             written",
            from.display(),
            other.display(),
            if *count > 1 { format!(" ({count} entries differ, this is the first)") } else { String::new() }
        )
    }
}
