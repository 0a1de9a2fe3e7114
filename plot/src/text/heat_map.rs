//! Heat maps in four shades.

use super::{fit, lines, padded, widest};
use crate::axis::exact;
use crate::figure::{HeatMap, Unit};
use crate::look::Look;
use crate::scale::Colors;

const SHADES: [char; 4] = ['░', '▒', '▓', '█'];
/// Longest name of a row.
const LONGEST: usize = 20;

pub(super) fn draw(map: &HeatMap, look: &Look, width: usize) -> String {
    let names: Vec<String> = (0..map.rows).map(|row| fit(&map.row_name(row), LONGEST)).collect();
    let name_width = widest(names.iter().map(String::as_str)).max(fit(&map.row_axis, 12).len());
    let (rows, bin) = map.binned(width - name_width - 4);
    let colors = Colors::of(rows.iter().flatten().copied(), map.scale(look.scale));
    let mut drawn = format!(" {} |\n", padded(&fit(&map.row_axis, 12), name_width, true));
    for (name, cells) in names.iter().zip(&rows).rev() {
        let cells: String = cells.iter().map(|value| shade(colors.place(*value))).collect();
        drawn += &format!(" {} |{cells}|\n", padded(name, name_width, true));
    }
    let columns = map.column_label(bin);
    let last = map.columns - 1;
    let quarter = |number: usize| exact(colors.value_at(number as f64 / 4.0), Unit::Number);
    let scale = if colors.is_log() { " (logarithmic)" } else { "" };
    let key = format!(
        "{}{scale}: blank 0, ░ to {}, ▒ to {}, ▓ to {}, █ to {}",
        map.value_axis,
        quarter(1),
        quarter(2),
        quarter(3),
        exact(colors.value_at(1.0), map.unit)
    );
    drawn + &lines(&format!("{columns}, from 0 to {last}"), width) + "\n" + &lines(&key, width) + "\n"
}

/// The shade of a place on the scale; blank for nothing.
fn shade(place: Option<f64>) -> char {
    place.map_or(' ', |place| SHADES[((place * 4.0).ceil() as usize).clamp(1, 4) - 1])
}
