//! Activations of neurons over texts: statistics of every token, and language neurons from them.
//!
//! Not about facts: a corpus has no right answer. What is found is kept as runs of a store, so that the query language reads it.

mod job;
mod lape;
mod quantiles;
mod statistics;
mod windows;

pub use job::{CORPUS, Corpus, CorpusJob, CorpusProgress, CorpusSummary, LANGUAGE_NEURONS};
pub(crate) use job::{LAPE, STATISTICS};
pub use lape::{LanguageNeurons, Lape, language_neurons};
pub use quantiles::{Histogram, RELATIVE_ERROR, SMALLEST};
pub use statistics::{Statistic, Statistics};
pub(crate) use windows::around;
pub use windows::{Window, Windows};
