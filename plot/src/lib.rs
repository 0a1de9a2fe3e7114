//! Figures of kndb: bars by layer, heat maps, overlap matrices, as SVG, PNG and text.
//!
//! A figure is data ([`Bars`], [`HeatMap`], [`Matrix`]); how it is drawn is decided here, so that all figures of kndb look
//! alike. The same figure gives the same bytes: nothing is random, and no font of the machine is used. Useful for distributions and tables of experiments; not for
//! interactive plots, and it knows nothing of stores and queries.
//!
//! | module | what it keeps |
//! |---|---|
//! | `figure` | figures as data |
//! | `svg` | layout and drawing |
//! | `png` | the SVG, rendered with the font that is carried along |
//! | `text` | the same figures for a terminal |
//! | `axis`, `palette`, `font` | ticks and numbers, colours, widths of text |
//!
//! Colours are Okabe and Ito's (series) and ColorBrewer's YlGnBu (scales), made for readers with any colour vision. The font
//! is DejaVu Sans; see `plot/README.md` for its licence.
//!
//! ```
//! use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
//!
//! let shares = |of: [f64; 2]| of.into_iter().map(|share| Some(Bar::new(share))).collect();
//! let figure = Figure::Bars(Bars {
//!     caption: Caption::new("Knowledge neurons by layer"),
//!     category_axis: "layer".into(),
//!     categories: vec!["0".into(), "1".into()],
//!     series_axis: "language".into(),
//!     series: vec![
//!         Series { name: "en".into(), bars: shares([0.25, 0.75]), ..Series::default() },
//!         Series { name: "zh".into(), bars: shares([0.5, 0.5]), ..Series::default() },
//!     ],
//!     value_axis: "share".into(),
//!     unit: Unit::Share,
//! });
//! assert!(figure.svg()?.starts_with("<svg"));
//! assert!(figure.text(60)?.contains(" 0.7500"));
//! # Ok::<(), kndb_plot::Error>(())
//! ```

mod axis;
mod error;
mod figure;
mod font;
mod palette;
mod png;
mod svg;
mod text;

pub use error::{Error, Result};
pub use figure::{Bar, Bars, Caption, Figure, HeatMap, Matrix, Series, Unit};

impl Figure {
    /// The figure as an SVG document, with a title, a description, and the exact number of every bar and cell of a matrix.
    ///
    /// # Errors
    /// When the data is no figure, or has more parts than can be told apart.
    pub fn svg(&self) -> Result<String> {
        svg::svg(self)
    }

    /// The figure as a PNG, two pixels for one of the SVG.
    ///
    /// # Errors
    /// As [`Figure::svg`], and when the picture does not fit memory.
    pub fn png(&self) -> Result<Vec<u8>> {
        png::png(self, &self.svg()?)
    }

    /// The figure as text in lines of at most `width` terminal cells (40 at least), with exact numbers.
    ///
    /// # Errors
    /// When the data is no figure.
    pub fn text(&self, width: usize) -> Result<String> {
        text::text(self, width)
    }

    /// Letters of the figure that a PNG shows as boxes, for the font lacks them (it has no Chinese, Japanese or Korean); an
    /// SVG is shown with the fonts of its reader.
    pub fn letters_without_glyph(&self) -> Vec<char> {
        let caption = self.caption();
        let own: Vec<&String> = match self {
            Self::Bars(bars) => bars.categories.iter().chain(bars.series.iter().map(|series| &series.name)).collect(),
            Self::HeatMap(map) => vec![&map.row_axis, &map.column_axis],
            Self::Matrix(matrix) => matrix.names.iter().collect(),
        };
        let texts = own.into_iter().chain([&caption.title]).chain(&caption.notes);
        let mut letters: Vec<char> = texts.flat_map(|text| text.chars()).filter(|letter| !font::has(*letter)).collect();
        letters.sort_unstable();
        letters.dedup();
        letters
    }
}
