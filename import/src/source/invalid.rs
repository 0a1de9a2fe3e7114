//! Rows and facts that cannot be used: errors, or counted by reason where the import is to go on.

use std::collections::BTreeMap;

use crate::error::ImportError;
use crate::options::Options;

/// What was passed over, by reason.
#[derive(Default)]
pub(crate) struct Invalid {
    skip: bool,
    reasons: BTreeMap<String, u64>,
}

impl Invalid {
    pub fn new(options: &Options) -> Self {
        Self { skip: options.skip_invalid, reasons: BTreeMap::new() }
    }

    /// Counts the error, or returns it.
    pub fn note(&mut self, error: ImportError) -> Result<(), ImportError> {
        if !self.skip {
            return Err(error);
        }
        *self.reasons.entry(error.reason()).or_default() += 1;
        Ok(())
    }

    /// Counts something that is not an error of its own.
    pub fn count(&mut self, what: &str) {
        *self.reasons.entry(what.to_owned()).or_default() += 1;
    }

    /// Whether unusable rows are passed over.
    pub fn skips(&self) -> bool {
        self.skip
    }

    pub fn reasons(&self) -> BTreeMap<String, u64> {
        self.reasons.clone()
    }
}
