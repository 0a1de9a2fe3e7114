//! Formats for programs: every value exactly, a row at a time, straight from the columns of a batch.
//!
//! A text that stands in many rows, as the labels of a fact with many neurons do, is looked up and spelled once, and numbers are written
//! without a string of their own.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Batch, Column, QueryError, Sink, Value, Values};

use super::format::{Format, Written};

/// What formats for programs do differently.
pub trait Spelling {
    /// Writes what stands above the rows.
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>);
    /// Writes what stands before a row; `first` of all.
    fn row(&self, first: bool, out: &mut Vec<u8>);
    /// Writes what stands before a cell of a row.
    fn cell(&self, at: usize, out: &mut Vec<u8>);
    /// Writes what stands after the cells of a row, which begin at `start`.
    fn after(&self, start: usize, out: &mut Vec<u8>);
    /// Writes what stands below the rows.
    fn end(&self, rows: bool, out: &mut Vec<u8>);
    /// Writes a value that is not there.
    fn null(&self, out: &mut Vec<u8>);
    /// Writes a text.
    fn text(&self, text: &str, out: &mut Vec<u8>);
    /// Writes a score, so that it is read back as the same.
    fn score(&self, score: f32, out: &mut Vec<u8>);
    /// Writes a ratio, so that it is read back as the same.
    fn ratio(&self, ratio: f64, out: &mut Vec<u8>);
    /// Writes what is spelled as JSON spells it.
    fn spelled(&self, text: &str, out: &mut Vec<u8>) {
        self.text(text, out);
    }
}

/// A sink that writes values in some spelling.
pub struct Spelled<'a, S> {
    spelling: S,
    out: &'a mut dyn Write,
    line: Vec<u8>,
    rows: bool,
}

impl<'a, S: Spelling> Spelled<'a, S> {
    /// An empty result.
    pub fn new(spelling: S, out: &'a mut dyn Write) -> Self {
        Self { spelling, out, line: Vec::new(), rows: false }
    }

    /// Begins a line; where its cells begin.
    fn begin(&mut self) -> usize {
        self.line.clear();
        self.spelling.row(!self.rows, &mut self.line);
        self.rows = true;
        self.line.len()
    }

    fn finish(&mut self, start: usize) -> io::Result<()> {
        self.spelling.after(start, &mut self.line);
        self.out.write_all(&self.line)
    }

    fn value(&mut self, at: usize, value: &Value<'_>) {
        self.spelling.cell(at, &mut self.line);
        match value {
            Value::Null => self.spelling.null(&mut self.line),
            Value::Text(text) => self.spelling.text(text, &mut self.line),
            Value::Integer(number) => integer(*number, &mut self.line),
            Value::Score(score) => self.spelling.score(*score, &mut self.line),
            Value::Ratio(ratio) => self.spelling.ratio(*ratio, &mut self.line),
            Value::Spelled(text) => self.spelling.spelled(text, &mut self.line),
        }
    }
}

impl<S: Spelling> Sink for Spelled<'_, S> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.line.clear();
        self.spelling.begin(columns, &mut self.line);
        self.out.write_all(&self.line)
    }

    fn row(&mut self, row: &[Value<'_>]) -> Written {
        let start = self.begin();
        row.iter().enumerate().for_each(|(at, value)| self.value(at, value));
        self.finish(start)?;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        self.line.clear();
        self.spelling.end(self.rows, &mut self.line);
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

/// A text as it was spelled in the row before.
#[derive(Clone, Default)]
struct Before {
    id: Option<u32>,
    spelled: Vec<u8>,
}

impl<S: Spelling> Format for Spelled<'_, S> {
    fn batch(&mut self, batch: &Batch, go_on: &mut dyn FnMut() -> bool) -> Result<Written, QueryError> {
        let mut before = vec![Before::default(); batch.data().len()];
        for row in 0..batch.rows() {
            if !go_on() {
                return Ok(Ok(ControlFlow::Break(())));
            }
            let start = self.begin();
            for (at, (column, before)) in batch.data().iter().zip(&mut before).enumerate() {
                self.spelling.cell(at, &mut self.line);
                if column.validity.as_ref().is_some_and(|validity| !validity.is_valid(row)) {
                    self.spelling.null(&mut self.line);
                    continue;
                }
                match &column.values {
                    Values::Texts(texts) => {
                        let id = texts.ids()[row];
                        if before.id != Some(id) {
                            before.id = Some(id);
                            before.spelled.clear();
                            match texts.text(row)? {
                                Some(text) => self.spelling.text(text, &mut before.spelled),
                                None => self.spelling.null(&mut before.spelled),
                            }
                        }
                        self.line.extend_from_slice(&before.spelled);
                    }
                    Values::Numbers(numbers) => integer(u64::from(numbers[row]), &mut self.line),
                    Values::Integers(counts) => integer(counts[row], &mut self.line),
                    Values::Scores(scores) => self.spelling.score(scores[row], &mut self.line),
                    Values::Ratios(ratios) => self.spelling.ratio(ratios[row], &mut self.line),
                }
            }
            if let Err(failure) = self.finish(start) {
                return Ok(Err(failure));
            }
        }
        Ok(Ok(ControlFlow::Continue(())))
    }
}

/// Writes the digits of a number.
fn integer(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_of_a_number_are_written() {
        for number in [0, 7, 10, 8_191, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            integer(number, &mut out);
            assert_eq!(String::from_utf8(out).expect("digits"), number.to_string());
        }
    }
}
