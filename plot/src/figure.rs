//! Figures as data: what is drawn, and nothing of how.

use crate::error::{Error, Result};
use crate::palette;

/// Larger numbers have no place on an axis.
const LARGEST: f64 = 1e100;

/// What stands around a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caption {
    /// The title, above the figure.
    pub title: String,
    /// Sentences under the figure.
    pub notes: Vec<String>,
    /// Where the numbers come from: queries. Kept in the description of an SVG, not drawn.
    pub sources: Vec<String>,
}

impl Caption {
    /// A title alone.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
}

/// How numbers of a figure are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A share between 0 and 1: percent on axes, a fraction where it shall be exact.
    Share,
    /// A number that is often between 0 and 1, such as a similarity: four decimals.
    Ratio,
    /// A whole number.
    Count,
    /// Any other number.
    #[default]
    Number,
}

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// Its length.
    pub value: f64,
    /// Low and high end of an interval of confidence around it.
    pub interval: Option<(f64, f64)>,
    /// What stands behind the value: `441 pairs`.
    pub note: Option<String>,
}

impl Bar {
    /// A bar without interval and note.
    pub fn new(value: f64) -> Self {
        Self { value, ..Self::default() }
    }
}

/// Bars of one colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// A bar a category; `None` where there is no value.
    pub bars: Vec<Option<Bar>>,
    /// What stands behind the series as a whole: `23 pairs`. In brackets after its name in a legend; on a line of its own in
    /// text.
    pub note: Option<String>,
    /// Number of its colour, from 0, so that a series has the same colour in figures that others are missing from; its place
    /// among the series without it.
    pub color: Option<usize>,
}

/// Grouped bars: several series over the same categories.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Title and notes.
    pub caption: Caption,
    /// What the categories are: `layer`.
    pub category_axis: String,
    /// The categories, in order.
    pub categories: Vec<String>,
    /// What the series are: `language`. Used in text alone.
    pub series_axis: String,
    /// The series, in order.
    pub series: Vec<Series>,
    /// What the values are: `share of knowledge neurons`.
    pub value_axis: String,
    /// How values are written.
    pub unit: Unit,
}

/// Values of the units of each layer as colours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    /// Title and notes.
    pub caption: Caption,
    /// What the rows are: `layer`. Row 0 is drawn lowest.
    pub row_axis: String,
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
}

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

/// A figure.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Figure {
    /// Grouped bars.
    Bars(Bars),
    /// A heat map.
    HeatMap(HeatMap),
    /// A matrix.
    Matrix(Matrix),
}

impl Figure {
    /// Title, notes and sources.
    pub fn caption(&self) -> &Caption {
        match self {
            Self::Bars(bars) => &bars.caption,
            Self::HeatMap(map) => &map.caption,
            Self::Matrix(matrix) => &matrix.caption,
        }
    }

    /// The same, to change it.
    pub fn caption_mut(&mut self) -> &mut Caption {
        match self {
            Self::Bars(bars) => &mut bars.caption,
            Self::HeatMap(map) => &mut map.caption,
            Self::Matrix(matrix) => &mut matrix.caption,
        }
    }

    /// Fails where the data is no figure: nothing in it, lengths that differ, values that are not finite.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Bars(bars) => bars.check(),
            Self::HeatMap(map) => map.check(),
            Self::Matrix(matrix) => matrix.check(),
        }
    }
}

impl Bars {
    /// More series have no colours that readers tell apart; bars of more are drawn as text alone.
    pub const MOST_SERIES: usize = palette::SERIES.len();

    fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "categories", self.categories.len())?;
        some(title, "series", self.series.len())?;
        for series in &self.series {
            same_length(title, &format!("series {:?}", series.name), series.bars.len(), self.categories.len())?;
            for (bar, category) in series.bars.iter().zip(&self.categories) {
                let Some(bar) = bar else { continue };
                let (low, high) = bar.interval.unwrap_or_default();
                for value in [bar.value, low, high] {
                    finite(title, || format!("{:?} in series {:?}", category, series.name), value)?;
                }
            }
        }
        Ok(())
    }

    /// The colour of a series.
    pub(crate) fn color(&self, at: usize) -> &'static str {
        palette::SERIES[self.series[at].color.unwrap_or(at) % palette::SERIES.len()]
    }

    /// The least and the largest number that is drawn, 0 among them.
    pub(crate) fn range(&self) -> (f64, f64) {
        let bars = self.series.iter().flat_map(|series| series.bars.iter().flatten());
        bars.flat_map(|bar| {
            let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
            [bar.value, low, high]
        })
        .fold((0.0, 0.0), |(low, high), value| (value.min(low), value.max(high)))
    }
}

impl HeatMap {
    fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "rows", self.rows)?;
        some(title, "columns", self.columns)?;
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

    /// The axis of columns, with what a drawn column holds: `neuron (32 a column: the highest is shown)`.
    pub(crate) fn column_label(&self, bin: usize) -> String {
        match bin {
            1 => self.column_axis.clone(),
            _ => format!("{} ({bin} a column: the highest is shown)", self.column_axis),
        }
    }
}

impl Matrix {
    /// More names make a picture nobody can read; a matrix of more is drawn as text alone.
    pub const MOST_NAMES: usize = 64;

    fn check(&self) -> Result<()> {
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

fn some(title: &str, what: &'static str, count: usize) -> Result<()> {
    if count > 0 { Ok(()) } else { Err(Error::Empty { title: title.into(), what }) }
}

fn same_length(title: &str, what: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Length { title: title.into(), what: what.into(), found, expected })
}

fn finite(title: &str, what: impl FnOnce() -> String, value: f64) -> Result<()> {
    if value.abs() <= LARGEST { Ok(()) } else { Err(Error::NotFinite { title: title.into(), what: what(), value }) }
}
