//! Any answer with a `by`, as bars: the first dimension are the categories, the second the series. With `between`, as a matrix.

use std::collections::{HashMap, HashSet};

use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
use kndb_query::within::Found;
use kndb_query::{Dimension, Head, Measure, Query, Settings, SourceKind, Statement, Value, layers_asked, of_one_store};
use kndb_storage::Store;

use super::{Illustration, Manner, between, chance};
use crate::answer::{Answer, in_query, number, pairs_note, written};
use crate::error::{Error, Result};

/// Asks a store and draws the answer. `run` is the run of every source that names none; the query of the figure says it.
/// `value` is the column to draw; without it `share`, or `similarity` where there is no share.
///
/// # Errors
/// When the statement cannot be read or answered, has no `by`, or has no such column; [`Error::NoSourceFor`] when a run is
/// given and no source takes it.
pub fn of_statement(store: &Store, statement: &str, run: Option<&str>, value: Option<Measure>) -> Result<Illustration> {
    let not_drawn = |found: String| Error::NotByQuery { statement: statement.to_owned(), found };
    let query = match kndb_query::parse(statement).map_err(|error| in_query(statement, error))? {
        Statement::Query(query) => query,
        Statement::Let { .. } => return Err(not_drawn("`let`".into())),
        Statement::Drop { .. } => return Err(not_drawn("`drop`".into())),
        Statement::Attach { .. } => return Err(not_drawn("`attach`".into())),
        Statement::Detach { .. } => return Err(not_drawn("`detach`".into())),
        Statement::Explain { .. } => return Err(not_drawn("`explain`".into())),
    };
    let matrix = matches!(query.head, Head::Between { .. });
    if (query.by.is_empty() && !matrix) || query.by.len() > 2 {
        return Err(not_drawn(format!("{} dimensions", query.by.len())));
    }
    let query = match run {
        None => query,
        Some(run) => {
            let without = || Error::NoSourceFor { statement: statement.to_owned(), run: run.to_owned() };
            query.in_run(run).ok_or_else(without)?
        }
    };
    let settings = Settings::default();
    let answer = Answer::of_query(store, &settings, statement, &query)?;
    of_answer(store, &settings, &query, &answer, value)
}

/// Draws an answer that somebody else asked for, with these settings.
///
/// # Errors
/// When the query has neither `by` nor `between`, or both, or more than two dimensions, or the answer has no such column, or it
/// has two rows of the same two names.
pub fn of_answer(
    store: &Store,
    settings: &Settings,
    query: &Query,
    answer: &Answer,
    value: Option<Measure>,
) -> Result<Illustration> {
    of_answer_as(store, &Manner { settings: settings.clone(), ..Manner::default() }, query, answer, value)
}

