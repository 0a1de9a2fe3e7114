//! Results as tables: what a sink was given, and what it should have been given.

use kndb_query::{Column, Sink, Value};
use std::ops::ControlFlow;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Integer(u64),
    Score(f32),
    Ratio(f64),
}

impl Cell {
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// Equal, but for the last digits of a ratio.
    fn is_near(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ratio(a), Self::Ratio(b)) => (a - b).abs() <= (1e-8 * b.abs()).max(1e-12),
            _ => self == other,
        }
    }
}

impl From<&Value<'_>> for Cell {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) | Value::Spelled(text) => Self::Text(text.to_string()),
            Value::Integer(number) => Self::Integer(*number),
            Value::Score(score) => Self::Score(*score),
            Value::Ratio(ratio) => Self::Ratio(*ratio),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// What differs, if anything does.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        if self.columns != expected.columns {
            return Some(format!("columns {:?}\nexpected {:?}", self.columns, expected.columns));
        }
        let same = |(a, b): (&Vec<Cell>, &Vec<Cell>)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_near(b));
        let both = self.rows.iter().zip(&expected.rows);
        match both.clone().position(|pair| !same(pair)) {
            Some(at) => Some(format!("row {at}: {:?}\nexpected {:?}", self.rows[at], expected.rows[at])),
            None if self.rows.len() != expected.rows.len() => {
                let next = |table: &Self| table.rows.get(both.len()).cloned();
                Some(format!(
                    "{} rows, then {:?}\nexpected {}, then {:?}",
                    self.rows.len(),
                    next(self),
                    expected.rows.len(),
                    next(expected)
                ))
            }
            None => None,
        }
    }
}

/// A sink that keeps everything, up to a number of rows.
#[derive(Debug, Default)]
pub struct Collector {
    pub table: Table,
    pub ended: bool,
    /// Break after this many rows.
    pub enough: Option<usize>,
}

impl Sink for Collector {
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
        assert!(self.table.columns.is_empty(), "columns come once");
        self.table.columns = columns.iter().map(|column| column.name.to_owned()).collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        assert!(!self.ended && self.enough != Some(self.table.rows.len()), "a row after the last one");
        assert_eq!(row.len(), self.table.columns.len(), "a value for each column");
        self.table.rows.push(row.iter().map(Cell::from).collect());
        let enough = self.enough == Some(self.table.rows.len());
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn end(&mut self) -> std::io::Result<()> {
        assert!(!self.ended && !self.table.columns.is_empty(), "one end, after the columns");
        self.ended = true;
        Ok(())
    }
}
