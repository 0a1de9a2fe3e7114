//! Matrices as aligned numbers; where the columns are too many, in blocks.

use super::{fit, padded, widest};
use crate::axis::exact;
use crate::figure::Matrix;

pub(super) fn draw(matrix: &Matrix, width: usize) -> String {
    let names: Vec<String> = matrix.names.iter().map(|name| fit(name, 12)).collect();
    let cells: Vec<Vec<String>> = matrix
        .values
        .iter()
        .map(|row| {
            row.iter().map(|value| value.map_or_else(|| "–".into(), |value| exact(value, matrix.unit))).collect()
        })
        .collect();
    let name_width = widest(names.iter().map(String::as_str));
    let cell_width = widest(cells.iter().flatten().chain(&names).map(String::as_str));
    let a_block = (width.saturating_sub(name_width + 3) / (cell_width + 2)).max(1);
    let mut drawn = String::new();
    let columns: Vec<usize> = (0..names.len()).collect();
    for block in columns.chunks(a_block) {
        if !drawn.is_empty() {
            drawn.push('\n');
        }
        let head: String = block.iter().map(|&at| format!("  {}", padded(&names[at], cell_width, true))).collect();
        drawn += &format!(" {} |{head}\n", padded("", name_width, false));
        for (name, row) in names.iter().zip(&cells) {
            let row: String = block.iter().map(|&at| format!("  {}", padded(&row[at], cell_width, true))).collect();
            drawn += &format!(" {} |{row}\n", padded(name, name_width, false));
        }
    }
    drawn + &format!("{}\n", matrix.value_axis)
}
