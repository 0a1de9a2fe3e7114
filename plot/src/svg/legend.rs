//! Legends: names of series beside their colours, and the scale of a heat map or matrix.

use maud::{Markup, html};

use super::{INK, LABEL, Place, SMALL, anchored, number, text};
use crate::axis::short;
use crate::figure::{Bars, Unit};
use crate::{font, palette};

const SWATCH: f64 = 12.0;
const ROW: f64 = LABEL * 1.6;

/// Names of series in rows of at most `width`, with what stands behind each; and the height they take.
pub(super) fn series(bars: &Bars, width: f64) -> (Markup, f64) {
    let mut places = Vec::new();
    let mut place = Place::new(0.0, 0.0);
    for (at, series) in bars.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty()) {
        let note = series.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let room = width - SWATCH - 6.0 - font::width(&note, LABEL);
        let name = font::fit(&series.name, LABEL, room) + &note;
        let wide = SWATCH + 6.0 + font::width(&name, LABEL);
        if place.x > 0.0 && place.x + wide > width {
            place = Place::new(0.0, place.y + ROW);
        }
        places.push((place, at, name));
        place.x += wide + 18.0;
    }
    let height = if places.is_empty() { 0.0 } else { place.y + ROW + 4.0 };
    let drawn = html! {
        @for (place, at, name) in &places {
            rect x=(number(place.x)) y=(number(place.y + 1.0)) width=(SWATCH) height=(SWATCH)
                fill=(bars.color(*at)) {}
            (text(Place::new(place.x + SWATCH + 6.0, place.y + 11.0), LABEL, INK, name))
        }
    };
    (drawn, height)
}

/// Width that [`scale`] takes.
pub(super) fn scale_width(most: f64, unit: Unit) -> f64 {
    18.0 + font::width(&short(most, unit), SMALL).max(font::width("0", SMALL))
}

/// A column of colours from 0 at the bottom to `most`; its top left is at `place`.
pub(super) fn scale(place: Place, height: f64, most: f64, unit: Unit) -> Markup {
    let part = height / (palette::STEPS + 1) as f64;
    let label = Place::new(place.x + 18.0, place.y);
    html! {
        g shape-rendering="crispEdges" {
            @for step in 0..=palette::STEPS {
                rect x=(number(place.x)) y=(number(place.y + height - (step + 1) as f64 * part)) width=(SWATCH)
                    height=(number(part + 0.2)) fill=(palette::color(step)) {}
            }
            rect x=(number(place.x)) y=(number(place.y)) width=(SWATCH) height=(number(height)) fill="none" stroke=(INK)
                stroke-width="0.5" {}
        }
        (anchored(Place { y: label.y + SMALL * 0.8, ..label }, SMALL, INK, "start", &short(most, unit)))
        (anchored(Place { y: label.y + height, ..label }, SMALL, INK, "start", "0"))
    }
}
