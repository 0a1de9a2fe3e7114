//! Curves as bars in eighths of a character, a block of lines for each.

use unicode_width::UnicodeWidthStr;

use super::bars::block;
use super::{fit, padded, widest};
use crate::axis::exact;
use crate::figure::{Curves, Point, Unit};

/// Cells of the longest bar, where there is room.
const LONGEST: usize = 50;

pub(super) fn draw(curves: &Curves, width: usize) -> String {
    let names = widest(curves.points().map(|point| point.name.as_str())).min(width / 3);
    let (low, high) = curves.range();
    let most = high.max(-low);
    let texts = curves.points().map(|point| written(point, curves.unit).width()).max().unwrap_or(0);
    let place = "100 %".len();
    let before = 1 + names + 3 + place + 3;
    let longest = LONGEST.min(width.saturating_sub(before + 1 + texts)).max(4);
    let mut drawn = format!(" {} | {} | {}\n", padded("", names, false), padded("at", place, true), curves.value_axis);
    for curve in &curves.curves {
        if !curve.name.is_empty() {
            let note = curve.note.as_ref().map(|note| format!(" ({})", fit(note, 30))).unwrap_or_default();
            drawn += &format!(" {}{note}\n", fit(&curve.name, width - 1 - note.width()));
        }
        for point in curve.points.iter().flatten() {
            let share = if most > 0.0 { point.value.abs() / most } else { 0.0 };
            let at = format!("{:.0} %", point.place * 100.0);
            let line = format!(
                " {} | {} | {} {}",
                padded(&fit(&point.name, names), names, true),
                padded(&at, place, true),
                block(share, longest),
                written(point, curves.unit)
            );
            drawn += line.trim_end();
            drawn.push('\n');
        }
    }
    drawn
}

/// `3.72 (share 0.9304, 441 pairs)`
fn written(point: &Point, unit: Unit) -> String {
    let note = point.note.as_ref().map(|note| format!(" ({})", fit(note, 40))).unwrap_or_default();
    format!("{}{note}", exact(point.value, unit))
}
