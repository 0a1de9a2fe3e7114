//! `table`: aligned columns for reading, in plain characters.

use std::io::{self, Write};

use kndb_query::Value;

use super::Layout;
use super::aligned::{Aligned, AlignedColumn, Style, padded};
use super::cell;

/// The look of a table.
pub struct Table {
    headers: bool,
}

/// A sink that writes a table.
pub fn table(layout: Layout, out: &mut dyn Write) -> Aligned<'_, Table> {
    Aligned::new(Table { headers: layout.headers }, layout, out)
}

impl Style for Table {
    fn cell(&self, value: &Value<'_>) -> String {
        cell::readable(value)
    }

    fn least_width(&self) -> usize {
        1
    }

    fn frame(&self, columns: usize) -> Option<usize> {
        // The rule is the longest line.
        Some(3 * columns - 1)
    }

    fn header(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()> {
        if !self.headers {
            return Ok(());
        }
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        self.row(columns, &names, out)?;
        let rules: Vec<String> = columns.iter().map(|column| "-".repeat(column.width + 2)).collect();
        writeln!(out, "{}", rules.join("+"))
    }

    fn row(&self, columns: &[AlignedColumn], cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
            if index > 0 {
                out.write_all(b" |")?;
            }
            write!(out, " {}", padded(cell, column, index + 1 == columns.len()))?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

    #[test]
    fn a_table_aligns_wide_characters_and_spells_null() {
        let expected = concat!(
            " subject          | layer | score |  share\n",
            "------------------+-------+-------+--------\n",
            " 日本, \"Nippon\"   |    11 |   0.1 | 0.3333\n",
            " two\\nlines|\\ttab |     9 | 1e-10 | 1.0000\n",
            " NULL             |  NULL |  NULL |   NULL\n",
        );
        assert_eq!(print(Mode::Table, true, &hard_rows()), expected);
    }

    #[test]
    fn an_empty_table_still_has_its_header() {
        let expected = concat!(" subject | layer | score | share\n", "---------+-------+-------+-------\n",);
        assert_eq!(print(Mode::Table, true, &[]), expected);
        assert_eq!(print(Mode::Table, false, &[]), "");
    }
}
