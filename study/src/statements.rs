//! Statements of the query language that a study is made from, and what they answered.
//!
//! Sets are always read by a statement whose text is kept, so that every number of a study has its query. Not for parsing.

use crate::error::StudyError;
use kndb_query::{Column, Note, Settings, Sink, Span, Text, Value, Within};
use kndb_storage::{Neuron, Run, Shape, Snapshot, Store};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A statement that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its text; `kndb query` answers it again.
    pub text: String,
    /// Rows of the answer.
    pub rows: u64,
    /// What there is to know beside the rows: that nothing is stored of what was asked for, above all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The notes on some statements, each once.
pub(crate) fn notes_on(statements: &[Statement]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for note in statements.iter().flat_map(|statement| &statement.notes) {
        if !all.contains(note) {
            all.push(note.clone());
        }
    }
    all
}

/// Neurons by fact.
pub(crate) type Sets = BTreeMap<String, Vec<Neuron>>;

/// Answers statements and remembers them.
pub(crate) struct Asker<'s> {
    pub store: &'s Store,
    pub shape: Shape,
    pub asked: Vec<Statement>,
}

impl Asker<'_> {
    /// The pairs of a set, by the external id of their fact; neurons in ascending order.
    pub(crate) fn sets(&mut self, text: &str) -> Result<Sets, StudyError> {
        let mut sets = Sets::new();
        let shape = self.shape;
        self.ask(text, &["fact", "layer", "neuron"], |row| {
            if let [Value::Text(fact), Value::Integer(layer), Value::Integer(unit)] = row {
                let neurons = match sets.get_mut(fact.as_ref()) {
                    Some(neurons) => neurons,
                    None => sets.entry(fact.to_string()).or_default(),
                };
                neurons.extend(shape.neuron(*layer as u32, *unit as u32));
            }
        })?;
        for neurons in sets.values_mut() {
            neurons.sort_unstable();
        }
        Ok(sets)
    }

    /// `… by neuron`: in how many facts each neuron is.
    pub(crate) fn facts_by_neuron(&mut self, text: &str) -> Result<BTreeMap<Neuron, u64>, StudyError> {
        let mut counts = BTreeMap::new();
        let shape = self.shape;
        self.ask(text, &["layer", "neuron", "facts"], |row| {
            if let [Value::Integer(layer), Value::Integer(unit), Value::Integer(facts)] = row {
                counts.extend(shape.neuron(*layer as u32, *unit as u32).map(|neuron| (neuron, *facts)));
            }
        })?;
        Ok(counts)
    }

    /// `… by group`: in how many groups each neuron is, over all facts.
    pub(crate) fn groups_by_neuron(&mut self, text: &str) -> Result<BTreeMap<Neuron, u64>, StudyError> {
        let mut counts = BTreeMap::new();
        let shape = self.shape;
        self.ask(text, &["group", "facts"], |row| {
            if let [Value::Text(group), Value::Integer(facts)] = row {
                for neuron in group.split(", ").filter_map(|name| neuron(name, shape)) {
                    *counts.entry(neuron).or_default() += facts;
                }
            }
        })?;
        Ok(counts)
    }

    /// A set of any kind, of which no more is wanted than that it was asked.
    pub(crate) fn list(&mut self, text: &str) -> Result<(), StudyError> {
        self.ask(text, &[], |_| {})
    }

    fn ask(
        &mut self,
        text: &str,
        names: &[&'static str],
        mut each: impl FnMut(&[Value<'_>]),
    ) -> Result<(), StudyError> {
        let failed = |source| StudyError::Query { statement: text.to_owned(), source: Box::new(source) };
        let statement = kndb_query::parse(text).map_err(failed)?;
        let mut sink = Picked { names, places: Vec::new(), each: &mut each, rows: 0, notes: Vec::new() };
        kndb_query::execute(self.store, &Settings::default(), &statement, &mut sink).map_err(failed)?;
        self.asked.push(Statement { text: statement.to_string(), rows: sink.rows, notes: sink.notes });
        Ok(())
    }
}

/// `9:852`
fn neuron(name: &str, shape: Shape) -> Option<Neuron> {
    let (layer, unit) = name.split_once(':')?;
    shape.neuron(layer.parse().ok()?, unit.parse().ok()?)
}

/// Hands some columns of every row on.
struct Picked<'a> {
    names: &'a [&'static str],
    places: Vec<usize>,
    each: &'a mut dyn FnMut(&[Value<'_>]),
    rows: u64,
    notes: Vec<String>,
}

impl Sink for Picked<'_> {
    fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
        let place = |name: &&'static str| columns.iter().position(|column| column.name == *name);
        self.places = self.names.iter().filter_map(place).collect();
        if self.places.len() != self.names.len() {
            let found: Vec<&str> = columns.iter().map(|column| column.name).collect();
            let expected = self.names.join(", ");
            return Err(std::io::Error::other(format!("the columns are {}; expected {expected}", found.join(", "))));
        }
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        let picked: Vec<Value<'_>> = self.places.iter().map(|&at| row[at].clone()).collect();
        self.rows += 1;
        (self.each)(&picked);
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.notes.push(note.to_string());
        Ok(())
    }
}

/// Sets as somebody gave them, with the runs that are meant beside a study's.
pub(crate) fn within(snapshot: &Snapshot, run: &Run, [only, without]: [&[String]; 2]) -> Result<Within, StudyError> {
    let failed = |(source, statement)| StudyError::Query { statement, source };
    Ok(Within::read(only, without).map_err(failed)?.beside(snapshot, run))
}

/// `kn[lang in ("en", "zh"), run="amig"]`, one condition after the other.
pub(crate) struct Source(String);

impl Source {
    pub(crate) fn new(kind: &str) -> Self {
        Self(format!("{kind}["))
    }

    /// `key="value"`, or `key in ("one", "two")`; no condition for an empty list.
    pub(crate) fn with(self, key: &str, values: &[&str]) -> Self {
        let text = |value: &&str| Text { text: (*value).to_owned(), span: Span::new(0, 0) }.to_string();
        let quoted: Vec<String> = values.iter().map(text).collect();
        match quoted.as_slice() {
            [] => self,
            [one] => self.condition(&format!("{key}={one}")),
            many => self.condition(&format!("{key} in ({})", many.join(", "))),
        }
    }

    /// A condition as it stands in brackets.
    pub(crate) fn condition(mut self, text: &str) -> Self {
        if !self.0.ends_with('[') {
            self.0.push_str(", ");
        }
        self.0.push_str(text);
        self
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push(']');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_as_they_were_meant() {
        let text = Source::new("kn").with("lang", &["en", "zh-classical"]).with("run", &["a \"b\" \\ 北"]).end();
        let parsed = kndb_query::parse(&text).expect("a statement");
        let again = kndb_query::parse(&parsed.to_string()).expect("its own text");
        assert_eq!(parsed.to_string(), again.to_string());
        assert_eq!(parsed.to_string(), r#"kn[lang in (en, zh-classical), run="a \"b\" \\ 北"]"#);
    }
}
