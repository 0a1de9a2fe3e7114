//! What can go wrong while a demo model is made.

use std::path::PathBuf;

/// An error of the training program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A file could not be read or written.
    #[error("could not {doing} {}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// `read`, `write`, …
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the fact table is not what it should be.
    #[error("{} line {line} is not a row of facts or templates: {source}", file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// A template does not end with the object.
    #[error(
        "the template `{template}` must have [X] before [Y] and nothing but punctuation after [Y], so that causal \
         models can be asked"
    )]
    Template {
        /// The template.
        template: String,
    },
    /// The facts lack something that training needs.
    #[error("the facts of {} cannot be trained on: {found}", folder.display())]
    Facts {
        /// Folder of the fact table.
        folder: PathBuf,
        /// What is wrong.
        found: String,
    },
    /// The tokenizer could not be made or does not do what it must.
    #[error("the tokenizer {doing}: {reason}")]
    Tokenizer {
        /// `could not be built`, …
        doing: &'static str,
        /// Why.
        reason: String,
    },
    /// Weights could not be written or read back.
    #[error("could not {doing} the weights in {}: {reason}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// `write`, `read back`.
        doing: &'static str,
        /// Why.
        reason: String,
    },
    /// A number that training needs is out of range.
    #[error("{option} is {found}, it must be {expected}")]
    Setting {
        /// The option.
        option: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A worker thread panicked or a tensor could not be read.
    #[error("training stopped: {reason}")]
    Stopped {
        /// Why.
        reason: String,
    },
}

/// Result of the training program.
pub type Result<T> = std::result::Result<T, TrainingError>;
