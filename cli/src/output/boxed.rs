//! `box`: a table in a box of lines, as duckdb draws it.

use std::io::{self, Write};

use kndb_query::Value;

use super::Layout;
use super::aligned::{Aligned, AlignedColumn, Style, padded};
use super::cell;

/// The look of a box.
pub struct Boxed {
    headers: bool,
}

/// A sink that writes a table in a box.
pub fn boxed(layout: Layout, out: &mut dyn Write) -> Aligned<'_, Boxed> {
    Aligned::new(Boxed { headers: layout.headers }, layout, out)
}

impl Boxed {
    fn line(columns: &[AlignedColumn], [left, between, right]: [&str; 3], out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<String> = columns.iter().map(|column| "─".repeat(column.width + 2)).collect();
        writeln!(out, "{left}{}{right}", rules.join(between))
    }
}

impl Style for Boxed {
    fn cell(&self, value: &Value<'_>) -> String {
        cell::readable(value)
    }

    fn least_width(&self) -> usize {
        1
    }

    fn frame(&self, columns: usize) -> Option<usize> {
        Some(3 * columns + 1)
    }

    fn header(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()> {
        Self::line(columns, ["┌", "┬", "┐"], out)?;
        if !self.headers {
            return Ok(());
        }
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        self.row(columns, &names, out)?;
        Self::line(columns, ["├", "┼", "┤"], out)
    }

    fn row(&self, columns: &[AlignedColumn], cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        for (column, cell) in columns.iter().zip(cells) {
            write!(out, "│ {} ", padded(cell, column, false))?;
        }
        writeln!(out, "│")
    }

    fn footer(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()> {
        Self::line(columns, ["└", "┴", "┘"], out)
    }
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

    #[test]
    fn a_box_is_closed_on_all_sides_around_wide_characters_too() {
        let expected = "\
┌──────────────────┬───────┬───────┬────────┐
│ subject          │ layer │ score │  share │
├──────────────────┼───────┼───────┼────────┤
│ 日本, \"Nippon\"   │    11 │   0.1 │ 0.3333 │
│ two\\nlines|\\ttab │     9 │ 1e-10 │ 1.0000 │
│ NULL             │  NULL │  NULL │   NULL │
└──────────────────┴───────┴───────┴────────┘
";
        assert_eq!(print(Mode::Box, true, &hard_rows()), expected);
    }

    #[test]
    fn an_empty_box_is_a_header() {
        let expected = "\
┌─────────┬───────┬───────┬───────┐
│ subject │ layer │ score │ share │
├─────────┼───────┼───────┼───────┤
└─────────┴───────┴───────┴───────┘
";
        assert_eq!(print(Mode::Box, true, &[]), expected);
    }
}
