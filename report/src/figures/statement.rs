//! Any answer with a `by`, as bars: the first dimension are the categories, the second the series.

use std::collections::HashMap;

use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
use kndb_query::{Dimension, Head, Measure, Query, Settings, Statement, Value};
use kndb_storage::Store;

use super::Illustration;
use crate::answer::{Answer, in_query, number, pairs_note, written};
use crate::error::{Error, Result};

/// Asks a store and draws the answer. `value` is the column to draw; without it `share`, or `similarity` where there is no
/// share.
///
/// # Errors
/// When the statement cannot be read or answered, has no `by`, or has no such column.
pub fn of_statement(
    store: &Store,
    settings: &Settings,
    statement: &str,
    value: Option<Measure>,
) -> Result<Illustration> {
    let not_drawn = |found: String| Error::NotByQuery { statement: statement.to_owned(), found };
    let query = match kndb_query::parse(statement).map_err(|error| in_query(statement, error))? {
        Statement::Query(query) => query,
        Statement::Let { .. } => return Err(not_drawn("`let`".into())),
        Statement::Drop { .. } => return Err(not_drawn("`drop`".into())),
        Statement::Explain { .. } => return Err(not_drawn("`explain`".into())),
    };
    if query.by.is_empty() || query.by.len() > 2 {
        return Err(not_drawn(format!("{} dimensions", query.by.len())));
    }
    let answer = Answer::with(store, settings, statement)?;
    of_answer(&query, &answer, value)
}

/// Draws an answer that somebody else asked for.
///
/// # Errors
/// When the query has no `by`, or more than two dimensions, or the answer has no such column.
pub fn of_answer(query: &Query, answer: &Answer, value: Option<Measure>) -> Result<Illustration> {
    // The text to check the numbers by: with `plot` it would draw them again.
    let text = Query { plot: false, ..query.clone() }.to_string();
    let (category, second) = match query.by.as_slice() {
        [one] => (one.dimension, None),
        [one, two] => (one.dimension, Some(two.dimension)),
        other => {
            return Err(Error::NotByQuery { statement: text, found: format!("{} dimensions", other.len()) });
        }
    };
    let mut names = Names::new(query, answer);
    let categories = names.take(category);
    let series = second.map(|dimension| names.take(dimension));
    let measure = measure(answer, value)?;
    let note = answer.column(Measure::Pairs.word()).filter(|_| measure.unit == Unit::Share);

    let mut table = Table::default();
    for (at, row) in answer.rows.iter().enumerate() {
        let series = series.as_ref().map_or("", |series| series[at].as_str());
        let bar = row.get(measure.column).and_then(number).map(|value| Bar {
            value,
            interval: None,
            note: note.and_then(|note| row.get(note)).and_then(number).map(pairs_note),
        });
        table.set(&categories[at], series, bar);
    }
    // A layer without a row has no pairs, unless rows were left out.
    let complete = query.having.is_empty() && query.top.is_none();
    if complete && query.order.is_empty() && category == Dimension::Layer {
        table.fill_layers();
    }
    let zero = (complete && matches!(query.head, Head::Set(_))).then(|| Bar::new(0.0));
    let figure = (!table.bars.is_empty()).then(|| {
        Figure::Bars(Bars {
            caption: Caption { title: text.clone(), ..Caption::default() },
            category_axis: category.to_string(),
            series_axis: second.map(|dimension| dimension.to_string()).unwrap_or_default(),
            value_axis: measure.name.to_owned(),
            unit: measure.unit,
            series: table.series(zero.as_ref()),
            categories: table.categories.names,
        })
    });
    Ok(Illustration::new(figure, vec![text], Vec::new()))
}

/// The column that is drawn.
struct Drawn {
    column: usize,
    name: &'static str,
    unit: Unit,
}

fn measure(answer: &Answer, value: Option<Measure>) -> Result<Drawn> {
    let measures = || answer.columns.iter().filter(|column| Measure::from_word(column.name).is_some());
    let known = || measures().map(|column| column.name.to_owned()).collect();
    let wanted: Vec<Measure> =
        value.map_or_else(|| vec![Measure::Share, Measure::Similarity, Measure::Facts], |value| vec![value]);
    let found = wanted.iter().find_map(|measure| Some((*measure, answer.column(measure.word())?)));
    let (measure, column) = found.ok_or_else(|| Error::NoColumn { value: wanted[0].to_string(), known: known() })?;
    let unit = match measure {
        Measure::Share => Unit::Share,
        Measure::Similarity => Unit::Ratio,
        Measure::Pairs | Measure::Facts | Measure::Neurons | Measure::Unpaired => Unit::Count,
        _ => Unit::Number,
    };
    Ok(Drawn { column, name: measure.word(), unit })
}

/// Texts of the dimensions' columns, which come first, in the order of the `by` clause.
struct Names<'a> {
    answer: &'a Answer,
    next: usize,
    /// `by neuron` has two columns, unless the layer is a dimension of its own.
    neuron_columns: usize,
}

impl<'a> Names<'a> {
    fn new(query: &Query, answer: &'a Answer) -> Self {
        let layer = query.by.iter().any(|dim| dim.dimension == Dimension::Layer);
        Self { answer, next: 0, neuron_columns: if layer { 1 } else { 2 } }
    }

    /// The text of a dimension in every row.
    fn take(&mut self, dimension: Dimension) -> Vec<String> {
        let count = if dimension == Dimension::Neuron { self.neuron_columns } else { 1 };
        let columns = self.next..self.next + count;
        self.next = columns.end;
        let text = |row: &Vec<Value<'_>>| {
            let values: Vec<String> = row.get(columns.clone()).unwrap_or_default().iter().map(written).collect();
            values.join(":")
        };
        self.answer.rows.iter().map(text).collect()
    }
}

/// Bars by category and series, both in the order in which they came.
#[derive(Default)]
struct Table {
    categories: Numbered,
    series: Numbered,
    bars: Vec<(usize, usize, Option<Bar>)>,
}

impl Table {
    fn set(&mut self, category: &str, series: &str, bar: Option<Bar>) {
        let at = (self.categories.place(category), self.series.place(series));
        self.bars.push((at.0, at.1, bar));
    }

    /// Adds the layers below the highest that have no row.
    fn fill_layers(&mut self) {
        let layers: Vec<usize> = self.categories.names.iter().filter_map(|layer| layer.parse().ok()).collect();
        let Some(&last) = layers.iter().max().filter(|_| layers.len() == self.categories.names.len()) else { return };
        self.categories.names = (0..=last).map(|layer| layer.to_string()).collect();
        for (category, ..) in &mut self.bars {
            *category = layers[*category];
        }
    }

    /// The series, with a bar for what has no row.
    fn series(&self, missing: Option<&Bar>) -> Vec<Series> {
        let mut series: Vec<Series> = self
            .series
            .names
            .iter()
            .map(|name| Series { name: name.clone(), bars: vec![missing.cloned(); self.categories.names.len()] })
            .collect();
        for (category, number, bar) in &self.bars {
            series[*number].bars[*category].clone_from(bar);
        }
        series
    }
}

/// Names in the order in which they came, each once.
#[derive(Default)]
struct Numbered {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Numbered {
    fn place(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }
}
