//! Heat maps, as data.

use super::{Caption, Unit, finite, same_length, some};
use crate::error::Result;
use crate::look::Scale;

/// Values of the units of each layer as colours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    /// Title and notes.
    pub caption: Caption,
    /// What the rows are: `layer`. Row 0 is drawn lowest.
    pub row_axis: String,
    /// What the rows are called, from the lowest on; by their numbers if empty.
    pub row_names: Vec<String>,
    /// What the columns are: `neuron`.
    pub column_axis: String,
    /// What the values are: `facts`.
    pub value_axis: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns; columns that do not fit are put together, and the highest of their values is shown.
    pub columns: usize,
    /// Row, column and value of every cell that is not 0; a later value replaces an earlier one.
    pub cells: Vec<(usize, usize, f64)>,
    /// How values are written.
    pub unit: Unit,
    /// Whether colours grow linearly, however wide the range, unless a scale is asked for.
    pub linear: bool,
}

impl HeatMap {
    pub(super) fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "rows", self.rows)?;
        some(title, "columns", self.columns)?;
        if !self.row_names.is_empty() {
            same_length(title, "the list of row names", self.row_names.len(), self.rows)?;
        }
        for &(row, column, value) in &self.cells {
            for (what, at, length) in [("row", row, self.rows), ("column", column, self.columns)] {
                if at >= length {
                    same_length(title, &format!("the axis that holds {what} {at}"), length, at + 1)?;
                }
            }
            finite(title, || format!("row {row}, column {column}"), value)?;
        }
        Ok(())
    }

    /// The values with columns put together: the highest of each bin. Returns rows, and the columns a bin holds.
    pub(crate) fn binned(&self, most: usize) -> (Vec<Vec<f64>>, usize) {
        let mut bin = 1;
        while self.columns.div_ceil(bin) > most {
            bin *= 2;
        }
        let mut rows = vec![vec![0.0_f64; self.columns.div_ceil(bin)]; self.rows];
        for &(row, column, value) in &self.cells {
            let cell = &mut rows[row][column / bin];
            *cell = cell.max(value);
        }
        (rows, bin)
    }

    /// What a row is called.
    pub(crate) fn row_name(&self, row: usize) -> String {
        self.row_names.get(row).cloned().unwrap_or_else(|| row.to_string())
    }

    /// How its colours grow.
    pub(crate) fn scale(&self, asked: Scale) -> Scale {
        if self.linear && asked == Scale::Fitting { Scale::Linear } else { asked }
    }

    /// The axis of columns, with what a drawn column holds: `neuron (32 a column: the highest is shown)`.
    pub(crate) fn column_label(&self, bin: usize) -> String {
        match bin {
            1 => self.column_axis.clone(),
            _ => format!("{} ({bin} a column: the highest is shown)", self.column_axis),
        }
    }
}
