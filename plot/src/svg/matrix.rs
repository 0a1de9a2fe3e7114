//! Matrices: a value in every cell, and its colour.
//!
//! Colours of shares and ratios run to 1, so that matrices can be compared and little looks like little; those of other
//! numbers, and of ratios above 1, to the highest value off the diagonal: what a thing has in common with itself says nothing.

use maud::html;

use super::style::Paint;
use super::{Drawing, LABEL, Labels, Place, Room, SMALL, anchored, legend, number};
use crate::axis::{exact, short};
use crate::error::{Error, Result};
use crate::figure::{Matrix, Unit};
use crate::font;
use crate::look::{Look, Numbers};
use crate::scale::Colors;

/// Longest name of a row.
const LONGEST: f64 = 160.0;
/// Cells with numbers in them are at least so wide, cells without at least so.
const CELL: (f64, f64) = (36.0, 12.0);
/// Wider cells need no more room.
const WIDEST: f64 = 64.0;

pub(super) fn draw(matrix: &Matrix, look: &Look, room: Room) -> Result<Drawing> {
    let title = &matrix.caption.title;
    let count = matrix.names.len();
    if count > Matrix::MOST_NAMES {
        return Err(Error::TooMany { title: title.clone(), what: "names", found: count, most: Matrix::MOST_NAMES });
    }
    let off_diagonal = |row: usize, column: usize| if row == column { None } else { matrix.values[row][column] };
    let cells: Vec<(usize, usize)> = (0..count).flat_map(|row| (0..count).map(move |column| (row, column))).collect();
    let whole = if matches!(matrix.unit, Unit::Share | Unit::Ratio) { 1.0 } else { 0.0 };
    let most = cells.iter().filter_map(|&(row, column)| off_diagonal(row, column)).fold(whole, f64::max);
    let colors = Colors::up_to(most);
    let names: Vec<String> = matrix.names.iter().map(|name| font::fit(name, SMALL, LONGEST)).collect();
    let mut left = names.iter().map(|name| font::width(name, SMALL)).fold(0.0, f64::max) + 8.0;
    let legend_width =
        legend::scale_width(colors, matrix.unit).max(font::width(&matrix.value_axis, SMALL).min(150.0)) + 16.0;
    let written = |row: usize, column: usize| {
        matrix.values[row][column].map_or_else(|| "–".into(), |value| short(value, matrix.unit))
    };
    let widest = |size: f64| {
        cells.iter().map(|&(row, column)| font::width(&written(row, column), size)).fold(0.0, f64::max) + 3.0
    };
    // Numbers of all cells or of none; where all were asked for, cells are as wide as that takes.
    let least = match look.numbers {
        Numbers::None => CELL.1,
        Numbers::Fitting if room.is_fixed || room.height.is_some() => CELL.1,
        Numbers::Fitting => widest(SMALL - 2.0).clamp(CELL.0, WIDEST),
        Numbers::All => widest(SMALL - 2.0).max(CELL.0),
    };
    room.needs_width(title, left + legend_width + least * count as f64)?;
    let mut size = (room.width - left - legend_width) / count as f64;
    size = size.clamp(least, WIDEST.max(least));
    let labels = Labels::arrange(&names, size);
    let under = labels.depth + 4.0;
    let height = room.height(title, (least * count as f64 + under).max(LABEL * 2.0 + 70.0))?;
    size = height.map_or(size, |height| size.min((height - under) / count as f64));
    let small = if size < 44.0 { SMALL - 2.0 } else { SMALL };
    let numbered = look.numbers != Numbers::None && widest(small) <= size + 3.0;
    let reach = |(at, name): (usize, &String)| labels.overhang(name, (at as f64 + 0.5) * size);
    left = names.iter().enumerate().map(reach).fold(left, f64::max);
    let side = size * count as f64;
    let middle = |at: usize| (at as f64 + 0.5) * size;
    let value_axis = font::fit(&matrix.value_axis, SMALL, legend_width - 16.0);
    let body = html! {
        @for &(row, column) in &cells {
            @let step = off_diagonal(row, column).filter(|_| most > 0.0).map_or(0, |value| colors.step(value));
            @let (fill, ink) = if row == column { (Paint::Diagonal, Paint::Ink) } else { (Paint::Step(step), Paint::OnStep(step)) };
            rect class=(fill.fill()) x=(number(left + column as f64 * size)) y=(number(row as f64 * size))
                width=(number(size - 1.0)) height=(number(size - 1.0)) fill=(fill.color()) {
                title { (super::clean(&about(matrix, row, column))) }
            }
            @if numbered {
                (anchored(Place::new(left + middle(column) - 0.5, middle(row) + small * 0.36), small, ink, "middle", &written(row, column)))
            }
        }
        rect class=(Paint::Grid.line()) x=(number(left - 0.5)) y="-0.5" width=(number(side)) height=(number(side)) fill="none"
            stroke=(Paint::Grid.color()) {}
        @for (at, name) in names.iter().enumerate().filter(|(at, _)| size >= SMALL || at.is_multiple_of(labels.every)) {
            (anchored(Place::new(left - 8.0, middle(at) + SMALL * 0.36), SMALL, Paint::Ink, "end", name))
        }
        @for (at, name) in names.iter().enumerate() {
            @if let Some(label) = labels.write(at, name, Place::new(left + middle(at), side)) { (label) }
        }
        (anchored(Place::new(left + side + 16.0, SMALL), SMALL, Paint::Ink, "start", &value_axis))
        @if count > 1 {
            (legend::scale(Place::new(left + side + 16.0, SMALL + 12.0), (side - SMALL - 16.0).clamp(50.0, 180.0), colors, matrix.unit))
        }
    };
    let height = (side + under).max(LABEL * 2.0 + 54.0);
    let summary = format!("Matrix of {} between {}.", matrix.value_axis, matrix.names.join(", "));
    Ok(Drawing { width: left + side + legend_width, height, body, summary })
}

/// `en and zh: 0.0439`
fn about(matrix: &Matrix, row: usize, column: usize) -> String {
    let value = matrix.values[row][column].map_or_else(|| "no value".into(), |value| exact(value, matrix.unit));
    format!("{} and {}: {value}", matrix.names[row], matrix.names[column])
}
