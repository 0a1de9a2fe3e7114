//! Output formats: one a file, each a [`Format`] over a `Write`.
//!
//! Rows are written as they come; table and markdown hold back one block of rows to find widths.
//! Not for messages: those go to stderr, through [`crate::terminal`].

mod aligned;
mod boxed;
mod cell;
mod delivery;
mod first_and_last;
mod fitting;
mod line;
mod markdown;
mod rows;
mod table;

use std::io::Write;

use clap::ValueEnum;

pub use delivery::{Delivered, Delivery};
pub use first_and_last::FirstAndLast;
pub use fitting::Elided;
pub use kndb_formats::Format;
pub use rows::Rows;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Aligned columns, for reading
    #[default]
    Table,
    /// The same in a box of lines
    Box,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// Tab-separated values, quoted like csv
    Tsv,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Jsonl,
    /// A Markdown table
    Markdown,
    /// One `column = value` a line, a blank line between rows
    Line,
}

impl Mode {
    /// The name as typed after `--mode` and `.mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Box => "box",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
            Self::Line => "line",
        }
    }

    /// Whether people read it, and not programs.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Box | Self::Markdown | Self::Line)
    }

    /// The mode with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|mode| mode.name().eq_ignore_ascii_case(name))
    }

    /// A sink that writes rows to `out` in this mode, on lines of any length. `headers` matters to table, box, csv and tsv
    /// alone: the other formats cannot be read without names.
    pub fn sink<'a>(self, headers: bool, out: &'a mut dyn Write) -> Box<dyn Format + 'a> {
        self.laid_out(Layout::with_headers(headers), out)
    }

    /// The same in a layout.
    pub fn laid_out<'a>(self, layout: Layout, out: &'a mut dyn Write) -> Box<dyn Format + 'a> {
        let headers = layout.headers;
        match self {
            Self::Table => Box::new(table::table(layout, out)),
            Self::Box => Box::new(boxed::boxed(layout, out)),
            Self::Csv => Box::new(kndb_formats::csv(headers, out)),
            Self::Tsv => Box::new(kndb_formats::tsv(headers, out)),
            Self::Json => Box::new(kndb_formats::json(out)),
            Self::Jsonl => Box::new(kndb_formats::jsonl(out)),
            Self::Markdown => Box::new(markdown::markdown(layout, out)),
            Self::Line => Box::new(line::Line::new(out)),
        }
    }
}

/// What a result is fitted to.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Whether table, box, csv and tsv have a header.
    pub headers: bool,
    /// Widths of columns of table, box and markdown, in terminal cells; 0 for as wide as it is.
    pub widths: Vec<usize>,
    /// Terminal cells of a line of table and box; `None` for as many as it needs.
    pub line: Option<usize>,
}

impl Layout {
    /// Everything as wide as it is.
    pub fn with_headers(headers: bool) -> Self {
        Self { headers, widths: Vec::new(), line: None }
    }
}

#[cfg(test)]
mod testing {
    //! One result with everything that is hard to print, for the tests of all formats.

    use super::Mode;
    use kndb_query::{Column, ColumnKind, Value};

    pub fn columns() -> Vec<Column> {
        [
            ("subject", ColumnKind::Text),
            ("layer", ColumnKind::Integer),
            ("score", ColumnKind::Score),
            ("share", ColumnKind::Ratio),
        ]
        .map(|(name, kind)| Column { name, kind })
        .to_vec()
    }

    pub fn print(mode: Mode, headers: bool, rows: &[[Value<'_>; 4]]) -> String {
        let mut out = Vec::new();
        let mut sink = mode.sink(headers, &mut out);
        sink.columns(&columns()).expect("columns are written");
        for row in rows {
            assert!(sink.row(row).expect("a row is written").is_continue());
        }
        sink.end().expect("the end is written");
        drop(sink);
        String::from_utf8(out).expect("output is UTF-8")
    }

    pub fn hard_rows() -> [[Value<'static>; 4]; 3] {
        [
            [Value::Text("日本, \"Nippon\"".into()), Value::Integer(11), Value::Score(0.1), Value::Ratio(1.0 / 3.0)],
            [Value::Text("two\nlines|\ttab".into()), Value::Integer(9), Value::Score(1e-10), Value::Ratio(1.0)],
            [Value::Null, Value::Null, Value::Null, Value::Null],
        ]
    }
}
