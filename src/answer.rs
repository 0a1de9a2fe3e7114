//! A whole answer in memory, as columns. Not for answers of many millions of rows: stream those.

use kndb_query::{Batch, BatchSink, Column, Note, QueryError, Value, Values};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What one statement answered: batches of columns, in the order of the rows.
///
/// Names are looked up when they are asked for; until then a column of names is a column of ids. What is looked up comes from the snapshot
/// that the statement saw, which an answer keeps.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("store");
/// # use kndb::storage::{Entry, EntryData, Neuron, RunSpec, Shape};
/// # let db = kndb::Database::create(&path)?;
/// # let run = db.store().open_run(RunSpec::new("trial", "toy", Shape::new(2, 3).ok_or("too large")?))?;
/// # let data = EntryData::Neurons(vec![Neuron(1), Neuron(4)]);
/// # run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data })?;
/// # run.finish()?;
/// let answer = db.query("kn[lang=en]")?;
/// for batch in &answer.batches {
///     let (layers, facts) = (batch.numbers("layer").ok_or("no layers")?, batch.texts("fact").ok_or("no facts")?);
///     assert_eq!(layers[..], [0, 1]);
///     // One text for both rows.
///     assert_eq!(facts.dictionary()?.keys[..], [0, 0]);
///     assert_eq!(facts.text(1)?, Some("f1"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The columns, the same in all batches.
    pub columns: Arc<[Column]>,
    /// The rows; none of an empty answer.
    pub batches: Vec<Batch>,
    /// What to know beside the rows: a run that is still open, layers that were not scored, …
    pub notes: Vec<Note>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known, or not applicable.
    Null,
    /// Text.
    Text(String),
    /// A whole number: a layer, a unit, a count.
    Integer(u64),
    /// A score.
    Score(f32),
    /// A share or a similarity.
    Ratio(f64),
}

impl Answer {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(Batch::rows).sum()
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }

    /// The whole numbers of a column, of 32 or 64 bits; nothing where there is no such column. What is null is left out.
    pub fn integers(&self, name: &str) -> impl Iterator<Item = u64> {
        self.batches.iter().flat_map(move |batch| {
            let column = batch.column(name);
            (0..batch.rows()).filter_map(move |row| {
                let column =
                    column.filter(|column| column.validity.as_ref().is_none_or(|valid| valid.is_valid(row)))?;
                match &column.values {
                    Values::Numbers(numbers) => Some(u64::from(numbers[row])),
                    Values::Integers(counts) => Some(counts[row]),
                    _ => None,
                }
            })
        })
    }

    /// All values, row by row, with names looked up: as many cells a row as there are columns.
    ///
    /// # Errors
    /// When the store's file of facts is damaged.
    pub fn to_rows(&self) -> Result<Vec<Vec<Cell>>, QueryError> {
        let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let ids = batch.data().iter().map(|column| match &column.values {
                Values::Texts(texts) => Some(&texts.ids()[..]),
                _ => None,
            });
            let ids: Vec<Option<&[u32]>> = ids.collect();
            for row in 0..batch.rows() {
                let before = rows.last().filter(|_| row > 0);
                let mut cells = Vec::with_capacity(ids.len());
                for (column, ids) in ids.iter().enumerate() {
                    cells.push(match (ids, before) {
                        // To look a name up costs more than to copy it, and rows of one fact come one after the other.
                        (Some(ids), Some(before)) if ids[row] == ids[row - 1] => before[column].clone(),
                        _ => batch.value(row, column)?.into(),
                    });
                }
                rows.push(cells);
            }
        }
        Ok(rows)
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) => Self::Text(text.into_owned()),
            Value::Integer(number) => Self::Integer(number),
            Value::Score(score) => Self::Score(score),
            Value::Ratio(ratio) => Self::Ratio(ratio),
            Value::Spelled(text) => Self::Text(text.into_owned()),
        }
    }
}

impl BatchSink for Answer {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        self.columns = Arc::clone(columns);
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.batches.push(batch);
        Ok(ControlFlow::Continue(()))
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.clone());
        Ok(())
    }
}
