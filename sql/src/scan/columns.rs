//! Rows of entries into the columns that are wanted of `scores` and `sets`.

use super::pushed::{Bound, Of};
use super::table::EntryTable;
use super::viewed::of_columns;
use arrow_buffer::NullBufferBuilder;
use datafusion::arrow::array::builder::make_view;
use datafusion::arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringViewArray,
};
use datafusion::arrow::buffer::{Buffer, ScalarBuffer};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use kndb_export::rows::EntryOf;
use kndb_storage::{Neuron, ScoreView, Shape};
use std::ops::Range;
use std::sync::Arc;

/// Rows on their way.
pub(super) struct Columns {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
    /// Whether a column differs between the rows of an entry.
    in_rows: bool,
    /// Neurons of the entry in hand.
    ids: Vec<u32>,
}

enum Column {
    Text(Field, Texts),
    Prompt(Vec<i32>),
    Layer(Vec<i32>),
    Neuron(Vec<i32>),
    Score(Vec<f32>),
    Share(Vec<f64>, NullBufferBuilder),
    Rank(Vec<i64>, NullBufferBuilder),
}

/// A text of an entry.
#[derive(Clone, Copy)]
enum Field {
    Run,
    Lang,
    Relation,
    Fact,
}

/// Texts of which many rows have the same.
struct Texts {
    views: Vec<u128>,
    /// Bytes of those that do not fit into their view.
    block: Vec<u8>,
    nulls: NullBufferBuilder,
}

/// Bytes of a text that a view holds itself.
const IN_VIEW: usize = 12;

impl Texts {
    fn new() -> Self {
        Self { views: Vec::new(), block: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }

    fn push(&mut self, text: Option<&str>, rows: usize) {
        let view = match text {
            Some(text) => {
                let at = self.block.len() as u32;
                if text.len() > IN_VIEW && rows > 0 {
                    self.block.extend_from_slice(text.as_bytes());
                }
                self.nulls.append_n_non_nulls(rows);
                make_view(text.as_bytes(), 0, at)
            }
            None => {
                self.nulls.append_n_nulls(rows);
                0
            }
        };
        self.views.extend(std::iter::repeat_n(view, rows));
    }

    fn finish(&mut self) -> Result<StringViewArray, ArrowError> {
        let views = ScalarBuffer::from(std::mem::take(&mut self.views));
        let block = Buffer::from_vec(std::mem::take(&mut self.block));
        StringViewArray::try_new(views, vec![block], self.nulls.finish())
    }
}

/// What of an entry's scores is wanted.
pub(super) struct Wanted<'a> {
    pub bounds: &'a [Bound],
    /// By layer, whether its neurons are; `None` for all.
    pub layers: Option<&'a [bool]>,
    /// By neuron of a layer.
    pub neurons: Option<&'a [bool]>,
}

impl Wanted<'_> {
    fn has(&self, layer: u32, unit: u32) -> bool {
        let has =
            |list: Option<&[bool]>, at: u32| list.is_none_or(|list| list.get(at as usize).copied().unwrap_or(false));
        has(self.layers, layer) && has(self.neurons, unit)
    }

    fn all_neurons(&self) -> bool {
        self.layers.is_none() && self.neurons.is_none()
    }

    /// The ranks that bounds leave, from 0: scores are sorted, so that they are one range.
    fn ranks(&self, view: &ScoreView<'_>) -> Range<usize> {
        let mut range = 0..view.len();
        for &Bound { of, op, value } in self.bounds {
            let number = |score: f32| match of {
                Of::Score => Some(f64::from(score + 0.0)),
                Of::Share => share(score, view.max()),
                Of::Rank => None,
            };
            let (first, last) = if of == Of::Rank {
                // Ranks from 1: those of `range` below the bound, and up to it.
                let until = |at: f64| (at.max(0.0) as usize).min(view.len());
                (until(value.ceil() - 1.0), until(value.floor()))
            } else if of == Of::Share && share(0.0, view.max()).is_none() {
                return 0..0;
            } else {
                // From the best down: those above the bound, and down to it.
                let above = view.prefix(0..view.len(), |score| number(score).is_some_and(|number| number > value));
                (above, view.prefix(above..view.len(), |score| number(score).is_some_and(|number| number >= value)))
            };
            // Numbers rise with the rank, or fall with it.
            let rises = of == Of::Rank;
            match (op, rises) {
                (super::pushed::Op::Below, true) | (super::pushed::Op::Above, false) => {
                    range.end = range.end.min(first)
                }
                (super::pushed::Op::AtMost, true) | (super::pushed::Op::AtLeast, false) => {
                    range.end = range.end.min(last)
                }
                (super::pushed::Op::Above, true) | (super::pushed::Op::Below, false) => {
                    range.start = range.start.max(last)
                }
                (super::pushed::Op::AtLeast, true) | (super::pushed::Op::AtMost, false) => {
                    range.start = range.start.max(first)
                }
            }
        }
        range.start..range.end.max(range.start)
    }

    /// Whether bounds leave a score that has no rank.
    fn has_unranked(&self, score: f32, max: f32) -> bool {
        self.bounds.iter().all(|bound| {
            let number = match bound.of {
                Of::Score => Some(f64::from(score + 0.0)),
                Of::Share => share(score, max),
                Of::Rank => None,
            };
            number.is_some_and(|number| bound.op.holds(number, bound.value))
        })
    }
}

