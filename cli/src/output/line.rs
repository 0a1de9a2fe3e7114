//! `line`: one `column = value` a line, for rows too wide for a table.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, Sink, Value};

use super::cell;
use kndb_formats::Format;

/// A sink that writes a line a value.
pub struct Line<'a> {
    out: &'a mut dyn Write,
    names: Vec<&'static str>,
    width: usize,
    first: bool,
}

impl<'a> Line<'a> {
    /// An empty result.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, names: Vec::new(), width: 0, first: true }
    }
}

impl Sink for Line<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name).collect();
        self.width = self.names.iter().map(|name| name.len()).max().unwrap_or(0);
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if !std::mem::take(&mut self.first) {
            writeln!(self.out)?;
        }
        for (name, value) in self.names.iter().zip(row) {
            writeln!(self.out, "{name:>width$} = {}", cell::readable(value), width = self.width)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Format for Line<'_> {}

#[cfg(test)]
mod tests {
    use crate::output::Mode;
    use crate::output::testing::{hard_rows, print};

    #[test]
    fn line_mode_separates_rows_by_a_blank_line() {
        let expected = "\
subject = 日本, \"Nippon\"
  layer = 11
  score = 0.1
  share = 0.3333

subject = two\\nlines|\\ttab
  layer = 9
  score = 1e-10
  share = 1.0000
";
        assert_eq!(print(Mode::Line, true, &hard_rows()[..2]), expected);
    }
}
