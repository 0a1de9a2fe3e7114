//! `/api/neurons?run=&lang=&layer=&relation=&tau=`: the neurons of a run, with how many facts use each, those of the most facts first.

use std::io;
use std::ops::ControlFlow;

use kndb_query::{Column, Note, Sink, Value};
use kndb_report::Answer;
use serde_json::{Value as Json, json};

use crate::parts::choice::chosen;
use crate::parts::link;
use crate::parts::row::rows;
use crate::parts::source::Source;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Neurons of an answer, where the address says nothing.
const MOST: usize = 100;
/// The most of them.
const LIMIT: usize = 10_000;

/// `limit` neurons at most from the one after `offset` others on; all of them are counted.
pub(super) fn answer(view: &View<'_>) -> Result<Json> {
    let expected = format!("a whole number up to {LIMIT}; /api/query sends as many as there are");
    let most = view.parsed::<usize>("limit", &expected)?.unwrap_or(MOST);
    if most > LIMIT {
        return Err(Problem::parameter("limit", &most.to_string(), expected));
    }
    let from = view.parsed::<usize>("offset", "a whole number")?.unwrap_or(0);
    let Some(run) = view.run()? else { return Err(Problem::not_found("the store has no run yet")) };
    let name = &run.spec.name;
    let there: Vec<&str> = view
        .snapshot
        .languages_with(run.id, kndb_storage::Content::Attributions)
        .into_iter()
        .map(|language| view.snapshot.language_name(language))
        .collect();
    let languages = chosen(view, "lang", &there)?;
    let named: &[&str] = if view.parameter("lang").is_some() { &languages } else { &[] };
    let mut source = Source::new("kn").is("run", name).among("lang", named);
    if let Some(relation) = view.parameter("relation") {
        source = source.is("relation", view.snapshot.relation_name(view.relation_named(relation)?));
    }
    if let Some(layer) = view.parsed::<u32>("layer", "a whole number")? {
        source = source.is("layer", &layer.to_string());
    }
    let statement = format!("{} by neuron order by facts", source.tau(view.tau()?));
    let mut window = Window { answer: Answer::default(), count: 0, from, most };
    kndb_query::execute(&view.store, &view.settings(), &view.readable(&statement)?, &mut window)
        .map_err(|error| Problem::query(&statement, error))?;
    let neuron = |row: crate::parts::row::Row<'_>| {
        let (layer, neuron) = row.neuron()?;
        let page = link::neuron(view, name, layer, neuron).maybe("tau", view.parameter("tau"));
        Some(json!({"layer": layer, "neuron": neuron, "facts": row.whole("facts")?, "page": page.to_string()}))
    };
    let neurons: Vec<Json> = rows(&window.answer).filter_map(neuron).collect();
    let notes: Vec<String> = window.answer.notes.iter().map(ToString::to_string).collect();
    Ok(json!({
        "commit": view.snapshot.epoch(),
        "run": name,
        "statement": statement,
        "count": window.count,
        "neurons": neurons,
        "notes": notes,
    }))
}

/// Keeps some of the rows, and counts all.
struct Window {
    answer: Answer,
    count: usize,
    from: usize,
    most: usize,
}

impl Sink for Window {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.answer.columns(columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        self.count += 1;
        let is_wanted = self.count > self.from && self.answer.rows.len() < self.most;
        if is_wanted { self.answer.row(row) } else { Ok(ControlFlow::Continue(())) }
    }

    fn end(&mut self) -> io::Result<()> {
        self.answer.end()
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.answer.note(note)
    }
}
