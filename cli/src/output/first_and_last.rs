//! The first and the last rows of a long result (`.maxrows`), for a person: all of them are counted.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;

use kndb_query::{Column, Note, Sink, Value};

use super::fitting::ELLIPSIS;
use kndb_formats::Format;

/// Shows so many rows at most, half of them from the end.
pub struct FirstAndLast<'a> {
    sink: Box<dyn Sink + 'a>,
    first: usize,
    last: usize,
    columns: usize,
    seen: usize,
    kept: VecDeque<Vec<Value<'static>>>,
}

impl<'a> FirstAndLast<'a> {
    /// Hands `most` rows on to a sink.
    pub fn new(sink: Box<dyn Sink + 'a>, most: usize) -> Self {
        let first = most.div_ceil(2);
        Self { sink, first, last: most - first, columns: 0, seen: 0, kept: VecDeque::new() }
    }
}

impl Sink for FirstAndLast<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        self.sink.columns(columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        self.seen += 1;
        if self.seen <= self.first {
            return self.sink.row(row);
        }
        self.kept.push_back(row.iter().map(owned).collect());
        if self.kept.len() > self.last {
            self.kept.pop_front();
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        let shown = self.seen.min(self.first) + self.kept.len();
        if self.seen > shown {
            let gap = vec![Value::Text(ELLIPSIS.into()); self.columns];
            self.kept.push_front(gap);
        }
        for row in std::mem::take(&mut self.kept) {
            if self.sink.row(&row)?.is_break() {
                break;
            }
        }
        self.sink.end()
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.sink.note(note)
    }
}

impl Format for FirstAndLast<'_> {}

fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Text(text) => Value::Text(Cow::Owned(text.clone().into_owned())),
        Value::Integer(number) => Value::Integer(*number),
        Value::Score(score) => Value::Score(*score),
        Value::Ratio(ratio) => Value::Ratio(*ratio),
        Value::Spelled(text) => Value::Spelled(Cow::Owned(text.clone().into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Mode;
    use crate::output::testing::columns;

    /// The layers of the rows that are shown of some.
    fn shown(rows: u64, most: usize) -> Vec<String> {
        let mut out = Vec::new();
        let mut sink = FirstAndLast::new(Mode::Csv.sink(false, &mut out), most);
        sink.columns(&columns()).expect("columns are written");
        for layer in 0..rows {
            let row = [Value::Null, Value::Integer(layer), Value::Null, Value::Null];
            assert!(sink.row(&row).expect("a row is written").is_continue());
        }
        sink.end().expect("the end is written");
        drop(sink);
        let text = String::from_utf8(out).expect("output is UTF-8");
        text.lines().map(|line| line.split(',').nth(1).unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn the_first_and_the_last_rows_are_shown_with_a_gap_between() {
        assert_eq!(shown(9, 4), ["0", "1", "…", "7", "8"]);
        assert_eq!(shown(9, 5), ["0", "1", "2", "…", "7", "8"]);
        assert_eq!(shown(9, 1), ["0", "…"]);
        assert_eq!(shown(5, 4), ["0", "1", "…", "3", "4"]);
    }

    #[test]
    fn as_many_rows_as_may_be_are_all_shown() {
        assert_eq!(shown(4, 4), ["0", "1", "2", "3"]);
        assert_eq!(shown(3, 4), ["0", "1", "2"]);
        assert!(shown(0, 4).is_empty());
    }
}
