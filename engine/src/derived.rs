//! Runs that are made from the scores of another run: no model is asked.

mod qrnca;

pub use qrnca::{Qrnca, QrncaJob, QrncaLanguage, QrncaSummary, key_neurons};
