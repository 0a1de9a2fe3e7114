//! Figures as SVG: what stands around every drawing.
//!
//! Nothing is random and nothing is asked of the machine: the same figure is the same bytes.

mod bars;
mod curves;
mod elements;
mod heat_map;
mod labels;
mod legend;
mod matrix;
mod style;

use maud::{Markup, PreEscaped, html};

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::font;
use crate::look::Look;
use elements::{Place, anchored, clean, frame, line, number, text, turned, upright};
use labels::Labels;
use style::{Colors, Paint};

/// Width of a drawing that needs no more, in pixels.
const WIDTH: f64 = 800.0;
/// Least width of titles and notes.
const NARROWEST: f64 = 380.0;
/// Around everything.
const PADDING: f64 = 12.0;
const TITLE: f64 = 15.0;
/// Size of axis titles and legends.
const LABEL: f64 = 12.0;
/// Size of tick labels and notes.
const SMALL: f64 = 11.0;

/// A drawing without its surroundings, with its origin at the top left.
struct Drawing {
    width: f64,
    height: f64,
    body: Markup,
    /// What a reader who cannot see it should know.
    summary: String,
}

/// The room for a drawing.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// What a drawing takes that needs no more; exactly that, where a width was asked for.
    width: f64,
    /// Whether it is to be exactly as wide.
    is_fixed: bool,
    /// The height it is to have; its own without.
    height: Option<f64>,
    /// Height of titles and notes and what is around everything: what errors add, for they tell of whole pictures.
    above_and_below: f64,
}

impl Room {
    /// Fails where a drawing needs more width than there is.
    fn needs_width(&self, title: &str, least: f64) -> Result<()> {
        if !self.is_fixed || least <= self.width + 0.01 {
            return Ok(());
        }
        Err(self.too_small(title, "wide", self.width + 2.0 * PADDING, least + 2.0 * PADDING))
    }

    /// The height that was asked for, if a drawing that needs at least this much can have it.
    fn height(&self, title: &str, least: f64) -> Result<Option<f64>> {
        match self.height {
            Some(height) if height + 0.01 < least => {
                Err(self.too_small(title, "high", height + self.above_and_below, least + self.above_and_below))
            }
            height => Ok(height),
        }
    }

    fn too_small(&self, title: &str, what: &'static str, found: f64, least: f64) -> Error {
        Error::Size { title: title.to_owned(), what, found, least: least.ceil(), most: Look::MOST }
    }
}

/// Where an SVG is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In a file of its own, with its rules for dark pages.
    Alone,
    /// In a page that has those rules, or where none are wanted.
    InPage,
}

/// The rules for dark pages of all figures.
pub(crate) fn style_sheet() -> &'static str {
    style::rules(None)
}

/// Draws a figure.
pub(crate) fn svg(figure: &Figure, look: &Look, standing: Standing) -> Result<String> {
    figure.check()?;
    look.check(figure)?;
    let (drawing, around) = match (look.width, look.height) {
        (None, None) => {
            let drawing = draw(figure, look, Room::natural())?;
            let around = Around::new(figure, drawing.width.max(NARROWEST));
            (drawing, around)
        }
        (width, height) => {
            let inside = match width {
                Some(width) => width - 2.0 * PADDING,
                None => draw(figure, look, Room::natural())?.width.max(NARROWEST),
            };
            let around = Around::new(figure, inside);
            let room = Room {
                width: inside,
                is_fixed: true,
                height: height.map(|height| height - around.height()),
                above_and_below: around.height(),
            };
            (draw(figure, look, room)?, around)
        }
    };
    Ok(sheet(figure, &drawing, &around, look, standing).into_string())
}

fn draw(figure: &Figure, look: &Look, room: Room) -> Result<Drawing> {
    match figure {
        Figure::Bars(bars) => bars::draw(bars, look, room),
        Figure::HeatMap(map) => heat_map::draw(map, look, room),
        Figure::Matrix(matrix) => matrix::draw(matrix, look, room),
        Figure::Curves(curves) => curves::draw(curves, room),
    }
}

impl Room {
    fn natural() -> Self {
        Self { width: WIDTH, is_fixed: false, height: None, above_and_below: 0.0 }
    }
}

/// Title and notes, broken into lines.
struct Around {
    inside: f64,
    titles: Vec<String>,
    notes: Vec<String>,
}

impl Around {
    fn new(figure: &Figure, inside: f64) -> Self {
        let caption = figure.caption();
        let notes = caption.notes.iter().flat_map(|note| font::lines(note, SMALL, inside)).collect();
        Self { inside, titles: font::lines(&caption.title, TITLE, inside), notes }
    }

    /// From the top to the drawing.
    fn above(&self) -> f64 {
        PADDING + self.titles.len() as f64 * (TITLE * 1.35) + if self.titles.is_empty() { 0.0 } else { 8.0 }
    }

    /// From the drawing to the notes.
    fn gap(&self) -> f64 {
        if self.notes.is_empty() { 0.0 } else { 6.0 }
    }

    fn height(&self) -> f64 {
        self.above() + self.gap() + self.notes.len() as f64 * (SMALL * 1.4) + PADDING
    }
}

/// Puts title and notes around a drawing.
fn sheet(figure: &Figure, drawing: &Drawing, around: &Around, look: &Look, standing: Standing) -> Markup {
    let caption = figure.caption();
    let below = around.above() + drawing.height + around.gap();
    let height = look.height.unwrap_or((around.height() + drawing.height).ceil());
    let width = look.width.unwrap_or((around.inside + 2.0 * PADDING).ceil());
    let description: Vec<&str> =
        std::iter::once(drawing.summary.as_str()).chain(caption.sources.iter().map(String::as_str)).collect();
    // One without a title stands below a heading; whoever does not see it is told at least what it is.
    let name = clean(if caption.title.is_empty() { &drawing.summary } else { &caption.title });
    let (wide, high) = (number(width), number(height));
    let view = format!("0 0 {wide} {high}");
    let of = if matches!(figure, Figure::Bars(_) | Figure::Curves(_)) { Colors::Series } else { Colors::Scale };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class=(style::ROOT) width=(wide) height=(high) viewBox=(view) role="img"
            aria-label=(name) font-family=(font::FAMILY) {
            title { (name) }
            desc { (clean(&description.join("\n"))) }
            @if standing == Standing::Alone { style { (PreEscaped(style::rules(Some(of)))) } }
            rect class=(Paint::Paper.fill()) width=(wide) height=(high) fill=(Paint::Paper.color()) {}
            @for (at, line) in around.titles.iter().enumerate() {
                (text(Place { x: PADDING, y: PADDING + TITLE * (1.0 + 1.35 * at as f64) }, TITLE, Paint::Ink, line))
            }
            g transform=(format!("translate({} {})", number(PADDING), number(around.above()))) { (drawing.body) }
            @for (at, line) in around.notes.iter().enumerate() {
                (text(Place { x: PADDING, y: below + SMALL * (1.0 + 1.4 * at as f64) }, SMALL, Paint::Faint, line))
            }
        }
    }
}
