//! Labels under an axis: flat, thinned or turned, so that they do not touch.

use maud::Markup;

use super::{Paint, Place, SMALL, anchored, turned};
use crate::font;

/// How labels stand under an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Labels {
    /// Degrees; 0 is flat.
    pub(super) turn: i32,
    /// Every how many-th is written.
    pub(super) every: usize,
    /// The most a label may take along its own direction.
    pub(super) longest: f64,
    /// Room they take from the axis.
    pub(super) depth: f64,
}

/// Labels longer than this are cut when turned.
const LONGEST_LABEL: f64 = 150.0;
/// Least distance of labels that stand upright.
const UPRIGHT: f64 = 13.0;

impl Labels {
    /// Finds a way in which labels at this distance do not touch. Whole numbers are thinned, names are turned.
    pub(super) fn arrange(labels: &[String], slot: f64) -> Self {
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
    pub(super) fn overhang(&self, label: &str, x: f64) -> f64 {
        let length = font::width(label, SMALL).min(self.longest);
        match self.turn {
            0 => length / 2.0 - x,
            -45 => length * 0.71 + 4.0 - x,
            _ => 0.0,
        }
    }

    /// Writes the label of the `at`-th point, if it is one of those that are written.
    pub(super) fn write(&self, at: usize, label: &str, point: Place) -> Option<Markup> {
        if !at.is_multiple_of(self.every) {
            return None;
        }
        let label = font::fit(label, SMALL, self.longest);
        Some(match self.turn {
            0 => anchored(Place { y: point.y + SMALL + 4.0, ..point }, SMALL, Paint::Ink, "middle", &label),
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
}
