//! What kndb itself answers, beside what a page shows; and a store of many facts in three languages.

use crate::served::stores::{Made, empty, fact, scored};
use kndb_query::{Column, Settings, Sink, Value, execute, parse};
use kndb_storage::{FactBatch, RunSpec, Shape, Store};
use std::io;
use std::ops::ControlFlow;

/// Rows as pages write them.
#[derive(Default)]
pub struct Rows {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Sink for Rows {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.iter().map(|column| column.name).collect();
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        let exact = |value: &Value<'_>| match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) | Value::Spelled(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Score(score) => format!("{score:?}"),
            Value::Ratio(ratio) => format!("{ratio:?}"),
        };
        self.rows.push(row.iter().map(exact).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn answered(store: &Store, statement: &str) -> Rows {
    let mut rows = Rows::default();
    let parsed = parse(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    execute(store, &Settings::default(), &parsed, &mut rows).unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows
}

/// 60 facts of two relations in three languages, in a run `ig` of three layers of sixteen neurons; a few scores of each are high, by a fixed rule.
pub fn many() -> Made {
    let made = empty("many.kndb");
    let languages = ["en", "fr", "zh"];
    let id = |at: usize| format!("f{at:02}");
    let row = |at: usize, language: &str| {
        let relation = if at.is_multiple_of(3) { "P36" } else { "P37" };
        fact(&id(at), relation, language, &format!("land {at} {language}"), &format!("town {at} {language}"))
    };
    let facts = (0..60).flat_map(|at| languages.map(|language| row(at, language))).collect();
    made.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
    let run = made.store.open_run(RunSpec::new("ig", "toy", Shape::new(3, 16).expect("a shape"))).expect("a run");
    for at in 0..60_usize {
        for (number, language) in languages.iter().enumerate() {
            // A hash of little bias, the same everywhere.
            let score = |neuron: usize| {
                let mixed = (at * 7 + neuron * 31 + if neuron.is_multiple_of(4) { 0 } else { number * 97 }) % 41;
                mixed as f32 / 41.0
            };
            run.append(scored(&id(at), language, (0..48).map(score).collect())).expect("an entry");
        }
    }
    run.finish().expect("finished");
    made
}

/// The table of a page with a caption that begins so: its cells, row by row, each the exact value where the page has one.
pub fn table(page: &str, caption: &str) -> Vec<Vec<String>> {
    let at = page.find(&format!("<caption>{caption}")).unwrap_or_else(|| panic!("no table {caption:?} in {page}"));
    let end = page[at..].find("</table>").expect("an end") + at;
    let body = page[at..end].split("<tbody>").nth(1).expect("a body");
    body.split("<tr>")
        .skip(1)
        .map(|row| row.split("<t").skip(1).filter(|cell| cell.starts_with(['h', 'd'])).map(cell).collect())
        .collect()
}

/// The exact value of a cell, or its text.
fn cell(html: &str) -> String {
    if let Some(title) = html.split("title=\"").nth(1) {
        return title.split('"').next().unwrap_or_default().to_owned();
    }
    let mut text = String::new();
    let mut is_tag = true;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    if text == "–" { "NULL".into() } else { text.replace(',', "") }
}
