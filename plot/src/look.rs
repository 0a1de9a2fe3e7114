//! How a figure is drawn, beside what is drawn.

use crate::error::{Error, Result};
use crate::figure::Figure;

/// How a figure is drawn. The default suits pages and slides; a paper wants its own width.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Numbers on bars and in the cells of a matrix. Heat maps and curves have none.
    pub numbers: Numbers,
    /// How the colours of a heat map grow with its values.
    pub scale: Scale,
    /// Width of the whole picture, in pixels of 1/96 inch; without it what the figure needs, mostly 824.
    pub width: Option<f64>,
    /// Height of the whole picture, title and notes included, in the same pixels; without it what the figure needs.
    pub height: Option<f64>,
}

/// Which bars and cells have their number written beside them: all or none, so that no number seems to be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// All where all of them fit, otherwise none.
    #[default]
    Fitting,
    /// All: upright, or in a wider figure, where they do not fit otherwise.
    All,
    /// None. The exact numbers stay in an SVG's titles.
    None,
}

/// How colours grow with values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Logarithmic where the highest value is at least ten times the least that is not 0, linear otherwise.
    #[default]
    Fitting,
    /// In proportion to the values, from 0 on.
    Linear,
    /// By the logarithm, from the least value that is not 0 on: few tell a neuron of one fact from one of ten.
    Log,
}

impl Look {
    /// Least width and height of a picture: less holds no axis.
    pub const LEAST: f64 = 120.0;
    /// Greatest width and height of a picture: a PNG of it is twice as wide, and takes half a gigabyte.
    pub const MOST: f64 = 6000.0;

    /// Fails where a size that is asked for is none.
    pub(crate) fn check(&self, figure: &Figure) -> Result<()> {
        for (what, size) in [("wide", self.width), ("high", self.height)] {
            if let Some(found) = size.filter(|size| !(Self::LEAST..=Self::MOST).contains(size)) {
                let title = figure.caption().title.clone();
                return Err(Error::Size { title, what, found, least: Self::LEAST, most: Self::MOST });
            }
        }
        Ok(())
    }
}
