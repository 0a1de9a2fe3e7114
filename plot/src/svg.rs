//! Figures as SVG: what stands around every drawing, and the elements drawings are made of.
//!
//! Nothing is random and nothing is asked of the machine: the same figure is the same bytes. Labels come from anywhere, so
//! they are escaped, and what XML cannot hold is replaced.

mod bars;
mod heat_map;
mod legend;
mod matrix;

use maud::{Markup, html};

use crate::error::Result;
use crate::figure::Figure;
use crate::font;

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

/// A point.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f64,
    y: f64,
}

impl Place {
    fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// A text that begins at a place.
fn text(place: Place, size: f64, color: &str, content: &str) -> Markup {
    anchored(place, size, color, "start", content)
}

/// A text that begins, ends or is centred at a place (`start`, `end`, `middle`).
fn anchored(place: Place, size: f64, color: &str, anchor: &str, content: &str) -> Markup {
    html! {
        text x=(number(place.x)) y=(number(place.y)) font-size=(size) fill=(color) text-anchor=(anchor) { (clean(content)) }
    }
}

/// A text turned by degrees around a place.
fn turned(place: Place, degrees: i32, anchor: &str, content: &str, size: f64) -> Markup {
    let turn = format!("translate({} {}) rotate({degrees})", number(place.x), number(place.y));
    html! { text transform=(turn) font-size=(size) fill=(INK) text-anchor=(anchor) { (clean(content)) } }
}

/// A line from a place to another.
fn line(from: Place, to: Place, color: &str) -> Markup {
    html! { line x1=(number(from.x)) y1=(number(from.y)) x2=(number(to.x)) y2=(number(to.y)) stroke=(color) {} }
}

/// A coordinate with two decimals at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Without the characters that XML 1.0 cannot hold, escaped or not.
fn clean(content: &str) -> String {
    let unfit = |letter: char| letter.is_control() && letter != '\n' || matches!(letter, '\u{fffe}' | '\u{ffff}');
    content.chars().map(|letter| if unfit(letter) { '\u{fffd}' } else { letter }).collect()
}

/// How labels stand under an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Labels {
    /// Degrees; 0 is flat.
    turn: i32,
    /// Every how many-th is written.
    every: usize,
    /// The most a label may take along its own direction.
    longest: f64,
    /// Room they take from the axis.
    depth: f64,
}

/// Labels longer than this are cut when turned.
const LONGEST_LABEL: f64 = 150.0;
/// Least distance of labels that stand upright.
const UPRIGHT: f64 = 13.0;

impl Labels {
    /// Finds a way in which labels at this distance do not touch. Whole numbers are thinned, names are turned.
    fn arrange(labels: &[String], slot: f64) -> Self {
        let widest = labels.iter().map(|label| font::width(label, SMALL)).fold(0.0, f64::max);
        let flat = |every| Self { turn: 0, every, longest: f64::INFINITY, depth: SMALL + 6.0 };
        if widest + 6.0 <= slot {
            return flat(1);
        }
        if labels.iter().all(|label| label.parse::<u64>().is_ok()) {
            let steps = (0..).flat_map(|power| [1, 2, 5].map(|step: usize| step * 10_usize.pow(power)));
            let fits = |every: &usize| widest + 6.0 <= slot * *every as f64 || *every >= labels.len();
            return flat(steps.take(24).find(fits).unwrap_or(labels.len()));
        }
        let longest = widest.min(LONGEST_LABEL);
        if slot >= 19.0 {
            return Self { turn: -45, every: 1, longest, depth: longest * 0.71 + SMALL + 4.0 };
        }
        let every = (UPRIGHT / slot).ceil().max(1.0) as usize;
        Self { turn: -90, every, longest, depth: longest + 10.0 }
    }

    /// How far the label of a point at `x` reaches to the left of the axis's begin.
    fn overhang(&self, label: &str, x: f64) -> f64 {
        let length = font::width(label, SMALL).min(self.longest);
        match self.turn {
            0 => length / 2.0 - x,
            -45 => length * 0.71 + 4.0 - x,
            _ => 0.0,
        }
    }

    /// Writes the label of the `at`-th point, if it is one of those that are written.
    fn write(&self, at: usize, label: &str, point: Place) -> Option<Markup> {
        if !at.is_multiple_of(self.every) {
            return None;
        }
        let label = font::fit(label, SMALL, self.longest);
        Some(match self.turn {
            0 => anchored(Place { y: point.y + SMALL + 4.0, ..point }, SMALL, INK, "middle", &label),
            -45 => turned(Place::new(point.x + 4.0, point.y + SMALL + 1.0), -45, "end", &label, SMALL),
            turn => turned(Place::new(point.x + SMALL * 0.36, point.y + 6.0), turn, "end", &label, SMALL),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(count: usize, text: &str) -> Vec<String> {
        (0..count).map(|at| format!("{text}{at}")).collect()
    }

    #[test]
    fn labels_are_thinned_or_turned_before_they_touch() {
        assert_eq!(Labels::arrange(&labels(12, ""), 60.0).turn, 0);
        let layers = Labels::arrange(&labels(48, ""), 15.0);
        assert_eq!((layers.turn, layers.every), (0, 2));
        assert_eq!(Labels::arrange(&labels(20, "relation "), 36.0).turn, -45);
        let upright = Labels::arrange(&labels(90, "relation "), 8.0);
        assert_eq!((upright.turn, upright.every), (-90, 2));
    }

    #[test]
    fn coordinates_are_short_and_texts_are_fit_for_xml() {
        assert_eq!([1.0, 0.126, -0.001, 10.5].map(number), ["1", "0.13", "0", "10.5"]);
        assert_eq!(clean("a\u{0}b\u{7f}\n"), "a\u{fffd}b\u{fffd}\n");
    }
}
