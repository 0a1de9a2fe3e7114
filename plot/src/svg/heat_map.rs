//! Heat maps: a row a layer, a column a neuron or several.

use maud::html;

use super::style::Paint;
use super::{Drawing, LABEL, Labels, Place, Room, SMALL, anchored, frame, legend, line, number, upright};
use crate::axis::{Axis, exact};
use crate::error::{Error, Result};
use crate::figure::{HeatMap, Unit};
use crate::look::Look;
use crate::scale::Colors;
use crate::{font, palette};

/// More columns are put together: cells stay wider than four pixels.
const MOST_COLUMNS: usize = 160;
/// Least width of a cell, where a width is asked for.
const THIN: f64 = 4.0;
/// Least height of a row, where a height is asked for.
const LOW: f64 = 2.0;
/// Rows beyond this are too thin to be seen.
const MOST_ROWS: usize = 200;
/// Least height of the scale beside it.
const SCALE: f64 = 90.0;

pub(super) fn draw(map: &HeatMap, look: &Look, room: Room) -> Result<Drawing> {
    let title = &map.caption.title;
    if map.rows > MOST_ROWS {
        return Err(Error::TooMany { title: title.clone(), what: "rows", found: map.rows, most: MOST_ROWS });
    }
    let names: Vec<String> = (0..map.rows).map(|row| map.row_name(row)).collect();
    let scale = map.scale(look.scale);
    let widest = names.iter().map(|name| font::width(name, SMALL)).fold(0.0, f64::max);
    let left = LABEL * 1.6 + widest + 8.0;
    let all = Colors::of(map.cells.iter().map(|&(.., value)| value), scale);
    let legend_width = legend::scale_width(all, map.unit).max(font::width(&map.value_axis, SMALL).min(120.0));
    let beside = left + legend_width + 24.0;
    let many = if room.is_fixed { ((room.width - beside) / THIN).max(16.0) as usize } else { MOST_COLUMNS };
    let (rows, bin) = map.binned(many);
    // What is drawn decides: of columns that are put together the lowest values are not seen.
    let colors = Colors::of(rows.iter().flatten().copied(), scale);
    let columns = map.columns.div_ceil(bin);
    room.needs_width(title, beside + columns as f64 * THIN)?;
    let wide = (room.width - beside) / columns as f64;
    let wide = if room.is_fixed { wide } else { wide.min(40.0) };
    let under = SMALL + LABEL * 1.6 + 14.0;
    let least = (under + map.rows as f64 * LOW).max(SMALL + 16.0 + SCALE);
    let high = match room.height(title, least)? {
        Some(height) => (height - under) / map.rows as f64,
        None => (320.0 / map.rows as f64).clamp(7.0, 26.0),
    };
    let (right, bottom) = (left + wide * columns as f64, high * map.rows as f64);
    let ticks = Axis::over((0.0, map.columns as f64), ((right - left) / 80.0).clamp(1.0, 8.0) as usize, Unit::Count);
    let x = |column: f64| left + column / bin as f64 * wide;
    let y = |row: usize| bottom - (row + 1) as f64 * high;
    let label_rows = Labels::arrange(&names, high + widest - SMALL + 2.0).every;
    let height = (bottom + under).max(SMALL + 16.0 + SCALE);
    let value_axis = font::fit(&map.value_axis, SMALL, legend_width);
    let legend_height = (bottom - SMALL - 16.0).clamp(SCALE, 220.0);
    let body = html! {
        g shape-rendering="crispEdges" {
            @for (step, path) in paths(&rows, colors, |row, column| Place::new(left + column as f64 * wide, y(row)), wide, high) {
                path class=(Paint::Step(step).fill()) fill=(Paint::Step(step).color()) d=(path) {}
            }
            (frame(Place::new(left, 0.0), right - left, bottom))
        }
        @for (row, name) in names.iter().enumerate().filter(|(row, _)| row % label_rows == 0) {
            (anchored(Place::new(left - 6.0, y(row) + high / 2.0 + SMALL * 0.36), SMALL, Paint::Ink, "end", name))
        }
        @for tick in ticks.ticks().into_iter().filter(|tick| *tick < map.columns as f64) {
            @let at = x(tick) + if bin == 1 { wide / 2.0 } else { 0.0 };
            (line(Place::new(at, bottom), Place::new(at, bottom + 4.0), Paint::Ink))
            (anchored(Place::new(at, bottom + SMALL + 6.0), SMALL, Paint::Ink, "middle", &format!("{tick}")))
        }
        (anchored(Place::new(f64::midpoint(left, right), bottom + SMALL + LABEL * 1.6 + 6.0), LABEL, Paint::Ink, "middle", &map.column_label(bin)))
        (upright(LABEL, bottom / 2.0, height, &map.row_axis))
        (anchored(Place::new(right + 16.0, SMALL), SMALL, Paint::Ink, "start", &value_axis))
        (legend::scale(Place::new(right + 16.0, SMALL + 12.0), legend_height, colors, map.unit))
    };
    Ok(Drawing { width: right + legend_width + 24.0, height, body, summary: summary(map, colors) })
}

/// A path for each colour that occurs: its cells, neighbours as one.
fn paths(
    rows: &[Vec<f64>],
    colors: Colors,
    place: impl Fn(usize, usize) -> Place,
    wide: f64,
    high: f64,
) -> Vec<(usize, String)> {
    let mut paths = vec![String::new(); palette::STEPS + 1];
    for (row, cells) in rows.iter().enumerate() {
        let steps: Vec<usize> = cells.iter().map(|value| colors.step(*value)).collect();
        let mut column = 0;
        for same in steps.chunk_by(|a, b| a == b) {
            if same[0] > 0 {
                let Place { x, y } = place(row, column);
                let (long, high) = (number(same.len() as f64 * wide), number(high));
                paths[same[0]] += &format!("M{} {}h{long}v{high}h-{long}z", number(x), number(y));
            }
            column += same.len();
        }
    }
    paths.into_iter().enumerate().filter(|(_, path)| !path.is_empty()).collect()
}

fn summary(map: &HeatMap, colors: Colors) -> String {
    let scale = if colors.is_log() { ", on a logarithmic scale of colours" } else { "" };
    let size = format!("Heat map of {} over {} rows and {} columns{scale}", map.value_axis, map.rows, map.columns);
    let most = map.cells.iter().map(|&(.., value)| value).fold(0.0, f64::max);
    match map.cells.iter().find(|cell| cell.2 == most && most > 0.0) {
        Some((row, column, value)) => format!(
            "{size}. The highest value is {}, at {} {}, {} {column}.",
            exact(*value, map.unit),
            map.row_axis,
            map.row_name(*row),
            map.column_axis
        ),
        None => format!("{size}. All values are 0."),
    }
}