/// The same, in the manner in which it was asked for.
///
/// # Errors
/// As [`of_answer`].
pub fn of_answer_as(
    store: &Store,
    manner: &Manner,
    query: &Query,
    answer: &Answer,
    value: Option<Measure>,
) -> Result<Illustration> {
    let Manner { settings, chance_pairs } = manner;
    // The text to check the numbers by: with `plot` it would draw them again.
    let text = Query { plot: false, ..query.clone() }.to_string();
    // A question to an attached store alone is drawn as where that store is open: with its chance, its gaps, its p.
    let elsewhere = of_one_store(settings, query);
    let (store, settings, query) = match &elsewhere {
        Some((store, settings, query)) => (store, settings, query),
        None => (store, settings, query),
    };
    let mut answer = answer.clone();
    let snapshot = store.snapshot()?;
    answer.name_relations(&snapshot, settings.language.as_deref());
    let answer = &answer;
    let mut remarks = Vec::new();
    answer.add_notes(&mut remarks);
    if matches!(query.head, Head::Between { .. }) {
        if let Some(dim) = query.by.first() {
            return Err(Error::NotByQuery { statement: text, found: format!("a matrix for each {}", dim.dimension) });
        }
        let figure = between::matrix(text.clone(), answer, &measure(answer, value)?);
        return Ok(Illustration::new(figure, vec![text], remarks));
    }
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
    // Of sizes there are as many as facts have them; pairs count large sets more often.
    let value = value.or_else(|| names_size(query).then_some(Measure::Facts));
    // Of entries p is what one wants to see.
    let of_entries = matches!(&query.head, Head::Set(set) if set.is_of_entries());
    let value = value.or_else(|| of_entries.then_some(Measure::P));
    let measure = measure(answer, value)?;
    let note = answer.column(Measure::Pairs.word()).filter(|_| measure.unit == Unit::Share);

    let mut table = Table::default();
    for (at, row) in answer.rows.iter().enumerate() {
        let bar = row.get(measure.column).and_then(number).map(|value| Bar {
            value,
            interval: None,
            note: note.and_then(|note| row.get(note)).and_then(number).map(pairs_note),
        });
        match &series {
            None => table.add(&categories[at], bar),
            Some(series) if table.set(&categories[at], &series[at], bar) => {}
            Some(series) => {
                let names = [categories[at].clone(), series[at].clone()];
                return Err(Error::SameNames { statement: text, names });
            }
        }
    }
    // What has no row has no pairs, if nothing but the source decides which rows there are.
    let complete = query.having.is_empty() && query.top.is_none() && query.only_source().is_some();
    if complete && query.order.is_empty() && category == Dimension::Layer {
        let layers = layers_asked(store, settings, query).map_err(|error| in_query(&text, error))?;
        layers.into_iter().for_each(|layers| table.fill_numbers(layers as usize));
    }
    // A histogram has its gaps, too.
    if complete && query.order.is_empty() && category == Dimension::Size {
        let sizes = table.categories.names.iter().filter_map(|size| size.parse::<usize>().ok()).max();
        sizes.filter(|&most| most < MOST_SIZES).into_iter().for_each(|most| table.fill_numbers(most + 1));
    }
    let zero = (complete && matches!(measure.unit, Unit::Share | Unit::Count)).then(|| Bar::new(0.0));
    let mut figure = (!table.bars.is_empty()).then(|| Bars {
        caption: Caption { title: text.clone(), ..Caption::default() },
        category_axis: category.to_string(),
        series_axis: second.map(|dimension| dimension.to_string()).unwrap_or_default(),
        value_axis: measure.name.to_owned(),
        unit: measure.unit,
        series: table.series(zero.as_ref(), second.is_some_and(is_number)),
        categories: table.categories.names,
    });
    if let Some(bars) = figure.as_mut().filter(|_| complete && measure.name != Measure::Facts.word()) {
        let manner = Manner { settings: settings.clone(), chance_pairs: *chance_pairs };
        remarks.extend(add_chance(store, &manner, query, answer, bars)?);
    }
    let figure = figure.map(Figure::Bars);
    Ok(Illustration::new(figure, vec![text], remarks))
}

/// Puts what chance gives beside language-independent neurons by layer, all layers of which are drawn; says it in words.
fn add_chance(
    store: &Store,
    Manner { settings, chance_pairs }: &Manner,
    query: &Query,
    answer: &Answer,
    bars: &mut Bars,
) -> Result<Option<String>> {
    let by_layer = matches!(query.by.as_slice(), [one] if one.dimension == Dimension::Layer);
    let Some(source) = query.only_source().filter(|source| by_layer && source.kind == SourceKind::Likn) else {
        return Ok(None);
    };
    let snapshot = store.snapshot()?;
    let in_order = bars.categories.iter().enumerate().all(|(at, name)| *name == at.to_string());
    let (Some((run, sources)), [series]) = (chance::taken_apart(&snapshot, settings, source), bars.series.as_slice())
    else {
        return Ok(None);
    };
    let pairs = answer.column(Measure::Pairs.word());
    let pairs = answer.rows.iter().filter_map(|row| row.get(pairs?).and_then(number)).sum();
    let drawn = chance::Drawn { run, sources, kept: Found::default(), series, pairs, unit: bars.unit, of_run: None };
    let (more, told) =
        drawn.beside(chance::Asking { store, snapshot: &snapshot, settings, most_pairs: *chance_pairs })?;
    if in_order && matches!(bars.unit, Unit::Share | Unit::Count) {
        let found = bars.series.iter_mut().find(|series| series.name.is_empty());
        if let Some(found) = found {
            found.name = "found".into();
        }
        bars.series.extend(more);
    }
    Ok(Some(told))
}

