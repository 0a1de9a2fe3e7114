//! The elements that drawings are made of. Labels come from anywhere, so they are escaped, and what XML cannot hold is replaced.

use maud::{Markup, html};

use super::LABEL;
use super::style::Paint;
use crate::font;

/// A point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Place {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// A text that begins at a place.
pub(super) fn text(place: Place, size: f64, paint: Paint, content: &str) -> Markup {
    anchored(place, size, paint, "start", content)
}

/// A text that begins, ends or is centred at a place (`start`, `end`, `middle`).
pub(super) fn anchored(place: Place, size: f64, paint: Paint, anchor: &str, content: &str) -> Markup {
    html! {
        text class=(paint.fill()) x=(number(place.x)) y=(number(place.y)) font-size=(size) fill=(paint.color())
            text-anchor=(anchor) { (clean(content)) }
    }
}

/// A text turned by degrees around a place.
pub(super) fn turned(place: Place, degrees: i32, anchor: &str, content: &str, size: f64) -> Markup {
    let turn = format!("translate({} {}) rotate({degrees})", number(place.x), number(place.y));
    html! {
        text class=(Paint::Ink.fill()) transform=(turn) font-size=(size) fill=(Paint::Ink.color()) text-anchor=(anchor) {
            (clean(content))
        }
    }
}

/// The name of an upright axis whose line is around `middle`: moved along where it would reach out of a drawing of this height, and cut where
/// it is longer than that.
pub(super) fn upright(x: f64, middle: f64, height: f64, name: &str) -> Markup {
    let name = font::fit(name, LABEL, height);
    let half = font::width(&name, LABEL) / 2.0;
    turned(Place::new(x, middle.min(height - half).max(half)), -90, "middle", &name, LABEL)
}

/// A line from a place to another.
pub(super) fn line(from: Place, to: Place, paint: Paint) -> Markup {
    html! {
        line class=(paint.line()) x1=(number(from.x)) y1=(number(from.y)) x2=(number(to.x)) y2=(number(to.y))
            stroke=(paint.color()) {}
    }
}

/// The edge of an area, half a pixel wide, with its top left at a place.
pub(super) fn frame(place: Place, width: f64, height: f64) -> Markup {
    html! {
        rect class=(Paint::Ink.line()) x=(number(place.x)) y=(number(place.y)) width=(number(width)) height=(number(height))
            fill="none" stroke=(Paint::Ink.color()) stroke-width="0.5" {}
    }
}

/// A coordinate with two decimals at most.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Without the characters that XML 1.0 cannot hold, escaped or not.
pub(super) fn clean(content: &str) -> String {
    let unfit = |letter: char| letter.is_control() && letter != '\n' || matches!(letter, '\u{fffe}' | '\u{ffff}');
    content.chars().map(|letter| if unfit(letter) { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_texts_are_fit_for_xml() {
        assert_eq!([1.0, 0.126, -0.001, 10.5].map(number), ["1", "0.13", "0", "10.5"]);
        assert_eq!(clean("a\u{0}b\u{7f}\n"), "a\u{fffd}b\u{fffd}\n");
    }
}
