//! Matrices: a value in every cell, and its colour.
//!
//! Colours of shares and ratios run to 1, so that matrices can be compared and little looks like little; those of other
//! numbers, and of ratios above 1, to the highest value off the diagonal: what a thing has in common with itself says nothing.

use maud::html;

use super::{Drawing, INK, LABEL, Labels, Place, SMALL, WIDTH, anchored, legend, number};
use crate::axis::{exact, short};
use crate::error::{Error, Result};
use crate::figure::{Matrix, Unit};
use crate::{font, palette};

/// Longest name of a row.
const LONGEST: f64 = 160.0;
const DIAGONAL: &str = "#eeeeee";

pub(super) fn draw(matrix: &Matrix) -> Result<Drawing> {
    let count = matrix.names.len();
    if count > Matrix::MOST_NAMES {
        let title = matrix.caption.title.clone();
        return Err(Error::TooMany { title, what: "names", found: count, most: Matrix::MOST_NAMES });
    }
    let off_diagonal = |row: usize, column: usize| if row == column { None } else { matrix.values[row][column] };
    let cells: Vec<(usize, usize)> = (0..count).flat_map(|row| (0..count).map(move |column| (row, column))).collect();
    let whole = if matches!(matrix.unit, Unit::Share | Unit::Ratio) { 1.0 } else { 0.0 };
    let most = cells.iter().filter_map(|&(row, column)| off_diagonal(row, column)).fold(whole, f64::max);
    let names: Vec<String> = matrix.names.iter().map(|name| font::fit(name, SMALL, LONGEST)).collect();
    let mut left = names.iter().map(|name| font::width(name, SMALL)).fold(0.0, f64::max) + 8.0;
    let legend_width =
        legend::scale_width(most, matrix.unit).max(font::width(&matrix.value_axis, SMALL).min(150.0)) + 16.0;
    let size = ((WIDTH - left - legend_width) / count as f64).clamp(36.0, 64.0);
    let labels = Labels::arrange(&names, size);
    let reach = |(at, name): (usize, &String)| labels.overhang(name, (at as f64 + 0.5) * size);
    left = names.iter().enumerate().map(reach).fold(left, f64::max);
    let side = size * count as f64;
    let small = if size < 44.0 { SMALL - 2.0 } else { SMALL };
    let middle = |at: usize| (at as f64 + 0.5) * size;
    let value_axis = font::fit(&matrix.value_axis, SMALL, legend_width - 16.0);
    let body = html! {
        @for &(row, column) in &cells {
            @let step = off_diagonal(row, column).filter(|_| most > 0.0).map_or(0, |value| palette::step(value / most));
            @let value = matrix.values[row][column];
            @let (fill, ink) = if row == column { (DIAGONAL.into(), INK) } else { (palette::color(step), palette::ink(step)) };
            rect x=(number(left + column as f64 * size)) y=(number(row as f64 * size)) width=(number(size - 1.0))
                height=(number(size - 1.0)) fill=(fill) {
                title { (super::clean(&about(matrix, row, column))) }
            }
            @let written = value.map_or_else(|| "–".into(), |value| short(value, matrix.unit));
            (anchored(Place::new(left + middle(column) - 0.5, middle(row) + small * 0.36), small, ink, "middle", &written))
        }
        rect x=(number(left - 0.5)) y="-0.5" width=(number(side)) height=(number(side)) fill="none" stroke="#bbbbbb" {}
        @for (at, name) in names.iter().enumerate() {
            (anchored(Place::new(left - 8.0, middle(at) + SMALL * 0.36), SMALL, INK, "end", name))
            @if let Some(label) = labels.write(at, name, Place::new(left + middle(at), side)) { (label) }
        }
        (anchored(Place::new(left + side + 16.0, SMALL), SMALL, INK, "start", &value_axis))
        @if count > 1 {
            (legend::scale(Place::new(left + side + 16.0, SMALL + 8.0), (side - SMALL - 8.0).clamp(50.0, 180.0), most, matrix.unit))
        }
    };
    let height = (side + labels.depth + 4.0).max(LABEL * 2.0 + 50.0);
    let summary = format!("Matrix of {} between {}.", matrix.value_axis, matrix.names.join(", "));
    Ok(Drawing { width: left + side + legend_width, height, body, summary })
}

/// `en and zh: 0.0439`
fn about(matrix: &Matrix, row: usize, column: usize) -> String {
    let value = matrix.values[row][column].map_or_else(|| "no value".into(), |value| exact(value, matrix.unit));
    format!("{} and {}: {value}", matrix.names[row], matrix.names[column])
}
