//! Heat maps in four shades.

use super::{fit, lines, padded};
use crate::axis::exact;
use crate::figure::HeatMap;

const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

pub(super) fn draw(map: &HeatMap, width: usize) -> String {
    let name_width = (map.rows - 1).to_string().len().max(fit(&map.row_axis, 12).len());
    let (rows, bin) = map.binned(width - name_width - 4);
    let most = rows.iter().flatten().copied().fold(0.0, f64::max);
    let mut drawn = format!(" {} |\n", padded(&fit(&map.row_axis, 12), name_width, true));
    for (row, cells) in rows.iter().enumerate().rev() {
        let cells: String = cells.iter().map(|value| shade(value / most)).collect();
        drawn += &format!(" {} |{cells}|\n", padded(&row.to_string(), name_width, true));
    }
    let columns = map.column_label(bin);
    let last = map.columns - 1;
    let quarter = |number: usize| exact(most * number as f64 / 4.0, crate::figure::Unit::Number);
    let key = format!(
        "{}: blank 0, ░ to {}, ▒ to {}, ▓ to {}, █ to {}",
        map.value_axis,
        quarter(1),
        quarter(2),
        quarter(3),
        exact(most, map.unit)
    );
    drawn + &lines(&format!("{columns}, from 0 to {last}"), width) + "\n" + &lines(&key, width) + "\n"
}

/// The shade of a share of the highest value; blank for nothing.
fn shade(share: f64) -> char {
    if share > 0.0 { SHADES[((share * 4.0).ceil() as usize).clamp(1, 4) - 1] } else { ' ' }
}
