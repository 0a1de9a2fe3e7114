//! Aligned columns, streamed: widths come from the header and the first block of rows.
//!
//! A later value wider than its column pushes the rest of its line to the right; nothing is ever
//! cut. Costs one block of rows in memory.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, ColumnKind, Sink, Value};
use unicode_width::UnicodeWidthStr;

/// Rows held back to find widths.
const BLOCK: usize = 2_000;

/// A column of an aligned format.
pub struct AlignedColumn {
    /// Its header.
    pub name: &'static str,
    /// Numbers stand right, text left.
    pub right: bool,
    /// In terminal cells: a CJK character takes two.
    pub width: usize,
}

/// What table and markdown do differently.
pub trait Style {
    /// How a value is spelled.
    fn cell(&self, value: &Value<'_>) -> String;
    /// The smallest width of a column.
    fn least_width(&self) -> usize;
    /// Writes what stands above the rows.
    fn header(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()>;
    /// Writes one row.
    fn row(&self, columns: &[AlignedColumn], cells: &[String], out: &mut dyn Write) -> io::Result<()>;
}

/// A sink that writes aligned columns in some style.
pub struct Aligned<'a, S> {
    style: S,
    out: &'a mut dyn Write,
    columns: Vec<AlignedColumn>,
    block: Vec<Vec<String>>,
    streaming: bool,
}

impl<'a, S: Style> Aligned<'a, S> {
    /// An empty result.
    pub fn new(style: S, out: &'a mut dyn Write) -> Self {
        Self { style, out, columns: Vec::new(), block: Vec::new(), streaming: false }
    }

    fn write_block(&mut self) -> io::Result<()> {
        self.streaming = true;
        for row in &self.block {
            for (column, cell) in self.columns.iter_mut().zip(row) {
                column.width = column.width.max(cell.width());
            }
        }
        self.style.header(&self.columns, self.out)?;
        for row in std::mem::take(&mut self.block) {
            self.style.row(&self.columns, &row, self.out)?;
        }
        Ok(())
    }
}

impl<S: Style> Sink for Aligned<'_, S> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns
            .iter()
            .map(|column| AlignedColumn {
                name: column.name,
                right: column.kind != ColumnKind::Text,
                width: column.name.width().max(self.style.least_width()),
            })
            .collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        let cells: Vec<String> = row.iter().map(|value| self.style.cell(value)).collect();
        if self.streaming {
            self.style.row(&self.columns, &cells, self.out)?;
        } else {
            self.block.push(cells);
            if self.block.len() == BLOCK {
                self.write_block()?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.streaming {
            self.write_block()?;
        }
        self.out.flush()
    }
}

/// `text` padded to the width of its column; the last column gets no spaces after it.
pub fn padded(text: &str, column: &AlignedColumn, last: bool) -> String {
    let missing = column.width.saturating_sub(text.width());
    if column.right {
        format!("{}{text}", " ".repeat(missing))
    } else if last {
        text.to_owned()
    } else {
        format!("{text}{}", " ".repeat(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Mode;
    use crate::output::testing::columns;

    #[test]
    fn rows_after_the_first_block_stream_in_the_same_widths_and_are_not_cut() {
        let mut out = Vec::new();
        let mut sink = Mode::Table.sink(true, &mut out);
        sink.columns(&columns()).expect("columns are written");
        let mut row = [Value::Text("Paris".into()), Value::Integer(9), Value::Score(0.5), Value::Ratio(0.25)];
        for _ in 0..BLOCK {
            assert!(sink.row(&row).expect("a row is written").is_continue());
        }
        row[0] = Value::Text("Antananarivo".into());
        assert!(sink.row(&row).expect("a row is written").is_continue());
        sink.end().expect("the end is written");
        drop(sink);
        let text = String::from_utf8(out).expect("output is UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), BLOCK + 3);
        assert_eq!(lines[BLOCK + 1], " Paris   |     9 |   0.5 | 0.2500");
        assert_eq!(lines[BLOCK + 2], " Antananarivo |     9 |   0.5 | 0.2500");
    }
}
