//! Figures as SVG: what stands around every drawing, and the elements drawings are made of.
//!
//! Nothing is random and nothing is asked of the machine: the same figure is the same bytes.

mod bars;
mod elements;
mod heat_map;
mod labels;
mod legend;
mod matrix;

use maud::{Markup, html};

use crate::error::Result;
use crate::figure::Figure;
use crate::font;
use elements::{Place, anchored, clean, line, number, text, turned};
use labels::Labels;

/// Width of a figure that needs no more, in pixels.
pub(crate) const WIDTH: f64 = 800.0;
/// Least width of titles and notes.
const NARROWEST: f64 = 380.0;
/// Around everything.
const PADDING: f64 = 12.0;
const TITLE: f64 = 15.0;
/// Size of axis titles and legends.
const LABEL: f64 = 12.0;
/// Size of tick labels and notes.
const SMALL: f64 = 11.0;
const INK: &str = "#222222";
const FAINT: &str = "#666666";
const GRID: &str = "#dddddd";

/// A drawing without its surroundings, with its origin at the top left.
struct Drawing {
    width: f64,
    height: f64,
    body: Markup,
    /// What a reader who cannot see it should know.
    summary: String,
}

/// Draws a figure.
pub(crate) fn svg(figure: &Figure) -> Result<String> {
    figure.check()?;
    let drawing = match figure {
        Figure::Bars(bars) => bars::draw(bars)?,
        Figure::HeatMap(map) => heat_map::draw(map)?,
        Figure::Matrix(matrix) => matrix::draw(matrix)?,
    };
    Ok(sheet(figure, &drawing).into_string())
}

/// Puts title and notes around a drawing.
fn sheet(figure: &Figure, drawing: &Drawing) -> Markup {
    let caption = figure.caption();
    let inside = drawing.width.max(NARROWEST);
    let titles = font::lines(&caption.title, TITLE, inside);
    let notes: Vec<String> = caption.notes.iter().flat_map(|note| font::lines(note, SMALL, inside)).collect();
    let above = PADDING + titles.len() as f64 * (TITLE * 1.35) + if titles.is_empty() { 0.0 } else { 8.0 };
    let below = above + drawing.height + if notes.is_empty() { 0.0 } else { 6.0 };
    let height = (below + notes.len() as f64 * (SMALL * 1.4) + PADDING).ceil();
    let width = (inside + 2.0 * PADDING).ceil();
    let description: Vec<&str> =
        std::iter::once(drawing.summary.as_str()).chain(caption.sources.iter().map(String::as_str)).collect();
    let view = format!("0 0 {width} {height}");
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(view) role="img"
            aria-label=(clean(&caption.title)) font-family=(font::FAMILY) {
            title { (clean(&caption.title)) }
            desc { (clean(&description.join("\n"))) }
            rect width=(width) height=(height) fill="#ffffff" {}
            @for (at, line) in titles.iter().enumerate() {
                (text(Place { x: PADDING, y: PADDING + TITLE * (1.0 + 1.35 * at as f64) }, TITLE, INK, line))
            }
            g transform=(format!("translate({} {})", number(PADDING), number(above))) { (drawing.body) }
            @for (at, line) in notes.iter().enumerate() {
                (text(Place { x: PADDING, y: below + SMALL * (1.0 + 1.4 * at as f64) }, SMALL, FAINT, line))
            }
        }
    }
}
