//! CSV and TSV with the columns of the other tables: `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! The first line names the columns. Commas, tabs, semicolons and `|` are told apart by that line; before it may stand a
//! line `sep=;`, as Excel reads and writes it.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::columns::{Columns, Header};
use crate::source::lines::{Lines, RowReader};
use crate::source::roles::Role;
use crate::source::table::Table;

/// What may stand between values; of equally many, the first.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

pub(crate) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "CSV or TSV of fact, language, prompt, layer, neuron, score"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv", "tsv"]
    }

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        let line = first_line(&probe.head[told_separator(&probe.head).map_or(0, |(_, length)| length)..]);
        let names = |separator: u8| line.split(move |&byte| byte == separator).map(String::from_utf8_lossy);
        let has = |role: Role| {
            SEPARATORS
                .iter()
                .any(|&separator| names(separator).any(|name| Role::of(name.trim().trim_matches('"')) == Some(role)))
        };
        probe.has_extension("csv") || probe.has_extension("tsv") || (has(Role::Layer) && has(Role::Neuron))
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::unpacked(path, "a table with a line of column names")?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let mut records = Records::new(file.clone());
        let names = records.record()?.map(|(names, _)| names).unwrap_or_default();
        let mut lines = Lines::new(records);
        let header = |(at, name): (usize, &str)| Header {
            name: name.trim().to_owned(),
            kind: lines.kind(at),
            type_name: "text".to_owned(),
        };
        let headers: Vec<_> = names.iter().enumerate().map(header).collect();
        let columns = Columns::find(&headers, false, &file, &mut told, context.options)?;
        lines.choose(&columns, &headers);
        let scored = columns.scored();
        Ok(Box::new(Table::new(file, Box::new(lines), scored, told, context.options)))
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    text.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// The separator that a line `sep=;` before the names of the columns says, and how many bytes that line has.
fn told_separator(bytes: &[u8]) -> Option<(u8, usize)> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let rest = text.strip_prefix(b"sep=").or_else(|| text.strip_prefix(b"\"sep="))?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = rest[..end].trim_ascii_end();
    // A tab is white space, too.
    let separator = *line.first().or(rest.first())?;
    let is_one = matches!(line, [] | [_] | [_, b'"']) && SEPARATORS.contains(&separator);
    is_one.then_some((separator, bytes.len() - rest.len() + end + 1))
}

/// The records of a file.
struct Records {
    file: Mapped,
    reader: Reader<Cursor<Mapped>>,
    /// Bytes and lines before the names of the columns.
    before: (u64, u64),
}

impl Records {
    fn new(file: Mapped) -> Self {
        let said = told_separator(file.bytes());
        let before = said.map_or(0, |(_, length)| length);
        let line = first_line(&file.bytes()[before..]);
        let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
        // Of several, `max_by_key` takes the last.
        let separator = SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',');
        let separator = said.map_or(separator, |(separator, _)| separator);
        let mut builder = ReaderBuilder::new();
        let mut rows = Cursor::new(file.clone());
        rows.set_position(before as u64);
        let reader = builder.delimiter(separator).has_headers(false).from_reader(rows);
        Self { file, reader, before: (before as u64, u64::from(said.is_some())) }
    }

    /// The next row and the line it begins at.
    fn record(&mut self) -> Result<Option<(StringRecord, u64)>, ImportError> {
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = record.position().map_or(0, ::csv::Position::line) + self.before.1;
                Ok(Some((record, line)))
            }
            Err(error) => {
                let line = error.position().map_or(0, ::csv::Position::line) + self.before.1;
                let at = self.file.at(Place::TextRow(line));
                Err(match error.kind() {
                    ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => ImportError::Row {
                        at,
                        reason: "another number of values than columns".to_owned(),
                        found: format!("{len} values"),
                        expected: format!("{expected_len}, one for each column"),
                    },
                    ::csv::ErrorKind::Utf8 { .. } => ImportError::Row {
                        at,
                        reason: "bytes that are not UTF-8".to_owned(),
                        found: "bytes that are not UTF-8".to_owned(),
                        expected: "text in UTF-8".to_owned(),
                    },
                    _ => ImportError::Damaged { at, format: "csv", problem: error.to_string() },
                })
            }
        }
    }
}

impl RowReader for Records {
    type Row = StringRecord;

    fn read(&mut self) -> Result<Option<(StringRecord, u64)>, ImportError> {
        self.record()
    }

    fn cell<'r>(&'r self, row: &'r StringRecord, at: usize) -> Cow<'r, str> {
        row.get(at).unwrap_or_default().trim().into()
    }

    fn bytes_read(&self) -> u64 {
        self.file.on_disk(self.before.0 + self.reader.position().byte())
    }
}
