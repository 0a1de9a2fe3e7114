//! Figures of kndb: bars by layer, curves by depth, heat maps, overlap matrices, as SVG, PNG, PDF and text.
//!
//! A figure is data ([`Bars`], [`Curves`], [`HeatMap`], [`Matrix`]); how it is drawn is decided here, so that all figures of kndb look
//! alike, but for what [`Look`] asks for. The same figure gives the same bytes: nothing is random, and no font of the machine is used but
//! where a caller asks for it ([`Fonts::of_system`]). Useful for distributions and tables of experiments; not for
//! interactive plots, and it knows nothing of stores and queries.
//!
//! | module | what it keeps |
//! |---|---|
//! | `figure` | figures as data |
//! | `look` | what can be wished of a drawing: numbers, scale, size |
//! | `svg` | layout and drawing, and the rules for dark pages |
//! | `png`, `pdf` | the SVG, rendered |
//! | `fonts` | the fonts of those two: the one that is carried along, and others if wanted |
//! | `text`, `table` | the same figures for a terminal, and as numbers alone |
//! | `axis`, `scale`, `palette`, `font` | ticks and numbers, from values to colours, colours, widths of text |
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
mod fonts;
mod look;
mod palette;
mod pdf;
mod png;
mod scale;
mod svg;
mod table;
mod text;

pub use error::{Error, Result};
pub use figure::{Bar, Bars, Caption, Curve, Curves, Figure, HeatMap, Matrix, Point, Series, Unit};
pub use fonts::Fonts;
pub use look::{Look, Numbers, Scale};
pub use table::Table;

use svg::Standing;

/// Rules for figures that stand in a page ([`Look::inline_svg`]): what their colours are where the reader wants dark pages. All begin
/// with the class `kndb-figure`; without them figures are light everywhere.
pub fn style_sheet() -> &'static str {
    svg::style_sheet()
}

impl Look {
    /// The figure as an SVG document, with a title, a description, and the exact number of every bar, point and cell of a matrix. It is
    /// dark where its reader wants dark pages; what knows no style sheets shows it light.
    ///
    /// # Errors
    /// When the data is no figure, has more parts than can be told apart, or does not fit the size.
    pub fn svg(&self, figure: &Figure) -> Result<String> {
        svg::svg(figure, self, Standing::Alone)
    }

    /// The same as an element of a page of HTML. It has neither `style` elements nor `style` attributes, so that it suits a page whose
    /// policy forbids those; the page's style sheet holds [`style_sheet`].
    ///
    /// # Errors
    /// As [`Look::svg`].
    pub fn inline_svg(&self, figure: &Figure) -> Result<String> {
        svg::svg(figure, self, Standing::InPage)
    }

    /// The figure as a PNG, two pixels for one of the SVG, light.
    ///
    /// # Errors
    /// As [`Look::svg`], and when the picture does not fit memory.
    pub fn png(&self, figure: &Figure, fonts: &Fonts) -> Result<Vec<u8>> {
        png::png(figure, &self.inline_svg(figure)?, fonts)
    }

    /// The figure as a page of PDF of its size, light: its texts are text, and the parts of the fonts that they take are embedded.
    ///
    /// # Errors
    /// As [`Look::svg`], and when a font cannot be read.
    pub fn pdf(&self, figure: &Figure, fonts: &Fonts) -> Result<Vec<u8>> {
        pdf::pdf(figure, &self.inline_svg(figure)?, fonts)
    }

    /// The figure as text in lines of at most `width` terminal cells (40 at least), with exact numbers.
    ///
    /// # Errors
    /// When the data is no figure.
    pub fn text(&self, figure: &Figure, width: usize) -> Result<String> {
        text::text(figure, self, width)
    }
}

impl Figure {
    /// [`Look::svg`] as it is drawn without wishes.
    ///
    /// # Errors
    /// As there.
    pub fn svg(&self) -> Result<String> {
        Look::default().svg(self)
    }

    /// [`Look::inline_svg`] as it is drawn without wishes.
    ///
    /// # Errors
    /// As there.
    pub fn inline_svg(&self) -> Result<String> {
        Look::default().inline_svg(self)
    }

    /// [`Look::png`] as it is drawn without wishes, in the font that is carried along.
    ///
    /// # Errors
    /// As there.
    pub fn png(&self) -> Result<Vec<u8>> {
        Look::default().png(self, &Fonts::carried())
    }

    /// [`Look::pdf`] as it is drawn without wishes, in the font that is carried along.
    ///
    /// # Errors
    /// As there.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        Look::default().pdf(self, &Fonts::carried())
    }

    /// [`Look::text`] as it is drawn without wishes.
    ///
    /// # Errors
    /// As there.
    pub fn text(&self, width: usize) -> Result<String> {
        Look::default().text(self, width)
    }

    /// The numbers behind the figure, exactly, for readers who cannot see it. Of a heat map, which has too many, what each row holds.
    ///
    /// # Errors
    /// When the data is no figure.
    pub fn table(&self) -> Result<Table> {
        self.check()?;
        Ok(table::table(self))
    }

    /// Letters of the figure that DejaVu Sans lacks, ascending (it has no Chinese, Japanese or Korean): a PNG or a PDF shows them as boxes
    /// unless it is drawn with fonts that have them ([`Fonts::of_system`]); an SVG is shown with the fonts of its reader.
    pub fn letters_without_glyph(&self) -> Vec<char> {
        let caption = self.caption();
        let own: Vec<&String> = match self {
            Self::Bars(bars) => {
                let series = bars.series.iter().flat_map(|series| [Some(&series.name), series.note.as_ref()]);
                let axes = [&bars.category_axis, &bars.value_axis];
                bars.categories.iter().chain(series.flatten()).chain(axes).collect()
            }
            Self::HeatMap(map) => vec![&map.row_axis, &map.column_axis, &map.value_axis],
            Self::Matrix(matrix) => matrix.names.iter().chain([&matrix.value_axis]).collect(),
            Self::Curves(curves) => {
                let named = curves.curves.iter().flat_map(|curve| [Some(&curve.name), curve.note.as_ref()]);
                named.flatten().chain([&curves.place_axis, &curves.value_axis]).collect()
            }
        };
        let texts = own.into_iter().chain([&caption.title]).chain(&caption.notes);
        let mut letters: Vec<char> = texts.flat_map(|text| text.chars()).filter(|letter| !font::has(*letter)).collect();
        letters.sort_unstable();
        letters.dedup();
        letters
    }
}
