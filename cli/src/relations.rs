//! Relations at the command line: ids or names in, `P36 (capital)` out.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use kndb_query::{Column, Note, Sink, Value, nearest};
use kndb_storage::{FoundRelation, Snapshot};

use crate::error::{NameError, Result};
use crate::output::Format;

/// The ids of relations that `--relations` names by id or by name, each once. Values were cut at commas, and a name may have
/// some (`languages spoken, written or signed`): what is no name alone is tried with what follows.
pub fn ids(snapshot: &Snapshot, given: &[String]) -> Result<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    let mut rest = given;
    while !rest.is_empty() {
        let joined = |count: &usize| snapshot.find_relation(&rest[..*count].join(",")) != FoundRelation::None;
        let count = (1..=rest.len()).rev().find(joined).unwrap_or(1);
        let id = id(snapshot, &rest[..count].join(","))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
        rest = &rest[count..];
    }
    Ok(ids)
}

/// The id of one relation, given by id or name.
pub fn id(snapshot: &Snapshot, given: &str) -> Result<String> {
    match snapshot.find_relation(given.trim()) {
        FoundRelation::One(id) => Ok(snapshot.relation_name(id).to_owned()),
        FoundRelation::Several(ids) => Err(NameError::RelationOfSeveral {
            name: given.trim().to_owned(),
            ids: ids.into_iter().map(|id| snapshot.relation_name(id).to_owned()).collect(),
        }
        .into()),
        FoundRelation::None => Err(NameError::UnknownRelation {
            name: given.trim().to_owned(),
            known: shown(snapshot),
            near: nearest(given.trim(), snapshot.relation_words()).map(str::to_owned),
        }
        .into()),
    }
}

/// The store's relations for people: `P36 (capital)`.
pub fn shown(snapshot: &Snapshot) -> Vec<String> {
    snapshot.relations().map(|(id, _)| snapshot.relation_shown(id, None)).collect()
}

/// The store's relations for people, by id.
#[cfg(feature = "attribute")]
pub fn by_id(snapshot: &Snapshot) -> HashMap<String, String> {
    snapshot.relations().map(|(id, relation)| (relation.to_owned(), snapshot.relation_shown(id, None))).collect()
}

/// A sink for people: what stands in the columns `relation` and `other_relation` gets its name.
pub struct Named<'a> {
    sink: Box<dyn Sink + 'a>,
    snapshot: Arc<Snapshot>,
    /// Language of the names.
    language: Option<String>,
    columns: Vec<usize>,
    shown: HashMap<String, String>,
}

impl<'a> Named<'a> {
    /// Names relations on their way to a sink.
    pub fn new(sink: Box<dyn Sink + 'a>, snapshot: Arc<Snapshot>, language: Option<String>) -> Self {
        Self { sink, snapshot, language, columns: Vec::new(), shown: HashMap::new() }
    }
}

impl Sink for Named<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        let named = |at: &usize| ["relation", "other_relation"].contains(&columns[*at].name);
        self.columns = (0..columns.len()).filter(named).collect();
        self.sink.columns(columns)
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if self.columns.is_empty() {
            return self.sink.row(row);
        }
        let mut named = row.to_vec();
        for &at in &self.columns {
            let Some(Value::Text(relation)) = row.get(at) else { continue };
            let relation: &str = relation;
            let shown = match self.shown.get(relation) {
                Some(shown) => shown.clone(),
                None => {
                    let id = self.snapshot.relation(relation);
                    let shown = id.map(|id| self.snapshot.relation_shown(id, self.language.as_deref()));
                    let shown = shown.unwrap_or_else(|| relation.to_owned());
                    self.shown.insert(relation.to_owned(), shown.clone());
                    shown
                }
            };
            named[at] = Value::Text(shown.into());
        }
        self.sink.row(&named)
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.end()
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.sink.note(note)
    }
}

impl Format for Named<'_> {}
