//! Some rows of an answer, column by column.

use super::by_row::Value;
use super::texts::Texts;
use super::{Buffer, Column, Validity};
use crate::error::QueryError;
use std::borrow::Cow;
use std::sync::Arc;

/// At most [`super::BATCH_ROWS`] rows. It owns what it holds: it may be kept, and sent to other threads.
#[derive(Clone, Debug)]
pub struct Batch {
    columns: Arc<[Column]>,
    data: Vec<ColumnData>,
    rows: usize,
}

/// A column of a batch: as many values as the batch has rows.
#[derive(Clone, Debug)]
pub struct ColumnData {
    /// The values.
    pub values: Values,
    /// Which of them are there; `None` where all are, and for texts, of which a dictionary says it.
    pub validity: Option<Validity>,
}

/// The values of a column: [`super::ColumnKind`] says which of these it has, the same in all batches of an answer.
#[derive(Clone, Debug)]
pub enum Values {
    /// Of [`super::ColumnKind::Text`].
    Texts(Texts),
    /// Of [`super::ColumnKind::Number`].
    Numbers(Buffer<u32>),
    /// Of [`super::ColumnKind::Integer`].
    Integers(Buffer<u64>),
    /// Of [`super::ColumnKind::Score`].
    Scores(Buffer<f32>),
    /// Of [`super::ColumnKind::Ratio`].
    Ratios(Buffer<f64>),
}

impl Batch {
    pub(crate) fn new(columns: Arc<[Column]>, data: Vec<ColumnData>, rows: usize) -> Self {
        debug_assert!(data.iter().all(|column| column.values.len() == rows), "columns of one length");
        Self { columns, data, rows }
    }

    /// The columns: of all batches of an answer the same.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The values, as many columns as [`Self::columns`] has.
    pub fn data(&self) -> &[ColumnData] {
        &self.data
    }

    /// The values of the column with a name.
    pub fn column(&self, name: &str) -> Option<&ColumnData> {
        let at = self.columns.iter().position(|column| column.name == name)?;
        self.data.get(at)
    }

    /// Texts of the column with a name, if it has texts.
    pub fn texts(&self, name: &str) -> Option<&Texts> {
        if let Values::Texts(texts) = &self.column(name)?.values { Some(texts) } else { None }
    }

    /// Numbers (`layer`, `neuron`, `prompt`, `size`) of the column with a name, if it has such.
    pub fn numbers(&self, name: &str) -> Option<&Buffer<u32>> {
        if let Values::Numbers(numbers) = &self.column(name)?.values { Some(numbers) } else { None }
    }

    /// Counts of the column with a name, if it has such.
    pub fn integers(&self, name: &str) -> Option<&Buffer<u64>> {
        if let Values::Integers(counts) = &self.column(name)?.values { Some(counts) } else { None }
    }

    /// Scores of the column with a name, if it has such.
    pub fn scores(&self, name: &str) -> Option<&Buffer<f32>> {
        if let Values::Scores(scores) = &self.column(name)?.values { Some(scores) } else { None }
    }

    /// Ratios of the column with a name, if it has such.
    pub fn ratios(&self, name: &str) -> Option<&Buffer<f64>> {
        if let Values::Ratios(ratios) = &self.column(name)?.values { Some(ratios) } else { None }
    }

    /// One value; texts are looked up.
    ///
    /// # Errors
    /// When the store's file of facts is damaged.
    ///
    /// # Panics
    /// When there is no such row or column.
    pub fn value(&self, row: usize, column: usize) -> Result<Value<'_>, QueryError> {
        let ColumnData { values, validity } = &self.data[column];
        if validity.as_ref().is_some_and(|validity| !validity.is_valid(row)) {
            return Ok(Value::Null);
        }
        Ok(match values {
            Values::Texts(texts) => texts.text(row)?.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text))),
            Values::Numbers(numbers) => Value::Integer(u64::from(numbers[row])),
            Values::Integers(counts) => Value::Integer(counts[row]),
            Values::Scores(scores) => Value::Score(scores[row]),
            Values::Ratios(ratios) => Value::Ratio(ratios[row]),
        })
    }
}

impl Batch {
    /// Hands the values on row by row, until `each` says that it has enough: `false`. Texts are looked up once for rows one after the other
    /// that have the same.
    ///
    /// # Errors
    /// As for [`Self::value`].
    pub fn each_row(&self, each: &mut dyn FnMut(&[Value<'_>]) -> bool) -> Result<(), QueryError> {
        let ids: Vec<_> = (0..self.data.len()).map(|at| self.ids(at)).collect();
        let mut row = vec![Value::Null; ids.len()];
        for at in 0..self.rows {
            for (column, value) in row.iter_mut().enumerate() {
                let same = at > 0 && ids[column].is_some_and(|ids| ids[at] == ids[at - 1]);
                if !same {
                    *value = self.value(at, column)?;
                }
            }
            if !each(&row) {
                break;
            }
        }
        Ok(())
    }

    /// The ids of a column of texts.
    fn ids(&self, column: usize) -> Option<&[u32]> {
        if let Values::Texts(texts) = &self.data[column].values { Some(texts.ids()) } else { None }
    }
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers) => numbers.len(),
            Self::Integers(counts) => counts.len(),
            Self::Scores(scores) => scores.len(),
            Self::Ratios(ratios) => ratios.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
