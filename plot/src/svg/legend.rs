//! Legends: names of series beside their colours, and the scale of a heat map or matrix.

use maud::{Markup, html};

use super::style::Paint;
use super::{LABEL, Place, SMALL, anchored, frame, line, number, text};
use crate::axis::short;
use crate::figure::Unit;
use crate::scale::Colors;
use crate::{font, palette};

const SWATCH: f64 = 12.0;
const ROW: f64 = LABEL * 1.6;
/// Least distance of two numbers beside a scale.
const APART: f64 = 13.0;
/// The field of 0 under a logarithmic scale, and what is between them.
const ZERO: (f64, f64) = (12.0, 9.0);

/// A name in a legend.
pub(super) struct Entry<'a> {
    /// Number of its colour.
    pub(super) color: usize,
    pub(super) name: &'a str,
    /// What stands behind it.
    pub(super) note: Option<&'a str>,
}

/// Names in rows of at most `width`, with what stands behind each; and the height they take. Nothing is written of a series
/// without a name.
pub(super) fn series(entries: &[Entry<'_>], width: f64) -> (Markup, f64) {
    let mut places = Vec::new();
    let mut place = Place::new(0.0, 0.0);
    for entry in entries.iter().filter(|entry| !entry.name.is_empty()) {
        let note = entry.note.map(|note| format!(" ({note})")).unwrap_or_default();
        let room = width - SWATCH - 6.0 - font::width(&note, LABEL);
        let name = font::fit(entry.name, LABEL, room) + &note;
        let wide = SWATCH + 6.0 + font::width(&name, LABEL);
        if place.x > 0.0 && place.x + wide > width {
            place = Place::new(0.0, place.y + ROW);
        }
        places.push((place, entry.color, name));
        place.x += wide + 18.0;
    }
    let height = if places.is_empty() { 0.0 } else { place.y + ROW + 4.0 };
    let drawn = html! {
        @for (place, color, name) in &places {
            @let paint = Paint::Series(*color);
            rect class=(paint.fill()) x=(number(place.x)) y=(number(place.y + 1.0)) width=(SWATCH) height=(SWATCH)
                fill=(paint.color()) stroke=[palette::edge(*color)] {}
            (text(Place::new(place.x + SWATCH + 6.0, place.y + 11.0), LABEL, Paint::Ink, name))
        }
    };
    (drawn, height)
}

/// Width that [`scale`] takes.
pub(super) fn scale_width(colors: Colors, unit: Unit) -> f64 {
    let labels = colors.ticks(unit).into_iter().chain([0.0]);
    22.0 + labels.map(|tick| font::width(&named(tick, unit), SMALL)).fold(0.0, f64::max)
}

/// A column of colours from the least value at the bottom to the highest; its top left is at `place`. Under a logarithmic one, which
/// has no 0, stands the colour of 0.
pub(super) fn scale(place: Place, height: f64, colors: Colors, unit: Unit) -> Markup {
    let long = if colors.is_log() { height - ZERO.0 - ZERO.1 } else { height };
    // A linear scale begins with the colour of nothing.
    let first = usize::from(colors.is_log());
    let part = long / (palette::STEPS + 1 - first) as f64;
    let y = |tick: f64| place.y + long * (1.0 - colors.place(tick).unwrap_or_default());
    // Both ends, then powers of ten, then what still has room.
    let mut all = colors.ticks(unit);
    let mut ticks: Vec<f64> = all.first().into_iter().chain(all.last()).copied().collect();
    all.sort_by_key(|tick| !is_power_of_ten(*tick));
    for tick in all {
        if ticks.iter().all(|other| (y(tick) - y(*other)).abs() >= APART) {
            ticks.push(tick);
        }
    }
    ticks.dedup();
    let label = |y: f64, tick: f64| {
        let from = Place::new(place.x + SWATCH, y);
        html! {
            (line(from, Place::new(from.x + 3.0, y), Paint::Ink))
            (anchored(Place::new(from.x + 6.0, y + SMALL * 0.36), SMALL, Paint::Ink, "start", &named(tick, unit)))
        }
    };
    html! {
        g shape-rendering="crispEdges" {
            @for step in first..=palette::STEPS {
                @let at = (step + 1 - first) as f64;
                rect class=(Paint::Step(step).fill()) x=(number(place.x)) y=(number(place.y + long - at * part)) width=(SWATCH)
                    height=(number(part + 0.2)) fill=(Paint::Step(step).color()) {}
            }
            (frame(place, SWATCH, long))
            @if colors.is_log() {
                @let zero = Place::new(place.x, place.y + height - ZERO.0);
                rect class=(Paint::Step(0).fill()) x=(number(zero.x)) y=(number(zero.y)) width=(SWATCH) height=(ZERO.0)
                    fill=(Paint::Step(0).color()) {}
                (frame(zero, SWATCH, ZERO.0))
            }
        }
        @for tick in ticks { (label(y(tick), tick)) }
        @if colors.is_log() { (label(place.y + height - ZERO.0 / 2.0, 0.0)) }
    }
}

/// A number beside the scale.
fn named(tick: f64, unit: Unit) -> String {
    if tick == 0.0 { "0".into() } else { short(tick, unit) }
}

fn is_power_of_ten(value: f64) -> bool {
    let power = value.log10();
    (power - power.round()).abs() < 1e-9
}
