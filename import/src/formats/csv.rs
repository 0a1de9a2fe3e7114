//! CSV and TSV with the columns of the other tables: `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! The first line names the columns. Commas, tabs and semicolons are told apart by that line.

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
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

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
        let line = first_line(&probe.head);
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

/// The records of a file.
struct Records {
    file: Mapped,
    reader: Reader<Cursor<Mapped>>,
}

impl Records {
    fn new(file: Mapped) -> Self {
        let line = first_line(file.bytes());
        let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
        // Of several, `max_by_key` takes the last.
        let separator = SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',');
        let mut builder = ReaderBuilder::new();
        let reader = builder.delimiter(separator).has_headers(false).from_reader(Cursor::new(file.clone()));
        Self { file, reader }
    }

    /// The next row and the line it begins at.
    fn record(&mut self) -> Result<Option<(StringRecord, u64)>, ImportError> {
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = record.position().map_or(0, ::csv::Position::line);
                Ok(Some((record, line)))
            }
            Err(error) => {
                let line = error.position().map_or(0, ::csv::Position::line);
                let at = self.file.at(Place::Line { line, column: 1 });
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
        self.file.on_disk(self.reader.position().byte())
    }
}
