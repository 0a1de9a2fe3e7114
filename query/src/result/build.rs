//! The buffers of the batch that is being filled.

use super::batch::{Batch, ColumnData, Values};
use super::by_row::Value;
use super::texts::{IdsOf, NO_ID, Names, Texts};
use super::{BATCH_ROWS, Buffer, Column, ColumnKind, KeptNames, Validity};
use std::collections::HashMap;
use std::sync::Arc;

/// What a column is filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The fact of each row: columns that show something of it share one buffer.
    Fact(IdsOf),
    /// Ids of languages or runs.
    Id(IdsOf),
    /// Values of the column's kind.
    Own,
}

/// A column while it is filled.
enum Filling {
    Facts(IdsOf),
    Ids(IdsOf, Vec<u32>),
    Texts { keys: Vec<u32>, texts: Vec<String>, known: HashMap<String, u32> },
    Numbers(Vec<u32>, Vec<u32>),
    Integers(Vec<u64>, Vec<u32>),
    Scores(Vec<f32>, Vec<u32>),
    Ratios(Vec<f64>, Vec<u32>),
}

/// A batch while it is filled: row by row, each with as many values as there are columns.
pub(crate) struct Building {
    columns: Arc<[Column]>,
    filling: Vec<Filling>,
    facts: Vec<u32>,
    rows: usize,
    /// Whose names ids stand for; `None` where no column has ids.
    names: Option<KeptNames>,
}

impl Building {
    /// An empty batch; `slots` says of each column where it comes from.
    pub(crate) fn new(columns: &Arc<[Column]>, slots: &[Slot], names: Option<KeptNames>) -> Self {
        let filling = columns.iter().zip(slots).map(|(column, slot)| match (*slot, column.kind) {
            (Slot::Fact(named), _) => Filling::Facts(named),
            (Slot::Id(named), _) => Filling::Ids(named, Vec::new()),
            (Slot::Own, ColumnKind::Text) => {
                Filling::Texts { keys: Vec::new(), texts: Vec::new(), known: HashMap::new() }
            }
            (Slot::Own, ColumnKind::Number) => Filling::Numbers(Vec::new(), Vec::new()),
            (Slot::Own, ColumnKind::Integer) => Filling::Integers(Vec::new(), Vec::new()),
            (Slot::Own, ColumnKind::Score) => Filling::Scores(Vec::new(), Vec::new()),
            (Slot::Own, ColumnKind::Ratio) => Filling::Ratios(Vec::new(), Vec::new()),
        });
        Self { columns: Arc::clone(columns), filling: filling.collect(), facts: Vec::new(), rows: 0, names }
    }

    /// Rows that still fit.
    pub(crate) fn room(&self) -> usize {
        BATCH_ROWS - self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The fact of the row that is being filled.
    pub(crate) fn fact(&mut self, fact: u32) {
        self.facts.push(fact);
    }

    /// A value of a column for the row that is being filled. Of a column of facts there is nothing to add.
    pub(crate) fn value(&mut self, column: usize, value: &Value<'_>) {
        let row = self.rows as u32;
        match (&mut self.filling[column], value) {
            (Filling::Facts(_), _) => {}
            (Filling::Ids(_, ids), Value::Integer(id)) => ids.push(u32::try_from(*id).unwrap_or(NO_ID)),
            (Filling::Ids(_, ids), _) => ids.push(NO_ID),
            (Filling::Texts { keys, texts, known }, Value::Text(text)) => {
                let key = known.get(&**text).copied().unwrap_or_else(|| {
                    texts.push(text.to_string());
                    known.insert(text.to_string(), texts.len() as u32 - 1);
                    texts.len() as u32 - 1
                });
                keys.push(key);
            }
            (Filling::Texts { keys, .. }, _) => keys.push(NO_ID),
            (Filling::Numbers(numbers, nulls), value) => match value {
                Value::Integer(number) => numbers.push(*number as u32),
                _ => push_null(numbers, nulls, row),
            },
            (Filling::Integers(counts, nulls), value) => match value {
                Value::Integer(count) => counts.push(*count),
                _ => push_null(counts, nulls, row),
            },
            (Filling::Scores(scores, nulls), value) => match value {
                Value::Score(score) => scores.push(*score),
                _ => push_null(scores, nulls, row),
            },
            (Filling::Ratios(ratios, nulls), value) => match value {
                Value::Ratio(ratio) => ratios.push(*ratio),
                _ => push_null(ratios, nulls, row),
            },
        }
    }

    /// The row has all its values.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
    }

