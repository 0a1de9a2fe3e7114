//! The numbers of a figure as a table, for whoever cannot see it, and for whoever wants them exactly.

use crate::axis::exact;
use crate::figure::{Bar, Bars, Curves, Figure, HeatMap, Matrix, Unit};

/// The numbers of a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, as many texts each as there are columns; the first says what the row is.
    pub rows: Vec<Vec<String>>,
}

/// The table of a figure. Of a heat map, which has too many cells unless its rows have names, it has what each row holds.
pub(crate) fn table(figure: &Figure) -> Table {
    match figure {
        Figure::Bars(bars) => of_bars(bars),
        Figure::HeatMap(map) => of_heat_map(map),
        Figure::Matrix(matrix) => of_matrix(matrix),
        Figure::Curves(curves) => of_curves(curves),
    }
}

fn of_bars(bars: &Bars) -> Table {
    let named = |name: &String| if name.is_empty() { bars.value_axis.clone() } else { name.clone() };
    let columns =
        std::iter::once(bars.category_axis.clone()).chain(bars.series.iter().map(|series| named(&series.name)));
    let row = |(at, category): (usize, &String)| {
        let cells = bars
            .series
            .iter()
            .map(|series| series.bars[at].as_ref().map_or_else(nothing, |bar| of_bar(bar, bars.unit)));
        std::iter::once(category.clone()).chain(cells).collect()
    };
    Table { columns: columns.collect(), rows: bars.categories.iter().enumerate().map(row).collect() }
}

/// `0.9304 (441 pairs)`
fn of_bar(bar: &Bar, unit: Unit) -> String {
    let interval = bar.interval.map(|(low, high)| format!(" [{}, {}]", exact(low, unit), exact(high, unit)));
    let note = bar.note.as_ref().map(|note| format!(" ({note})"));
    format!("{}{}{}", exact(bar.value, unit), interval.unwrap_or_default(), note.unwrap_or_default())
}

/// A row a row: how many columns are above 0, and the highest value with its first column.
fn of_heat_map(map: &HeatMap) -> Table {
    if !map.row_names.is_empty() {
        return of_named_rows(map);
    }
    let (rows, _) = map.binned(map.columns);
    let row = |(at, cells): (usize, &Vec<f64>)| {
        let above = cells.iter().filter(|value| **value > 0.0).count();
        let most = cells.iter().copied().fold(0.0, f64::max);
        let place = cells.iter().position(|value| *value == most && most > 0.0);
        let highest = place.map_or_else(nothing, |_| exact(most, map.unit));
        vec![at.to_string(), above.to_string(), highest, place.map_or_else(nothing, |place| place.to_string())]
    };
    let columns = vec![
        map.row_axis.clone(),
        format!("{}s above 0", map.column_axis),
        format!("most {}", map.value_axis),
        format!("at {}", map.column_axis),
    ];
    Table { columns, rows: rows.iter().enumerate().map(row).collect() }
}

/// All values where rows have names, the highest row first, as it is drawn: such a map has few.
fn of_named_rows(map: &HeatMap) -> Table {
    let columns = (0..map.columns).map(|column| format!("{} {column}", map.column_axis));
    let value = |row: usize, column: usize| {
        let cell = map.cells.iter().rev().find(|cell| (cell.0, cell.1) == (row, column));
        cell.map_or_else(nothing, |&(.., value)| exact(value, map.unit))
    };
    let row =
        |at: usize| std::iter::once(map.row_name(at)).chain((0..map.columns).map(|column| value(at, column))).collect();
    Table {
        columns: std::iter::once(map.row_axis.clone()).chain(columns).collect(),
        rows: (0..map.rows).rev().map(row).collect(),
    }
}

fn of_matrix(matrix: &Matrix) -> Table {
    let columns = std::iter::once(String::new()).chain(matrix.names.iter().cloned()).collect();
    let cell = |value: &Option<f64>| value.map_or_else(nothing, |value| exact(value, matrix.unit));
    let row = |(name, values): (&String, &Vec<Option<f64>>)| {
        std::iter::once(name.clone()).chain(values.iter().map(cell)).collect()
    };
    Table { columns, rows: matrix.names.iter().zip(&matrix.values).map(row).collect() }
}

fn of_curves(curves: &Curves) -> Table {
    let columns = [curves.series_axis.as_str(), "", curves.place_axis.as_str(), curves.value_axis.as_str(), "of which"];
    let mut rows = Vec::new();
    for curve in &curves.curves {
        for point in curve.points.iter().flatten() {
            rows.push(vec![
                curve.name.clone(),
                point.name.clone(),
                format!("{:.1} %", point.place * 100.0),
                exact(point.value, curves.unit),
                point.note.clone().unwrap_or_else(nothing),
            ]);
        }
    }
    Table { columns: columns.map(str::to_owned).to_vec(), rows }
}

fn nothing() -> String {
    "–".into()
}
