//! Colours by what they are for. Each stands in the drawing as a presentation attribute, for a light page and for readers that know no
//! style sheets, and has a class, by which a style sheet gives it the colour it has on a dark page.
//!
//! No element has a `style` attribute: a page whose policy forbids those shows the same figures.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use crate::palette;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// The page.
    Paper,
    /// Text and axes.
    Ink,
    /// Notes and the line of 0.
    Faint,
    /// Lines behind bars.
    Grid,
    /// The diagonal of a matrix, which compares a thing with itself.
    Diagonal,
    /// A series, by the number of its colour.
    Series(usize),
    /// A step of the scale.
    Step(usize),
    /// Text on a step of the scale.
    OnStep(usize),
}

/// Colours that are neither of series nor of the scale, for light and dark pages.
const PLAIN: [(Paint, &str, &str, &str); 5] = [
    (Paint::Paper, "paper", "#ffffff", "#17171a"),
    (Paint::Ink, "ink", "#222222", "#e8e8ed"),
    (Paint::Faint, "faint", "#666666", "#a5a5ae"),
    (Paint::Grid, "grid", "#dddddd", "#3a3a41"),
    (Paint::Diagonal, "diagonal", "#eeeeee", "#2c2c32"),
];

/// The class of the element `svg`, under which all others are looked for.
pub(super) const ROOT: &str = "kndb-figure";

impl Paint {
    /// The colour on a light page.
    pub(super) fn color(self) -> Cow<'static, str> {
        match self {
            Self::Series(at) => palette::series(at).0.into(),
            Self::Step(step) => palette::color(step).into(),
            Self::OnStep(step) => palette::ink(step).into(),
            plain => Cow::Borrowed(plain.row().2),
        }
    }

    /// The class of an element that is filled with it.
    pub(super) fn fill(self) -> String {
        match self {
            Self::Series(at) => format!("k-s{}", at % palette::SERIES.len()),
            Self::Step(step) => format!("k-h{step}"),
            Self::OnStep(step) => format!("k-t{step}"),
            plain => format!("k-{}", plain.row().1),
        }
    }

    /// The class of an element whose lines have it.
    pub(super) fn line(self) -> String {
        self.fill().replacen("k-", "k-l-", 1)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        PLAIN.iter().find(|row| row.0 == self).unwrap_or(&PLAIN[1])
    }
}

/// Which colours a drawing takes, beside the plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colors {
    Series,
    Scale,
}

/// Rules for a dark page: of one kind of drawing, or of all.
pub(super) fn rules(of: Option<Colors>) -> &'static str {
    static SERIES: LazyLock<String> = LazyLock::new(|| written(&[Colors::Series]));
    static SCALE: LazyLock<String> = LazyLock::new(|| written(&[Colors::Scale]));
    static ALL: LazyLock<String> = LazyLock::new(|| written(&[Colors::Series, Colors::Scale]));
    match of {
        Some(Colors::Series) => &SERIES,
        Some(Colors::Scale) => &SCALE,
        None => &ALL,
    }
}

fn written(of: &[Colors]) -> String {
    let mut rules = String::from("@media screen and (prefers-color-scheme:dark){");
    let mut add = |class: &str, property: &str, color: &str| {
        // Writing to a string cannot fail.
        let _ = write!(rules, ".{ROOT} .{class}{{{property}:{color}}}");
    };
    for (paint, _, _, dark) in PLAIN {
        add(&paint.fill(), "fill", dark);
        add(&paint.line(), "stroke", dark);
    }
    if of.contains(&Colors::Series) {
        for at in 0..palette::SERIES.len() {
            let (light, dark) = palette::series(at);
            if light != dark {
                add(&Paint::Series(at).fill(), "fill", dark);
                add(&Paint::Series(at).line(), "stroke", dark);
            }
        }
    }
    if of.contains(&Colors::Scale) {
        add(&Paint::Step(0).fill(), "fill", "#17171a");
        for step in 1..=palette::STEPS {
            add(&Paint::Step(step).fill(), "fill", &palette::dark_color(step));
        }
        for step in 0..=palette::STEPS {
            add(&Paint::OnStep(step).fill(), "fill", palette::dark_ink(step));
        }
    }
    rules.push('}');
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_has_a_class_with_a_rule_or_is_the_same_on_a_dark_page() {
        let all = rules(None);
        let mut paints: Vec<Paint> = PLAIN.iter().map(|row| row.0).collect();
        paints.extend((0..=palette::STEPS).flat_map(|step| [Paint::Step(step), Paint::OnStep(step)]));
        paints.push(Paint::Series(6));
        for paint in paints {
            assert!(all.contains(&format!(".kndb-figure .{}{{fill:#", paint.fill())), "{paint:?}: {all}");
        }
        assert!(all.contains(".k-l-ink{stroke:#e8e8ed}") && !all.contains("k-s0"), "{all}");
        assert!(all.len() < 6000, "{} bytes stand in every standalone figure", all.len());
    }
}
