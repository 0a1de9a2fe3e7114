//! Aligned columns, streamed: widths come from the header and the first block of rows.
//!
//! A later value wider than its column pushes the rest of its line to the right; nothing is cut, unless a width was given:
//! that of a terminal's line, or of a column. Costs one block of rows in memory.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, ColumnKind, Sink, Value};
use kndb_wording::probability::shown;
use unicode_width::UnicodeWidthStr;

use super::Layout;
use super::fitting::{ELLIPSIS, Wish, elided, widths};
use kndb_formats::Format;

/// Rows held back to find widths.
const BLOCK: usize = 2_000;

/// Columns that few look for, among those of entries: on a narrow terminal they make room for the others, the first one first.
const GO_FIRST: [&str; 4] = ["residual", "kept", "baseline", "largest"];
/// Columns of entries that a terminal shows as it shows their means; files have all digits.
const ROUNDED: [&str; 4] = ["p", "baseline", "residual", "largest"];

/// A column of an aligned format.
pub struct AlignedColumn {
    /// Its header, as far as there is room for it.
    pub name: String,
    /// Numbers stand right, text left.
    pub right: bool,
    /// In terminal cells: a CJK character takes two.
    pub width: usize,
}

/// What table, box and markdown do differently.
pub trait Style {
    /// How a value is spelled.
    fn cell(&self, value: &Value<'_>) -> String;
    /// The smallest width of a column.
    fn least_width(&self) -> usize;
    /// Cells of a line that so many columns need for what stands around them; `None` for a format that is never fitted to a line.
    fn frame(&self, columns: usize) -> Option<usize>;
    /// Writes what stands above the rows.
    fn header(&self, columns: &[AlignedColumn], out: &mut dyn Write) -> io::Result<()>;
    /// Writes one row.
    fn row(&self, columns: &[AlignedColumn], cells: &[String], out: &mut dyn Write) -> io::Result<()>;
    /// Writes what stands below the rows.
    fn footer(&self, _columns: &[AlignedColumn], _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A sink that writes aligned columns in some style.
pub struct Aligned<'a, S> {
    style: S,
    layout: Layout,
    out: &'a mut dyn Write,
    columns: Vec<Column>,
    block: Vec<Vec<String>>,
    /// The columns that are shown, once widths are known.
    shown: Vec<AlignedColumn>,
    /// Which columns they are; `None` for the one that stands for columns that do not fit.
    places: Vec<Option<usize>>,
    streaming: bool,
}

impl<'a, S: Style> Aligned<'a, S> {
    /// An empty result.
    pub fn new(style: S, layout: Layout, out: &'a mut dyn Write) -> Self {
        let (columns, block, shown, places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { style, layout, out, columns, block, shown, places, streaming: false }
    }

    /// The line that rows are fitted to.
    fn line(&self) -> Option<usize> {
        self.layout.line.filter(|_| self.style.frame(1).is_some())
    }

    /// The width that was asked for a column.
    fn asked(&self, at: usize) -> Option<usize> {
        self.layout.widths.get(at).copied().filter(|width| *width > 0)
    }

    fn fit(&mut self) {
        let wish = |(at, column): (usize, &Column)| Wish {
            name: column.name.width().max(self.style.least_width()),
            values: self.block.iter().map(|row| row[at].width()).max().unwrap_or(0),
            numbers: column.kind != ColumnKind::Text,
            asked: self.asked(at),
            goes: GO_FIRST.iter().position(|name| *name == column.name),
        };
        let wishes: Vec<Wish> = self.columns.iter().enumerate().map(wish).collect();
        let found = widths(&wishes, self.line(), |columns| self.style.frame(columns).unwrap_or(0));
        for (at, width) in found.into_iter().enumerate() {
            if let Some(width) = width {
                let name = elided(self.columns[at].name, width);
                self.shown.push(AlignedColumn { name, right: wishes[at].numbers, width });
                self.places.push(Some(at));
            } else if self.places.last() != Some(&None) {
                self.shown.push(AlignedColumn { name: ELLIPSIS.into(), right: false, width: 1 });
                self.places.push(None);
            }
        }
    }

    fn write_block(&mut self) -> io::Result<()> {
        self.streaming = true;
        self.fit();
        self.style.header(&self.shown, self.out)?;
        for row in std::mem::take(&mut self.block) {
            self.write_row(&row)?;
        }
        Ok(())
    }

    fn write_row(&mut self, row: &[String]) -> io::Result<()> {
        let line = self.line();
        let cells: Vec<String> = self
            .places
            .iter()
            .zip(&self.shown)
            .map(|(place, column)| match *place {
                None => ELLIPSIS.to_owned(),
                Some(at) if !column.right && (line.is_some() || self.asked(at).is_some()) => {
                    elided(&row[at], column.width)
                }
                Some(at) => row[at].clone(),
            })
            .collect();
        let Some(line) = line else { return self.style.row(&self.shown, &cells, self.out) };
        let mut written = Vec::new();
        self.style.row(&self.shown, &cells, &mut written)?;
        // A number that is wider than those of the first block: better a cut line than one that wraps.
        match std::str::from_utf8(&written) {
            Ok(text) if text.trim_end_matches('\n').width() > line => {
                writeln!(self.out, "{}", elided(text.trim_end_matches('\n'), line))
            }
            _ => self.out.write_all(&written),
        }
    }

    /// Says which columns did not fit.
    fn write_left_out(&mut self) -> io::Result<()> {
        let names = self.columns.iter().enumerate().filter(|(at, _)| !self.places.contains(&Some(*at)));
        let names: Vec<&str> = names.map(|(_, column)| column.name).collect();
        let Some(line) = self.line().filter(|_| !names.is_empty()) else { return Ok(()) };
        writeln!(self.out, "{}", elided(&format!("{ELLIPSIS} {}: `.mode line` shows all", names.join(", ")), line))
    }
}

impl<S: Style> Sink for Aligned<'_, S> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        let on_a_line = self.line().is_some();
        let cell = |(column, value): (&Column, &Value<'_>)| match value {
            Value::Score(score) if on_a_line && ROUNDED.contains(&column.name) => shown(f64::from(*score)),
            value => self.style.cell(value),
        };
        let cells: Vec<String> = self.columns.iter().zip(row).map(cell).collect();
        if self.streaming {
            self.write_row(&cells)?;
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
        self.style.footer(&self.shown, self.out)?;
        self.write_left_out()?;
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

impl<S: Style> Format for Aligned<'_, S> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Mode;
    use crate::output::testing::{columns, hard_rows};

    /// A table or box of the hard rows in a layout.
    fn laid_out(mode: Mode, layout: Layout) -> String {
        let mut out = Vec::new();
        let mut sink = mode.laid_out(layout, &mut out);
        sink.columns(&columns()).expect("columns are written");
        for row in hard_rows() {
            assert!(sink.row(&row).expect("a row is written").is_continue());
        }
        sink.end().expect("the end is written");
        drop(sink);
        String::from_utf8(out).expect("output is UTF-8")
    }

    #[test]
    fn a_table_is_fitted_to_its_line() {
        let layout = Layout { line: Some(34), ..Layout::with_headers(true) };
        let found = laid_out(Mode::Table, layout.clone());
        assert!(found.lines().all(|line| line.width() <= 34), "{found}");
        assert!(found.contains(" 日本, … |") && found.contains("0.3333"), "{found}");
        let boxed = laid_out(Mode::Box, layout);
        assert!(boxed.lines().all(|line| line.width() == 34), "{boxed}");
    }

    #[test]
    fn a_listing_of_entries_keeps_what_is_asked_of_it_on_a_narrow_terminal() {
        let names = ["fact", "subject", "p", "baseline", "answer", "correct", "residual", "largest", "kept"];
        let kind = |name: &str| match name {
            "fact" | "subject" | "answer" | "correct" => ColumnKind::Text,
            "kept" => ColumnKind::Integer,
            _ => ColumnKind::Score,
        };
        let columns: Vec<Column> = names.into_iter().map(|name| Column { name, kind: kind(name) }).collect();
        let text = |text: &'static str| Value::Text(text.into());
        let (score, id) = (Value::Score, text("cb7007d9-673f-4fa5-8308-ddf2ae28b8c2"));
        let row = [
            id,
            text("Yamoussoukro"),
            score(0.123_456_79),
            score(0.000_288_856_6),
            text("Paris"),
            text("yes"),
            score(1.375_019_1e-7),
            score(0.25),
            Value::Integer(36_864),
        ];
        let written = |line: Option<usize>| {
            let mut out = Vec::new();
            let mut sink = Mode::Table.laid_out(Layout { line, ..Layout::with_headers(true) }, &mut out);
            sink.columns(&columns).expect("columns are written");
            assert!(sink.row(&row).expect("a row is written").is_continue());
            sink.end().expect("the end is written");
            drop(sink);
            String::from_utf8(out).expect("output is UTF-8")
        };
        let expected = concat!(
            " fact            | subject      |      p | … | answer | correct | …\n",
            "-----------------+--------------+--------+---+--------+---------+---\n",
            " cb7007d9-673f-… | Yamoussoukro | 0.1235 | … | Paris  | yes     | …\n",
            "… baseline, residual, largest, kept: `.mode line` shows all\n",
        );
        assert_eq!(written(Some(68)), expected);
        let whole = written(Some(160));
        assert!(whole.contains("0.1235") && whole.contains("0.00029") && whole.contains("1.4e-7"), "{whole}");
        assert!(written(None).contains("| 0.12345679 | 0.0002888566 |"), "all digits in a file: {}", written(None));
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let layout = Layout { line: Some(24), ..Layout::with_headers(true) };
        let found = laid_out(Mode::Box, layout);
        assert!(found.lines().all(|line| line.width() <= 24), "{found}");
        assert!(found.lines().last().is_some_and(|line| line.starts_with("… ")), "{found}");
    }

    #[test]
    fn columns_are_as_wide_as_was_asked() {
        let layout = Layout { widths: vec![6, 0, 8], ..Layout::with_headers(true) };
        let expected = concat!(
            " subje… | layer |    score |  share\n",
            "--------+-------+----------+--------\n",
            " 日本,… |    11 |      0.1 | 0.3333\n",
            " two\\n… |     9 |    1e-10 | 1.0000\n",
            " NULL   |  NULL |     NULL |   NULL\n",
        );
        assert_eq!(laid_out(Mode::Table, layout), expected);
    }

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
