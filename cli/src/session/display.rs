//! How results are shown: to a person within the terminal's lines, to anything else whole.

use std::io::{self, Write};
use std::sync::Arc;

use kndb_storage::Snapshot;

use super::FIGURE_WIDTH;
use crate::output::{FirstAndLast, Format, Layout, Mode};
use crate::relations::Named;

/// A figure is no narrower than this.
const NARROWEST_FIGURE: usize = 40;

/// What dot commands set of the looks of results.
#[derive(Clone, Debug)]
pub struct Display {
    /// How results are written.
    pub mode: Mode,
    /// Whether table, box, csv and tsv have a header.
    pub headers: bool,
    /// On a terminal, how many rows are shown at most; `None` for all.
    pub max_rows: Option<usize>,
    /// Widths of columns; 0 for as wide as it is.
    pub widths: Vec<usize>,
    /// How long lines may be.
    pub max_width: MaxWidth,
    /// Cells of a line of the terminal that results are shown on; `None` where they are not.
    pub terminal: Option<usize>,
}

/// How long the lines of tables may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MaxWidth {
    /// Those of the terminal; in a pipe as long as they are.
    #[default]
    Terminal,
    /// As long as they are.
    Off,
    /// So many cells.
    Cells(usize),
}

impl Default for Display {
    fn default() -> Self {
        let (mode, max_width) = (Mode::default(), MaxWidth::default());
        Self { mode, headers: true, max_rows: None, widths: Vec::new(), max_width, terminal: None }
    }
}

impl Display {
    /// The same for a file: whole.
    pub fn in_a_file(&self) -> Self {
        Self { terminal: None, ..self.clone() }
    }

    /// Cells of a line; `None` for as many as it needs.
    pub fn line(&self) -> Option<usize> {
        match self.max_width {
            MaxWidth::Terminal => self.terminal,
            MaxWidth::Off => None,
            MaxWidth::Cells(cells) => Some(cells),
        }
    }

    /// How many rows are shown; `None` for all.
    pub fn rows(&self) -> Option<usize> {
        self.max_rows.filter(|_| self.terminal.is_some() && self.mode.is_for_people())
    }

    /// Cells that a figure takes.
    pub fn figure(&self) -> usize {
        self.line().map_or(FIGURE_WIDTH, |line| line.max(NARROWEST_FIGURE))
    }

    /// A sink that writes rows so.
    pub fn sink<'a>(&self, out: &'a mut dyn Write) -> Box<dyn Format + 'a> {
        let layout = Layout { headers: self.headers, widths: self.widths.clone(), line: self.line() };
        let sink = self.mode.laid_out(layout, out);
        match self.rows() {
            Some(most) => Box::new(FirstAndLast::new(sink, most)),
            None => sink,
        }
    }

    /// The same for answers: for people relations have their names, and what programs read keeps the ids that statements of any
    /// store understand.
    pub fn answers<'a>(
        &self,
        snapshot: Arc<Snapshot>,
        labels: Option<String>,
        out: &'a mut dyn Write,
    ) -> Box<dyn Format + 'a> {
        let sink = self.sink(out);
        if self.mode.is_for_people() { Box::new(Named::new(sink, snapshot, labels)) } else { sink }
    }

    /// Tells the settings, `name: value` a line.
    pub fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let or_off = |number: Option<usize>| number.map_or("off".to_owned(), |number| number.to_string());
        let widths: Vec<String> = self.widths.iter().map(ToString::to_string).collect();
        let max_width = match self.max_width {
            MaxWidth::Terminal => "the terminal's".to_owned(),
            MaxWidth::Off => "off".to_owned(),
            MaxWidth::Cells(cells) => cells.to_string(),
        };
        writeln!(out, "mode: {}", self.mode.name())?;
        writeln!(out, "headers: {}", if self.headers { "on" } else { "off" })?;
        writeln!(out, "maxrows: {}", or_off(self.max_rows))?;
        writeln!(out, "width: {}", if widths.is_empty() { "as wide as it is".to_owned() } else { widths.join(" ") })?;
        writeln!(out, "maxwidth: {max_width}")
    }
}
