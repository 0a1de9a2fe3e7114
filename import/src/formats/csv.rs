//! CSV and TSV with the columns of the other tables: `fact`, `language`, `prompt`, `layer`, `neuron`, `score`.
//!
//! The first line names the columns. Commas, tabs and semicolons are told apart by that line.

use std::collections::VecDeque;
use std::io::Cursor;
use std::path::Path;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::columns::{Column, Columns, Header, Kind, Rows, Texts, Values, has_decimal_comma};
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
        lines.look_ahead();
        let header = |(at, name): (usize, &str)| Header {
            name: name.trim().to_owned(),
            kind: lines.kind(at),
            type_name: "text".to_owned(),
        };
        let headers: Vec<_> = names.iter().enumerate().map(header).collect();
        let columns = Columns::find(&headers, false, &file, &mut told, context.options)?;
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

/// The lines of a file.
struct Lines {
    file: Mapped,
    reader: Reader<Cursor<Mapped>>,
    columns: Vec<(usize, Role)>,
    names: Vec<String>,
    /// Rows that were looked at and not given out yet, or what is wrong with them.
    ahead: VecDeque<Result<Line, ImportError>>,
}

/// A row, and the line it begins at.
type Line = (StringRecord, u64);

impl Lines {
    fn new(file: Mapped) -> Self {
        let line = first_line(file.bytes());
        let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
        // Of several, `max_by_key` takes the last.
        let separator = SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',');
        let mut builder = ReaderBuilder::new();
        let reader = builder.delimiter(separator).has_headers(false).from_reader(Cursor::new(file.clone()));
        Self { file, reader, columns: Vec::new(), names: Vec::new(), ahead: VecDeque::new() }
    }

    /// Reads the first rows, so that their columns' kinds are known. What is wrong comes when it is that row's turn.
    fn look_ahead(&mut self) {
        while self.ahead.len() < BATCH_ROWS {
            let Some(next) = self.record().transpose() else { break };
            let is_last = next.as_ref().is_err_and(|error| !error.is_of_a_row());
            self.ahead.push_back(next);
            if is_last {
                break;
            }
        }
    }

    /// The kind of the values that a column has in the rows looked at. One row is too few: scores begin with 0 or 1.
    fn kind(&self, at: usize) -> Kind {
        let (mut whole, mut fractions, mut texts) = (0, 0, 0);
        let values = self.ahead.iter().flatten().filter_map(|(record, _)| record.get(at)).map(str::trim);
        for value in values.filter(|value| !value.is_empty()) {
            let count = if value.parse::<i64>().is_ok() {
                &mut whole
            } else if value.parse::<f64>().is_ok() || has_decimal_comma(value) {
                &mut fractions
            } else {
                &mut texts
            };
            *count += 1;
        }
        if fractions > 0 && whole + fractions >= texts {
            Kind::Float
        } else if whole > 0 && fractions + texts == 0 {
            Kind::Whole
        } else {
            Kind::Text
        }
    }

    /// The next row and the line it begins at.
    fn record(&mut self) -> Result<Option<Line>, ImportError> {
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
            let next = self.ahead.pop_front().map_or_else(|| self.record(), |next| next.map(Some));
            let (record, line) = match next {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) if lines.is_empty() => return Err(error),
                Err(error) => {
                    // What was read before it is given out first.
                    self.ahead.push_front(Err(error));
                    break;
                }
            };
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
