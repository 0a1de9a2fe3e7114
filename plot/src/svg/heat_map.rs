//! Heat maps: a row a layer, a column a neuron or several.

use maud::html;

use super::{Drawing, INK, LABEL, Labels, Place, SMALL, WIDTH, anchored, legend, line, number, turned};
use crate::axis::{Axis, exact};
use crate::error::{Error, Result};
use crate::figure::{HeatMap, Unit};
use crate::{font, palette};

/// More columns are put together: cells stay wider than four pixels.
const MOST_COLUMNS: usize = 160;
/// Rows beyond this are too thin to be seen.
const MOST_ROWS: usize = 200;

pub(super) fn draw(map: &HeatMap) -> Result<Drawing> {
    if map.rows > MOST_ROWS {
        let title = map.caption.title.clone();
        return Err(Error::TooMany { title, what: "rows", found: map.rows, most: MOST_ROWS });
    }
    let (rows, bin) = map.binned(MOST_COLUMNS);
    let columns = map.columns.div_ceil(bin);
    let most = map.cells.iter().map(|&(.., value)| value).fold(0.0, f64::max);
    let names: Vec<String> = (0..map.rows).map(|row| row.to_string()).collect();
    let widest = names.iter().map(|name| font::width(name, SMALL)).fold(0.0, f64::max);
    let left = LABEL * 1.6 + widest + 8.0;
    let legend_width = legend::scale_width(most, map.unit).max(font::width(&map.value_axis, SMALL).min(120.0));
    let wide = ((WIDTH - left - legend_width - 24.0) / columns as f64).min(40.0);
    let high = (320.0 / map.rows as f64).clamp(7.0, 26.0);
    let (right, bottom) = (left + wide * columns as f64, high * map.rows as f64);
    let ticks = Axis::over((0.0, map.columns as f64), 8, Unit::Count);
    let x = |column: f64| left + column / bin as f64 * wide;
    let y = |row: usize| bottom - (row + 1) as f64 * high;
    let label_rows = Labels::arrange(&names, high + widest - SMALL + 2.0).every;
    let height = (bottom + SMALL + LABEL * 1.6 + 14.0).max(SMALL + 8.0 + 70.0 + 8.0);
    let value_axis = font::fit(&map.value_axis, SMALL, legend_width);
    let body = html! {
        g shape-rendering="crispEdges" {
            @for (step, path) in paths(&rows, |row, column| Place::new(left + column as f64 * wide, y(row)), wide, high) {
                path fill=(palette::color(step)) d=(path) {}
            }
            rect x=(number(left)) y="0" width=(number(right - left)) height=(number(bottom)) fill="none" stroke=(INK)
                stroke-width="0.5" {}
        }
        @for (row, name) in names.iter().enumerate().filter(|(row, _)| row % label_rows == 0) {
            (anchored(Place::new(left - 6.0, y(row) + high / 2.0 + SMALL * 0.36), SMALL, INK, "end", name))
        }
        @for tick in ticks.ticks().into_iter().filter(|tick| *tick < map.columns as f64) {
            @let at = x(tick) + if bin == 1 { wide / 2.0 } else { 0.0 };
            (line(Place::new(at, bottom), Place::new(at, bottom + 4.0), INK))
            (anchored(Place::new(at, bottom + SMALL + 6.0), SMALL, INK, "middle", &format!("{tick}")))
        }
        (anchored(Place::new(f64::midpoint(left, right), bottom + SMALL + LABEL * 1.6 + 6.0), LABEL, INK, "middle", &map.column_label(bin)))
        (turned(Place::new(LABEL, bottom / 2.0), -90, "middle", &font::fit(&map.row_axis, LABEL, bottom), LABEL))
        (anchored(Place::new(right + 16.0, SMALL), SMALL, INK, "start", &value_axis))
        (legend::scale(Place::new(right + 16.0, SMALL + 8.0), (bottom - SMALL - 8.0).clamp(70.0, 180.0), most, map.unit))
    };
    Ok(Drawing { width: right + legend_width + 24.0, height, body, summary: summary(map, most) })
}

/// A path for each colour that occurs: its cells, neighbours as one.
fn paths(rows: &[Vec<f64>], place: impl Fn(usize, usize) -> Place, wide: f64, high: f64) -> Vec<(usize, String)> {
    let most = rows.iter().flatten().copied().fold(0.0, f64::max);
    let mut paths = vec![String::new(); palette::STEPS + 1];
    for (row, cells) in rows.iter().enumerate() {
        let steps: Vec<usize> = cells.iter().map(|value| palette::step(value / most)).collect();
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

fn summary(map: &HeatMap, most: f64) -> String {
    let size = format!("Heat map of {} over {} rows and {} columns", map.value_axis, map.rows, map.columns);
    match map.cells.iter().find(|cell| cell.2 == most && most > 0.0) {
        Some((row, column, value)) => format!(
            "{size}. The highest value is {}, at {} {row}, {} {column}.",
            exact(*value, map.unit),
            map.row_axis,
            map.column_axis
        ),
        None => format!("{size}. All values are 0."),
    }
}
