//! Tables in files of text, row by row: what CSV and JSON have in common. The first rows are looked at before the columns
//! are chosen, because only their values tell of which kind a column is.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::error::ImportError;
use crate::source::columns::{Columns, Header, Kind};
use crate::source::roles::Role;
use crate::source::rows::{Column, Rows, Texts, Values};
use crate::source::table::{BATCH_ROWS, Batches};

/// Rows of a file of text, one at a time.
pub(crate) trait RowReader: Send {
    type Row: Send;

    /// The next row, and the line it begins at.
    fn read(&mut self) -> Result<Option<(Self::Row, u64)>, ImportError>;

    /// What a row has in a column, without the white space around it; nothing where it has none.
    fn cell<'r>(&'r self, row: &'r Self::Row, at: usize) -> Cow<'r, str>;

    /// Bytes of the file dealt with so far.
    fn bytes_read(&self) -> u64;
}

/// The rows of a file, a batch at a time.
pub(crate) struct Lines<R: RowReader> {
    reader: R,
    /// Position, name and role of the columns that are used.
    columns: Vec<(usize, String, Role)>,
    /// Rows that were looked at and not given out yet, or what is wrong with them.
    ahead: VecDeque<Result<(R::Row, u64), ImportError>>,
}

impl<R: RowReader> Lines<R> {
    /// Reads the first rows. What is wrong with one comes when it is that row's turn.
    pub fn new(mut reader: R) -> Self {
        let mut ahead = VecDeque::new();
        while ahead.len() < BATCH_ROWS {
            let Some(next) = reader.read().transpose() else { break };
            let is_last = next.as_ref().is_err_and(|error| !error.is_of_a_row());
            ahead.push_back(next);
            if is_last {
                break;
            }
        }
        Self { reader, columns: Vec::new(), ahead }
    }

    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The kind of the values that a column has in the rows looked at. One row is too few: scores begin with 0 or 1.
    pub fn kind(&self, at: usize) -> Kind {
        Kind::of_texts(self.ahead.iter().flatten().map(|(row, _)| self.reader.cell(row, at)))
    }

    /// Chooses the columns that are given out.
    pub fn choose(&mut self, columns: &Columns, headers: &[Header]) {
        let chosen = columns.positions().into_iter().zip(columns.roles());
        self.columns = chosen.map(|(at, role)| (at, headers[at].name.clone(), role)).collect();
    }
}

impl<R: RowReader> Batches for Lines<R> {
    fn next(&mut self, _first: u64) -> Result<Option<Rows>, ImportError> {
        let mut texts: Vec<(Texts, Vec<bool>)> = self.columns.iter().map(|_| Default::default()).collect();
        let mut lines = Vec::new();
        while lines.len() < BATCH_ROWS {
            let next = self.ahead.pop_front().map_or_else(|| self.reader.read(), |next| next.map(Some));
            let (row, line) = match next {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) if lines.is_empty() => return Err(error),
                Err(error) => {
                    // What was read before it is given out first.
                    self.ahead.push_front(Err(error));
                    break;
                }
            };
            for ((texts, valid), (at, ..)) in texts.iter_mut().zip(&self.columns) {
                let cell = self.reader.cell(&row, *at);
                texts.push(&cell);
                valid.push(!cell.is_empty());
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.iter().zip(texts).map(|((_, name, role), (texts, valid))| {
            (*role, Column { name: name.clone(), values: Values::Text(texts), valid: Some(valid) })
        });
        Ok(Some(Rows::new(lines.len(), columns.collect(), Some(lines))))
    }

    fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }
}
