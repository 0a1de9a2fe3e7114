//! Matrices, as data.

use super::{Caption, Unit, finite, same_length, some};
use crate::error::Result;

/// A value for every pair of names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Title and notes.
    pub caption: Caption,
    /// Names of rows and columns.
    pub names: Vec<String>,
    /// What the values are: `Jaccard similarity`.
    pub value_axis: String,
    /// Rows of values, as many as names each; `None` where there is none.
    pub values: Vec<Vec<Option<f64>>>,
    /// How values are written.
    pub unit: Unit,
}

impl Matrix {
    /// More names make a picture nobody can read; a matrix of more is drawn as text alone.
    pub const MOST_NAMES: usize = 64;

    pub(super) fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "names", self.names.len())?;
        same_length(title, "the list of rows", self.values.len(), self.names.len())?;
        for (name, row) in self.names.iter().zip(&self.values) {
            same_length(title, &format!("row {name:?}"), row.len(), self.names.len())?;
            for (other, value) in self.names.iter().zip(row) {
                finite(title, || format!("{name:?} and {other:?}"), value.unwrap_or_default())?;
            }
        }
        Ok(())
    }
}