/// Up to this many sizes those that no fact has are drawn, too.
const MOST_SIZES: usize = 200;

fn names_size(query: &Query) -> bool {
    query.by.iter().any(|dim| dim.dimension == Dimension::Size)
}

/// Whether names of a dimension are numbers.
fn is_number(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Layer | Dimension::Prompt | Dimension::Size | Dimension::Tokens)
}

/// The column that is drawn.
pub(super) struct Drawn {
    pub column: usize,
    pub name: &'static str,
    pub unit: Unit,
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
        Measure::Similarity
        | Measure::Expected
        | Measure::Others
        | Measure::Frequency
        | Measure::P
        | Measure::PAlone
        | Measure::PAll
        | Measure::PChance
        | Measure::Median
        | Measure::Baseline
        | Measure::Correct
        | Measure::Fdr => Unit::Ratio,
        Measure::Pairs
        | Measure::Facts
        | Measure::Neurons
        | Measure::Unpaired
        | Measure::Asked
        | Measure::Langs
        | Measure::Prompts
        | Measure::Runs
        | Measure::Entries
        | Measure::Kept => Unit::Count,
        Measure::Score | Measure::Mean | Measure::Rank | Measure::Tokens | Measure::Residual | Measure::Largest => {
            Unit::Number
        }
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
    taken: HashSet<(usize, usize)>,
}

impl Table {
    /// Adds a row that is a category of its own: rows of one name, such as two places called Georgia, stay two.
    fn add(&mut self, category: &str, bar: Option<Bar>) {
        let series = self.series.place("");
        self.categories.names.push(category.to_owned());
        self.bars.push((self.categories.names.len() - 1, series, bar));
    }

    /// Adds a row of two names; `false` where there is one of these names already.
    fn set(&mut self, category: &str, series: &str, bar: Option<Bar>) -> bool {
        let at = (self.categories.place(category), self.series.place(series));
        self.bars.push((at.0, at.1, bar));
        self.taken.insert(at)
    }

    /// Adds the numbers below `count` that have no row: layers of the model, sizes.
    fn fill_numbers(&mut self, count: usize) {
        let numbers: Vec<usize> = self.categories.names.iter().filter_map(|number| number.parse().ok()).collect();
        if numbers.is_empty() || numbers.len() < self.categories.names.len() || numbers.iter().any(|&at| at >= count) {
            return;
        }
        self.categories.names = (0..count).map(|number| number.to_string()).collect();
        for (category, ..) in &mut self.bars {
            *category = numbers[*category];
        }
    }

    /// The series, with a bar for what has no row: in the order of their numbers, or that in which they came.
    fn series(&self, missing: Option<&Bar>, numbers: bool) -> Vec<Series> {
        let mut series: Vec<Series> = self
            .series
            .names
            .iter()
            .map(|name| Series {
                name: name.clone(),
                bars: vec![missing.cloned(); self.categories.names.len()],
                ..Series::default()
            })
            .collect();
        for (category, number, bar) in &self.bars {
            series[*number].bars[*category].clone_from(bar);
        }
        // Layers and prompts ascend, though the first category may lack the first of them.
        let number = |series: &Series| series.name.parse::<u64>().ok();
        if numbers {
            series.sort_by_key(number);
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