/// A score as a part of the entry's largest one, in 64 bits; `None` where that is not known or not above 0.
fn share(score: f32, max: f32) -> Option<f64> {
    (max > 0.0).then(|| f64::from(score + 0.0) / f64::from(max))
}

impl Columns {
    /// No rows yet, of a schema that is part of a table's.
    pub(super) fn new(table: EntryTable, schema: &SchemaRef) -> Self {
        debug_assert!(table.has_neurons());
        let column = |name: &str| match name {
            "run" => Column::Text(Field::Run, Texts::new()),
            "lang" => Column::Text(Field::Lang, Texts::new()),
            "relation" => Column::Text(Field::Relation, Texts::new()),
            "fact" => Column::Text(Field::Fact, Texts::new()),
            "prompt" => Column::Prompt(Vec::new()),
            "layer" => Column::Layer(Vec::new()),
            "neuron" => Column::Neuron(Vec::new()),
            "score" => Column::Score(Vec::new()),
            "share" => Column::Share(Vec::new(), NullBufferBuilder::new(0)),
            _ => Column::Rank(Vec::new(), NullBufferBuilder::new(0)),
        };
        let columns: Vec<Column> = schema.fields().iter().map(|field| column(field.name())).collect();
        let in_rows = columns.iter().any(|column| !matches!(column, Column::Text(..) | Column::Prompt(_)));
        Self { schema: Arc::clone(schema), columns, rows: 0, in_rows, ids: Vec::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The rows of an entry with scores that are wanted: best first, and after them negative ones that have no rank.
    pub(super) fn push_scores(&mut self, of: EntryOf<'_>, shape: Shape, view: &ScoreView<'_>, wanted: &Wanted<'_>) {
        let ranks = wanted.ranks(view);
        let max = view.max();
        let before = self.rows;
        if !self.in_rows && wanted.all_neurons() {
            self.rows += ranks.len();
        } else if !ranks.is_empty() {
            let mut ids = std::mem::take(&mut self.ids);
            ids.clear();
            view.push_neurons(ranks.end, &mut ids);
            for (rank, &id) in ids.iter().enumerate().skip(ranks.start) {
                let (layer, unit) = shape.split(Neuron(id));
                if wanted.has(layer.0, unit) {
                    self.push(layer.0, unit, view.score(rank), max, Some(rank as i64 + 1));
                }
            }
            self.ids = ids;
        }
        for (neuron, score) in view.negative() {
            let (layer, unit) = shape.split(neuron);
            if wanted.has(layer.0, unit) && wanted.has_unranked(score, max) {
                self.push(layer.0, unit, score, max, None);
            }
        }
        self.of_entry(of, self.rows - before);
    }

    /// The rows of an entry of a set.
    pub(super) fn push_set(&mut self, of: EntryOf<'_>, shape: Shape, neurons: &[u32], wanted: &Wanted<'_>) {
        let before = self.rows;
        for &neuron in neurons {
            let (layer, unit) = shape.split(Neuron(neuron));
            if wanted.has(layer.0, unit) {
                self.push(layer.0, unit, 0.0, 0.0, None);
            }
        }
        self.of_entry(of, self.rows - before);
    }

    fn push(&mut self, layer: u32, unit: u32, score: f32, max: f32, rank: Option<i64>) {
        self.rows += 1;
        for column in &mut self.columns {
            match column {
                Column::Text(..) | Column::Prompt(_) => {}
                // Shapes whose numbers do not fit are refused before.
                Column::Layer(layers) => layers.push(layer as i32),
                Column::Neuron(neurons) => neurons.push(unit as i32),
                Column::Score(scores) => scores.push(score + 0.0),
                Column::Share(shares, nulls) => {
                    let share = share(score, max);
                    shares.push(share.unwrap_or_default());
                    nulls.append(share.is_some());
                }
                Column::Rank(ranks, nulls) => {
                    ranks.push(rank.unwrap_or_default());
                    nulls.append(rank.is_some());
                }
            }
        }
    }

    /// What all the rows of an entry have.
    fn of_entry(&mut self, of: EntryOf<'_>, rows: usize) {
        for column in &mut self.columns {
            match column {
                Column::Text(field, texts) => {
                    let text = match field {
                        Field::Run => Some(of.run),
                        Field::Lang => Some(of.lang),
                        Field::Relation => of.relation,
                        Field::Fact => Some(of.fact),
                    };
                    texts.push(text, rows);
                }
                Column::Prompt(prompts) => prompts.extend(std::iter::repeat_n(i32::from(of.prompt), rows)),
                _ => {}
            }
        }
    }

    /// The rows as a batch; none are left.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        let column = |column: &mut Column| -> Result<ArrayRef, ArrowError> {
            Ok(match column {
                Column::Text(_, texts) => Arc::new(texts.finish()?),
                Column::Prompt(numbers) | Column::Layer(numbers) | Column::Neuron(numbers) => {
                    Arc::new(Int32Array::from(std::mem::take(numbers)))
                }
                Column::Score(scores) => Arc::new(Float32Array::from(std::mem::take(scores))),
                Column::Share(shares, nulls) => {
                    Arc::new(Float64Array::try_new(std::mem::take(shares).into(), nulls.finish())?)
                }
                Column::Rank(ranks, nulls) => {
                    Arc::new(Int64Array::try_new(std::mem::take(ranks).into(), nulls.finish())?)
                }
            })
        };
        let columns = self.columns.iter_mut().map(column).collect::<Result<Vec<_>, _>>()?;
        of_columns(columns, &self.schema, rows)
    }
}
