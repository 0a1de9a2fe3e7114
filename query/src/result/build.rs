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
    SameInteger(Same<u64>),
    SameRatio(Same<f64>),
}

/// A column of one value over and over: batches of as many rows share its buffer.
struct Same<T> {
    value: T,
    rows: usize,
    last: Option<Buffer<T>>,
}

impl<T: Copy> Same<T> {
    fn of(value: T) -> Self {
        Self { value, rows: 0, last: None }
    }

    fn take(&mut self) -> Buffer<T> {
        let rows = std::mem::take(&mut self.rows);
        if let Some(last) = self.last.as_ref().filter(|last| last.len() == rows) {
            return last.clone();
        }
        let made = Buffer::from(vec![self.value; rows]);
        self.last = Some(made.clone());
        made
    }
}

impl Filling {
    /// What comes next may be another value.
    fn be_single(&mut self) {
        match self {
            Self::SameInteger(same) => *self = Self::Integers(vec![same.value; same.rows], Vec::new()),
            Self::SameRatio(same) => *self = Self::Ratios(vec![same.value; same.rows], Vec::new()),
            _ => {}
        }
    }
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
        self.filling[column].be_single();
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
            // That it no longer is.
            (Filling::SameInteger(_) | Filling::SameRatio(_), _) => {}
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
        // A division for each would be most of the work. With the factor ⌈2⁶⁴ / width⌉ a product is too large by less than 2³² / 2⁶⁴ of a layer,
        // which is less than what any 32-bit number lacks of the next one.
        let factor = u128::from(u64::MAX / u64::from(width)) + 1;
        let layer = |neuron: u32| ((u128::from(neuron) * factor) >> 64) as u32;
        self.numbers(column, neurons.clone().map(layer));
        self.numbers(column + 1, neurons.map(|neuron| neuron - layer(neuron) * width));
    }

    /// A count for each of the next rows, the same.
    pub(crate) fn integers(&mut self, column: usize, rows: usize, value: u64) {
        let filling = &mut self.filling[column];
        if matches!(filling, Filling::Integers(counts, _) if counts.is_empty()) {
            *filling = Filling::SameInteger(Same::of(value));
        }
        match filling {
            Filling::SameInteger(same) if same.value == value => same.rows += rows,
            filling => {
                filling.be_single();
                if let Filling::Integers(counts, _) = filling {
                    counts.resize(counts.len() + rows, value);
                }
            }
        }
    }

    /// A ratio for each of the next rows, the same.
    pub(crate) fn ratios(&mut self, column: usize, rows: usize, value: f64) {
        let filling = &mut self.filling[column];
        if matches!(filling, Filling::Ratios(ratios, _) if ratios.is_empty()) {
            *filling = Filling::SameRatio(Same::of(value));
        }
        match filling {
            Filling::SameRatio(same) if same.value == value => same.rows += rows,
            filling => {
                filling.be_single();
                if let Filling::Ratios(ratios, _) = filling {
                    ratios.resize(ratios.len() + rows, value);
                }
            }
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
            Filling::SameInteger(same) => of(Values::Integers(same.take()), &[]),
            Filling::SameRatio(same) => of(Values::Ratios(same.take()), &[]),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn counted() -> Building {
        let columns: Arc<[Column]> = [
            Column { name: "pairs", kind: ColumnKind::Integer },
            Column { name: "share", kind: ColumnKind::Ratio },
            Column { name: "layer", kind: ColumnKind::Number },
            Column { name: "neuron", kind: ColumnKind::Number },
        ]
        .into();
        Building::new(&columns, &[Slot::Own; 4], None)
    }

    fn fill(building: &mut Building, rows: usize, pairs: u64, share: f64) {
        building.integers(0, rows, pairs);
        building.ratios(1, rows, share);
        building.places(2, 0..rows as u32, 10);
        building.rows_of(0, rows);
    }

    #[test]
    fn batches_share_a_column_of_one_value() {
        let mut building = counted();
        let batches = [3, 3, 2].map(|rows| {
            fill(&mut building, rows - 1, 1, 0.5);
            fill(&mut building, 1, 1, 0.5);
            building.take()
        });
        let columns = |batch: &Batch| {
            let (pairs, shares) = (batch.integers("pairs").expect("pairs"), batch.ratios("share").expect("shares"));
            (pairs.as_ptr(), shares.as_ptr(), pairs.to_vec(), shares.to_vec())
        };
        let [first, second, third] = batches.each_ref().map(columns);
        assert_eq!(first, second);
        assert_eq!((third.2, third.3), (vec![1, 1], vec![0.5, 0.5]));
    }

    #[test]
    fn another_value_ends_a_column_of_one() {
        let mut building = counted();
        fill(&mut building, 2, 1, 0.5);
        fill(&mut building, 1, 7, 0.25);
        for (column, value) in [Value::Null, Value::Ratio(1.0), Value::Integer(0), Value::Integer(4)].iter().enumerate()
        {
            building.value(column, value);
        }
        building.fact(0);
        building.end_row();
        let batch = building.take();
        assert_eq!(batch.integers("pairs").expect("pairs")[..3], [1, 1, 7]);
        assert_eq!(batch.value(3, 0).expect("a value"), Value::Null);
        assert_eq!(batch.ratios("share").expect("shares")[..], [0.5, 0.5, 0.25, 1.0]);
        fill(&mut building, 1, 9, 0.5);
        let batch = building.take();
        assert_eq!(batch.integers("pairs").expect("pairs")[..], [9]);
        assert!(batch.data()[0].validity.is_none());
    }

    #[test]
    fn layers_and_units_of_every_width_are_quotients_and_remainders() {
        for width in [1, 2, 3, 7, 3_072, 11_008, 65_537, u32::MAX] {
            let near = |number: u32| [number.wrapping_sub(1), number, number.wrapping_add(1)];
            let neurons: Vec<u32> =
                [0, width, width.wrapping_mul(1_000), u32::MAX].into_iter().flat_map(near).collect();
            let mut building = counted();
            building.places(2, neurons.iter().copied(), width);
            building.integers(0, neurons.len(), 1);
            building.ratios(1, neurons.len(), 1.0);
            building.rows_of(0, neurons.len());
            let batch = building.take();
            let expected = |of: fn(u32, u32) -> u32| neurons.iter().map(|&n| of(n, width)).collect::<Vec<_>>();
            assert_eq!(batch.numbers("layer").expect("layers").to_vec(), expected(|n, width| n / width), "{width}");
            assert_eq!(batch.numbers("neuron").expect("units").to_vec(), expected(|n, width| n % width), "{width}");
        }
    }
}
