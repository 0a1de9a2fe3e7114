//! Figures as data: what is drawn, and nothing of how.

mod bars;
mod curves;
mod heat_map;
mod matrix;

use crate::error::{Error, Result};
pub use bars::{Bar, Bars, Series};
pub use curves::{Curve, Curves, Point};
pub use heat_map::HeatMap;
pub use matrix::Matrix;

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
    /// Curves over an axis from 0 to 1.
    Curves(Curves),
}

impl Figure {
    /// Title, notes and sources.
    pub fn caption(&self) -> &Caption {
        match self {
            Self::Bars(bars) => &bars.caption,
            Self::HeatMap(map) => &map.caption,
            Self::Matrix(matrix) => &matrix.caption,
            Self::Curves(curves) => &curves.caption,
        }
    }

    /// The same, to change it.
    pub fn caption_mut(&mut self) -> &mut Caption {
        match self {
            Self::Bars(bars) => &mut bars.caption,
            Self::HeatMap(map) => &mut map.caption,
            Self::Matrix(matrix) => &mut matrix.caption,
            Self::Curves(curves) => &mut curves.caption,
        }
    }

    /// Fails where the data is no figure: nothing in it, lengths that differ, values that are not finite.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Bars(bars) => bars.check(),
            Self::HeatMap(map) => map.check(),
            Self::Matrix(matrix) => matrix.check(),
            Self::Curves(curves) => curves.check(),
        }
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
