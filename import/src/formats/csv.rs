//! CSV and TSV with the columns of the other tables: `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! The first line names the columns. Commas, tabs and semicolons are told apart by that line.

use std::io::Cursor;
use std::path::Path;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::columns::{Column, Columns, Header, Kind, Rows, Texts, Values};
use crate::source::roles::Role;
use crate::source::table::{BATCH_ROWS, Batches, Table};

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
        let mut lines = Lines::new(file.clone());
        let names = lines.record()?.map(|(names, _)| names).unwrap_or_default();
        let first = match lines.record() {
            Ok(first) => first,
            // It comes when it is that row's turn.
            Err(error) => {
                lines.failed = Some(error);
                None
            }
        };
        let headers: Vec<_> = names.iter().enumerate().map(|(at, name)| header(name, at, first.as_ref())).collect();
        let columns = Columns::find(&headers, false, &file, &mut told, context.options)?;
        lines.pending = first;
        lines.columns = columns.positions().into_iter().zip(columns.roles()).collect();
        lines.names = headers.into_iter().map(|header| header.name).collect();
        let scored = columns.scored();
        Ok(Box::new(Table::new(file, Box::new(lines), scored, told, context.options)))
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    text.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// A column, with the kind that its value in the first row shows.
fn header(name: &str, at: usize, first: Option<&(StringRecord, u64)>) -> Header {
    let value = first.and_then(|(record, _)| record.get(at)).unwrap_or_default().trim();
    let kind = if value.parse::<i64>().is_ok() {
        Kind::Whole
    } else if value.parse::<f64>().is_ok() {
        Kind::Float
    } else {
        Kind::Text
    };
    Header { name: name.trim().to_owned(), kind, type_name: "text".to_owned() }
}

/// The lines of a file.
struct Lines {
    file: Mapped,
    reader: Reader<Cursor<Mapped>>,
    columns: Vec<(usize, Role)>,
    names: Vec<String>,
    /// A row that was looked at and not given out yet.
    pending: Option<(StringRecord, u64)>,
    /// What is wrong with the row after those given out last.
    failed: Option<ImportError>,
}

impl Lines {
    fn new(file: Mapped) -> Self {
        let line = first_line(file.bytes());
        let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
        // Of several, `max_by_key` takes the last.
        let separator = SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',');
        let mut builder = ReaderBuilder::new();
        let reader = builder.delimiter(separator).has_headers(false).from_reader(Cursor::new(file.clone()));
        Self { file, reader, columns: Vec::new(), names: Vec::new(), pending: None, failed: None }
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

impl Batches for Lines {
    fn next(&mut self, _first: u64) -> Result<Option<Rows>, ImportError> {
        let mut texts: Vec<(Texts, Vec<bool>)> = self.columns.iter().map(|_| Default::default()).collect();
        let mut lines = Vec::new();
        while lines.len() < BATCH_ROWS {
            let next = match self.pending.take() {
                Some(next) => Some(next),
                // What was read before it is given out first.
                None if !lines.is_empty() => match self.record() {
                    Err(error) => {
                        self.failed = Some(error);
                        break;
                    }
                    Ok(next) => next,
                },
                None => match self.failed.take() {
                    Some(error) => return Err(error),
                    None => self.record()?,
                },
            };
            let Some((record, line)) = next else { break };
            for ((texts, valid), (position, _)) in texts.iter_mut().zip(&self.columns) {
                let value = record.get(*position).unwrap_or_default().trim();
                texts.push(value);
                valid.push(!value.is_empty());
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.iter().zip(texts).map(|(&(position, role), (texts, valid))| {
            let column = Column { name: self.names[position].clone(), values: Values::Text(texts), valid: Some(valid) };
            (role, column)
        });
        Ok(Some(Rows::new(lines.len(), columns.collect(), Some(lines))))
    }

    fn bytes_read(&self) -> u64 {
        self.file.on_disk(self.reader.position().byte())
    }
}
