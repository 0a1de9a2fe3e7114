//! What can go wrong in the engine, as data: found, expected, where. The command adds the hints.

use crate::folder::whose;
use crate::weights::grouped;
use std::path::PathBuf;

/// Errors of the attribution engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the model cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A text that was to be read cannot be.
    #[error("cannot read the text {}: {source}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the model is not what it should be.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was found, and what was expected.
        reason: String,
    },
    /// Something of another kind stands where a model, or a file of one, is expected.
    #[error("{}: {found}; {instead}", path.display())]
    Unusable {
        /// Where.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What to do.
        instead: String,
    },
    /// The model is of an architecture the engine does not know.
    #[error("{}: unknown architecture `{found}`; expected one of {}", path.display(), expected.join(", "))]
    Architecture {
        /// `config.json`.
        path: PathBuf,
        /// `model_type` or the class named there.
        found: String,
        /// Every `model_type` that can be loaded.
        expected: Vec<&'static str>,
    },
    /// A variant of a known architecture that would be computed wrongly.
    #[error("{}: {field} is {found}; expected {expected}", path.display())]
    Variant {
        /// `config.json`.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// Its value.
        found: String,
        /// The values that are supported.
        expected: String,
    },
    /// Tensors that the architecture needs are not in the weights.
    #[error(
        "{}: {} of the model's tensors missing: {}; the file has {}{}",
        path.display(), missing.len(), grouped(missing, 6), grouped(present, 6),
        why.as_ref().map_or_else(String::new, |why| format!("; {why}"))
    )]
    Missing {
        /// The weights.
        path: PathBuf,
        /// Names that were looked for.
        missing: Vec<String>,
        /// Names that are there and were not used.
        present: Vec<String>,
        /// What explains it, where that is known.
        why: Option<String>,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{}: tensor `{name}` has shape {found:?}; {} says {expected:?}", path.display(), whose(path))]
    Shape {
        /// The weights.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that follows from the configuration.
        expected: Vec<usize>,
    },
    /// The tokenizer does not fit the model or the task.
    #[error("{}: {reason}", path.display())]
    Tokenizer {
        /// `tokenizer.json`.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// An option that cannot be carried out.
    #[error("{option} is {given}; expected {expected}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// Its value.
        given: String,
        /// What is allowed.
        expected: String,
    },
    /// A name that the store does not have.
    #[error("there is no {what} {given:?}; expected {expected}{}", listed(known))]
    Unknown {
        /// What kind of name: `language`, `relation`.
        what: &'static str,
        /// As it was given.
        given: String,
        /// What would do: `one that has labels of facts`.
        expected: &'static str,
        /// The names that would do.
        known: Vec<String>,
    },
    /// Facts and no template to ask any of them with.
    #[error("there is no template of {relations} in {languages}, so no fact can be asked")]
    NoTemplates {
        /// The relations chosen.
        relations: String,
        /// The languages chosen.
        languages: String,
    },
    /// Entries of the run were made from other questions than would be asked now.
    #[error(
        "{count} of the entries in run {run:?} {} made from other labels or templates than the store has now; the first: fact \
         {fact:?} ({language}, prompt {prompt})",
        if *count == 1 { "was" } else { "were" }
    )]
    ChangedQuestions {
        /// The run.
        run: String,
        /// How many entries of those selected.
        count: u64,
        /// External id of the first one's fact.
        fact: String,
        /// Its language.
        language: String,
        /// Its prompt number.
        prompt: u16,
    },
    /// A device this build or this machine does not have.
    #[error("device `{given}`: {reason}")]
    Device {
        /// As it was asked for.
        given: String,
        /// Why it is not there.
        reason: String,
    },
    /// Scores that are not numbers: the model overflowed.
    #[error("layer {layer}: {what} is {value}, not a finite number; the model overflows in f32 on this prompt")]
    NotFinite {
        /// The layer.
        layer: u32,
        /// The quantity.
        what: &'static str,
        /// Its value.
        value: f32,
    },
    /// A fact that a method cannot edit.
    #[error("{what} cannot be edited: {reason}")]
    CannotEdit {
        /// The fact.
        what: String,
        /// Why.
        reason: String,
    },
    /// Somebody asked for an end before an edit was made.
    #[error("stopped before the edit was made; nothing was changed")]
    Stopped,
    /// A bug: the job panicked on a fact. What was committed before stays.
    #[error("a bug in kndb: a panic while {what}: {message}; what was stored before is in the run")]
    Panicked {
        /// What was being done, with the fact: `asking the model about fact "f1" (en, prompt 0)`.
        what: String,
        /// What the panic said.
        message: String,
    },
    /// The store refused something.
    #[error(transparent)]
    Storage(#[from] kndb_storage::Error),
}

/// What follows "expected one of the store's".
fn listed(known: &[String]) -> String {
    if known.is_empty() { ", of which there is none".into() } else { format!(": {}", known.join(", ")) }
}

/// Result of the engine.
pub type Result<T> = std::result::Result<T, Error>;