    /// Many rows of one fact, of which [`Self::numbers`] and [`Self::scores`] are given, too. They fit.
    pub(crate) fn rows_of(&mut self, fact: u32, rows: usize) {
        self.facts.resize(self.facts.len() + rows, fact);
        self.rows += rows;
    }

    /// Many rows with a fact each, and nothing else.
    pub(crate) fn facts(&mut self, facts: &[u32]) {
        self.facts.extend_from_slice(facts);
        self.rows += facts.len();
    }

    /// Values of a column of numbers for the next rows.
    pub(crate) fn numbers(&mut self, column: usize, values: impl Iterator<Item = u32>) {
        if let Filling::Numbers(numbers, _) = &mut self.filling[column] {
            numbers.extend(values);
        }
    }

    /// Layers of neurons in one column and their units in the next, for the next rows.
    pub(crate) fn places(&mut self, column: usize, neurons: impl Iterator<Item = u32> + Clone, width: u32) {
        // A division for each would be most of the work: neurons of one layer mostly come one after the other.
        let mut first = u32::MAX;
        let mut layer = 0;
        let mut of = |neuron: u32| {
            if first == u32::MAX || neuron.wrapping_sub(first) >= width {
                layer = neuron / width;
                first = layer * width;
            }
            (layer, first)
        };
        self.numbers(column, neurons.clone().map(|neuron| of(neuron).0));
        self.numbers(column + 1, neurons.map(|neuron| neuron - of(neuron).1));
    }

    /// A count for each of the next rows, the same.
    pub(crate) fn integers(&mut self, column: usize, rows: usize, value: u64) {
        if let Filling::Integers(counts, _) = &mut self.filling[column] {
            counts.resize(counts.len() + rows, value);
        }
    }

    /// A ratio for each of the next rows, the same.
    pub(crate) fn ratios(&mut self, column: usize, rows: usize, value: f64) {
        if let Filling::Ratios(ratios, _) = &mut self.filling[column] {
            ratios.resize(ratios.len() + rows, value);
        }
    }

    /// Values of a column of scores for the rows that come next, NaN where there is none. Before [`Self::rows_of`].
    pub(crate) fn scores(&mut self, column: usize, values: impl Iterator<Item = f32>) {
        if let Filling::Scores(scores, nulls) = &mut self.filling[column] {
            for value in values {
                if value.is_nan() {
                    nulls.push(scores.len() as u32);
                }
                scores.push(if value.is_nan() { 0.0 } else { value });
            }
        }
    }

    /// The rows so far; what follows is another batch.
    pub(crate) fn take(&mut self) -> Batch {
        let rows = std::mem::take(&mut self.rows);
        let facts = Buffer::from(std::mem::take(&mut self.facts));
        let names = |named: IdsOf, ids: Buffer<u32>| match &self.names {
            Some(kept) => Texts::new(ids, Names::Store(named, kept.clone())),
            None => Texts::new(ids, Names::Known(Arc::default())),
        };
        let data = self.filling.iter_mut().map(|filling| match filling {
            Filling::Facts(named) => of(Values::Texts(names(*named, facts.clone())), &[]),
            Filling::Ids(named, ids) => of(Values::Texts(names(*named, std::mem::take(ids).into())), &[]),
            Filling::Texts { keys, texts, known } => {
                known.clear();
                let known = Names::Known(Arc::new(std::mem::take(texts)));
                of(Values::Texts(Texts::new(std::mem::take(keys).into(), known)), &[])
            }
            Filling::Numbers(numbers, nulls) => {
                of(Values::Numbers(std::mem::take(numbers).into()), &std::mem::take(nulls))
            }
            Filling::Integers(counts, nulls) => {
                of(Values::Integers(std::mem::take(counts).into()), &std::mem::take(nulls))
            }
            Filling::Scores(scores, nulls) => of(Values::Scores(std::mem::take(scores).into()), &std::mem::take(nulls)),
            Filling::Ratios(ratios, nulls) => of(Values::Ratios(std::mem::take(ratios).into()), &std::mem::take(nulls)),
        });
        Batch::new(Arc::clone(&self.columns), data.collect(), rows)
    }
}

fn push_null<T: Default>(values: &mut Vec<T>, nulls: &mut Vec<u32>, row: u32) {
    values.push(T::default());
    nulls.push(row);
}

fn of(values: Values, nulls: &[u32]) -> ColumnData {
    let validity = Validity::without(values.len(), nulls);
    ColumnData { values, validity }
}
