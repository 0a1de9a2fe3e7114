//! Bars in eighths of a character.

use unicode_width::UnicodeWidthStr;

use super::{fit, padded, widest};
use crate::axis::exact;
use crate::figure::{Bar, Bars, Unit};

/// Cells of the longest bar, where there is room.
const LONGEST: usize = 50;

pub(super) fn draw(bars: &Bars, width: usize) -> String {
    let several = bars.series.len() > 1;
    let categories: Vec<String> = bars.categories.iter().map(|name| fit(name, width / 3)).collect();
    let names: Vec<String> = bars.series.iter().map(|series| fit(&series.name, width / 4)).collect();
    let right = bars.categories.iter().all(|name| name.parse::<f64>().is_ok());
    let category_width = widest(categories.iter().map(String::as_str).chain([bars.category_axis.as_str()]));
    let name_width = widest(names.iter().map(String::as_str).chain([bars.series_axis.as_str()]));
    let (low, high) = bars.range();
    let most = high.max(-low);
    let texts = bars.series.iter().flat_map(|series| &series.bars).flatten().map(|bar| written(bar, bars.unit));
    let text_width = texts.map(|text| text.width()).max().unwrap_or(0);
    let before = 1 + category_width + 3 + if several { name_width + 3 } else { 0 };
    let longest = LONGEST.min(width.saturating_sub(before + 1 + text_width)).max(4);

    let mut drawn = format!(" {} |", padded(&bars.category_axis, category_width, right));
    if several {
        drawn += &format!(" {} |", padded(&bars.series_axis, name_width, false));
    }
    drawn += &format!(" {}\n", bars.value_axis);
    for (at, category) in categories.iter().enumerate() {
        for (number, (series, name)) in bars.series.iter().zip(&names).enumerate() {
            let category = if number == 0 { category } else { "" };
            let mut line = format!(" {} |", padded(category, category_width, right));
            if several {
                line += &format!(" {} |", padded(name, name_width, false));
            }
            if let Some(bar) = &series.bars[at] {
                let share = if most > 0.0 { bar.value.abs() / most } else { 0.0 };
                line += &format!(" {} {}", block(share, longest), written(bar, bars.unit));
            }
            drawn += line.trim_end();
            drawn.push('\n');
        }
    }
    let noted = bars.series.iter().filter_map(|series| Some((&series.name, series.note.as_ref()?)));
    for (at, (name, note)) in noted.enumerate() {
        let (gap, note) = (if at == 0 { "\n" } else { "" }, fit(note, 30));
        match name.as_str() {
            "" => drawn += &format!("{gap} {note}\n"),
            name => drawn += &format!("{gap} {}: {note}\n", fit(name, width - 3 - note.width())),
        }
    }
    drawn
}

/// `0.9304 (441 pairs)`
fn written(bar: &Bar, unit: Unit) -> String {
    let interval = bar.interval.map(|(low, high)| format!(" [{}, {}]", exact(low, unit), exact(high, unit)));
    let note = bar.note.as_ref().map(|note| format!(" ({})", fit(note, 30)));
    format!("{}{}{}", exact(bar.value, unit), interval.unwrap_or_default(), note.unwrap_or_default())
}

/// A bar in eighths of a character.
pub(super) fn block(share: f64, longest: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * longest as f64 * 8.0).round() as usize;
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}
