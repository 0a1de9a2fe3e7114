//! Results that are not in the store, to be shown beside it: what `kndb edit-study` and `kndb fact-check` wrote.
//!
//! JSON becomes tables, by its shape alone: this module does not know the studies. Any other file is text that somebody laid
//! out, and is shown as it is.

mod json;

use crate::error::{Error, Result};
use json::Json;

/// Longer tables are counted, not shown: their place is the file.
const MOST_ROWS: usize = 60;
/// More lists of lists than these are counted as well.
const MOST_PARTS: usize = 60;

/// A result that is not in the store, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experiment {
    /// Its heading.
    pub title: String,
    /// What is shown, in order.
    pub blocks: Vec<Block>,
}

/// A part of a result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block {
    /// A heading within the result.
    Heading(String),
    /// A sentence.
    Note(String),
    /// Names with a value each.
    Values(Vec<(String, String)>),
    /// A table.
    Table {
        /// Names of its columns.
        columns: Vec<String>,
        /// Its rows, as text.
        rows: Vec<Vec<String>>,
    },
    /// Text that is laid out already.
    Text(String),
}

impl Experiment {
    /// Reads a file's contents: JSON if its name says so, text otherwise. The name is the title, and what errors say.
    ///
    /// # Errors
    /// [`Error::Include`] when it is no JSON.
    pub fn read(name: &str, contents: &str) -> Result<Self> {
        let mut experiment = Self { title: name.to_owned(), blocks: Vec::new() };
        if !name.to_ascii_lowercase().ends_with(".json") {
            experiment.blocks.push(Block::Text(contents.trim_end().to_owned()));
            return Ok(experiment);
        }
        let parsed: Json = serde_json::from_str(contents)
            .map_err(|error| Error::Include { name: name.to_owned(), reason: error.to_string() })?;
        if parsed.is_rounded() {
            let note = "Fractions are rounded to five digits here; the file has all of them.";
            experiment.blocks.push(Block::Note(note.into()));
        }
        experiment.walk("", &parsed);
        Ok(experiment)
    }

    /// Adds a value under a heading that says where it is in the file.
    fn walk(&mut self, path: &str, value: &Json) {
        match value {
            Json::Object(fields) => self.object(path, fields),
            Json::List(items) if items.iter().any(has_lists) && items.len() <= MOST_PARTS => {
                for (at, item) in items.iter().enumerate() {
                    self.walk(&join(path, &item.name().unwrap_or_else(|| at.to_string())), item);
                }
            }
            Json::List(items) => self.list(path, items),
            scalar => self.blocks.push(Block::Values(vec![(path.to_owned(), scalar.cell())])),
        }
    }

    fn object(&mut self, path: &str, fields: &[(String, Json)]) {
        let mut values = Vec::new();
        for (name, value) in fields.iter().filter(|(_, value)| !holds_rows(value)) {
            flatten(name, value, &mut values);
        }
        if !values.is_empty() {
            self.heading(path);
            self.blocks.push(Block::Values(values));
        }
        for (name, value) in fields.iter().filter(|(_, value)| holds_rows(value)) {
            self.walk(&join(path, name), value);
        }
    }

    /// A list of rows as a table.
    fn list(&mut self, path: &str, items: &[Json]) {
        self.heading(path);
        if items.len() > MOST_ROWS {
            self.blocks.push(Block::Note(format!("{} rows, in the file alone.", items.len())));
            return;
        }
        let mut columns: Vec<String> = Vec::new();
        let mut cells = Vec::new();
        for item in items {
            let mut row = Vec::new();
            match item {
                Json::Object(fields) => fields.iter().for_each(|(name, value)| flatten(name, value, &mut row)),
                Json::List(values) => {
                    row.extend(values.iter().enumerate().map(|(at, value)| ((at + 1).to_string(), value.cell())));
                }
                scalar => row.push(("value".to_owned(), scalar.cell())),
            }
            for (name, _) in &row {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
            cells.push(row);
        }
        let cell = |row: &[(String, String)], column: &String| {
            row.iter().find(|(name, _)| name == column).map_or_else(|| "–".to_owned(), |(_, value)| value.clone())
        };
        let rows = cells.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
        self.blocks.push(Block::Table { columns, rows });
    }

    fn heading(&mut self, path: &str) {
        if !path.is_empty() {
            self.blocks.push(Block::Heading(path.to_owned()));
        }
    }
}

/// Names and texts of a value's leaves: `all.rate`.
fn flatten(name: &str, value: &Json, out: &mut Vec<(String, String)>) {
    match value {
        Json::Object(fields) if value.estimate().is_none() => {
            fields.iter().for_each(|(field, value)| flatten(&join(name, field), value, out));
        }
        value => out.push((name.to_owned(), value.cell())),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether a value is shown as rows of its own: a list of lists or objects, or something that has one.
fn holds_rows(value: &Json) -> bool {
    match value {
        Json::List(items) => items.iter().any(|item| matches!(item, Json::Object(_) | Json::List(_))),
        Json::Object(fields) => fields.iter().any(|(_, value)| holds_rows(value)),
        _ => false,
    }
}

/// Whether an item of a list has rows of its own, and so is no row.
fn has_lists(item: &Json) -> bool {
    matches!(item, Json::Object(_)) && holds_rows(item)
}
