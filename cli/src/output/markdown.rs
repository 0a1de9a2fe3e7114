//! `markdown`: a table that GitHub, pandoc and mdBook read.

use std::io::{self, Write};

use kndb_query::Value;

use super::Layout;
use super::aligned::{Aligned, AlignedColumn, Style, padded};
use super::cell;

/// The look of a Markdown table.
pub struct Markdown;

/// A sink that writes a Markdown table.
pub fn markdown(layout: Layout, out: &mut dyn Write) -> Aligned<'_, Markdown> {
    Aligned::new(Markdown, layout, out)
}

impl Style for Markdown {
    fn cell(&self, value: &Value<'_>) -> String {
        if let Value::Text(text) = value {
            let lines: Vec<String> =
                text.lines().map(|line| cell::readable(&Value::Text(line.into())).replace('|', "\\|")).collect();
            return lines.join("<br>");
        }
        cell::readable(value)
    }

    fn least_width(&self) -> usize {
        3
    }

    /// It is pasted into a page, which has no such lines.
    fn frame(&self, _: usize) -> Option<usize> {
        None
    }

    fn header(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        self.row(columns, &names, out)?;
        let rules: Vec<String> = columns
            .iter()
            .map(|column| {
                let dashes = "-".repeat(column.width.saturating_sub(usize::from(column.right)));
                if column.right { dashes + ":" } else { dashes }
            })
            .collect();
        self.row(columns, &rules, out)
    }

    fn row(&self, columns: &[AlignedColumn], cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        for (column, cell) in columns.iter().zip(cells) {
            write!(out, "| {} ", padded(cell, column, false))?;
        }
        writeln!(out, "|")
    }
}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

    #[test]
    fn markdown_escapes_what_would_end_a_cell_or_a_row() {
        let expected = concat!(
            "| subject             | layer | score |  share |\n",
            "| ------------------- | ----: | ----: | -----: |\n",
            "| 日本, \"Nippon\"      |    11 |   0.1 | 0.3333 |\n",
            "| two<br>lines\\|\\ttab |     9 | 1e-10 | 1.0000 |\n",
            "| NULL                |  NULL |  NULL |   NULL |\n",
        );
        assert_eq!(print(Mode::Markdown, true, &hard_rows()), expected);
    }
}
