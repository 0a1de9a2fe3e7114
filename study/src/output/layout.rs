//! Text tables: columns as wide as their widest value, numbers to the right.

use crate::statistics::Estimate;
use std::io::{self, Write};

/// Rows under a header.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Columns of text, which stand to the left.
    texts: usize,
}

impl Table {
    /// A table whose first `texts` columns are text.
    pub(crate) fn new<'a>(texts: usize, header: impl IntoIterator<Item = &'a str>) -> Self {
        Self { header: header.into_iter().map(str::to_owned).collect(), rows: Vec::new(), texts }
    }

    pub(crate) fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let widest = |column: usize| {
            let cells = std::iter::once(&self.header).chain(&self.rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(widest).collect();
        let line = |row: &[String]| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column < self.texts { format!(" {cell:<width$} ") } else { format!(" {cell:>width$} ") }
            });
            cells.collect::<Vec<_>>().join("|").trim_end().to_owned()
        };
        writeln!(out, "{}", line(&self.header))?;
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        writeln!(out, "{}", rules.join("+"))?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", line(row)))
    }
}

/// `2.359`; `–` where it is not defined.
pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), plain)
}

/// Three places after the point, fewer digits for what is far from 1.
pub(crate) fn plain(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "-∞".into() };
    }
    let size = value.abs();
    if size != 0.0 && !(5e-4..1e6).contains(&size) { format!("{value:.1e}") } else { format!("{value:.3}") }
}

/// `2.359 [1.900, 3.012]`, with a `†` if the interval leaves draws out that do not define the statistic; `2.359 [too few]`.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    let value = number(estimate.value);
    let Some(interval) = estimate.interval else {
        return if estimate.too_few_facts.is_some() { format!("{value} [too few]") } else { value };
    };
    let mark = if interval.undefined > 0 { " †" } else { "" };
    format!("{} [{}, {}]{mark}", number(estimate.value), plain(interval.low), plain(interval.high))
}

/// What `[too few]` means.
pub(crate) const TOO_FEW: &str = "too few: an interval of fewer than 10 facts would say nothing.";

/// What `†` means.
pub(crate) const UNDEFINED: &str =
    "†: not defined in some of the draws, which the interval leaves out (how many is in the JSON).";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned() {
        let mut table = Table::new(1, ["language", "SR"]);
        table.row(vec!["en".into(), number(Some(2.5))]);
        table.row(vec!["zh".into(), number(None)]);
        let mut out = Vec::new();
        table.write(&mut out).expect("a vector takes all");
        let expected = " language |    SR\n----------+-------\n en       | 2.500\n zh       |     –\n";
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }

    #[test]
    fn numbers_far_from_one_are_short() {
        let shown = [0.0, -0.0123, 1e-7, 1_234_567.0, f64::NEG_INFINITY].map(plain);
        assert_eq!(shown, ["0.000", "-0.012", "1.0e-7", "1.2e6", "-∞"]);
    }
}
