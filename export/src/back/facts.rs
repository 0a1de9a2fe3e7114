//! What the exported store said about facts.

use super::check::Checked;
use super::rows::Rows;
use crate::error::Result;
use crate::manifest::Manifest;
use crate::table::{CANDIDATES, FACTS, LABELS, RELATION_NAMES, TEMPLATES, Table};
use kndb_storage::{CandidatesRow, FactBatch, FactRow, RelationNameRow, Restored, RestoredFact, TemplateRow};
use std::collections::HashMap;

/// Opens the one file of a table.
pub(super) fn whole(files: &Checked<'_>, table: &'static Table) -> Result<Rows> {
    let (path, rows) = files.of_table(table, None).unwrap_or_default();
    Rows::open(table, &path, rows)
}

pub(super) fn read(manifest: &Manifest, files: &Checked<'_>) -> Result<Restored> {
    let mut all = Restored {
        languages: manifest.languages.clone(),
        relations: manifest.relations.clone(),
        ..Restored::default()
    };
    let mut facts = whole(files, &FACTS)?;
    while let Some(row) = facts.peek() {
        let owned = |name| row.text(name).map(str::to_owned);
        all.facts.push(RestoredFact {
            id: row.has_text("fact")?.to_owned(),
            relation: owned("relation"),
            subject_uri: owned("subject_uri"),
            object_uri: owned("object_uri"),
        });
        facts.advance()?;
    }
    labels(&mut all, files)?;
    about_relations(&mut all.about, files)?;
    Ok(all)
}

fn labels(all: &mut Restored, files: &Checked<'_>) -> Result<()> {
    let relations: HashMap<&str, Option<&str>> =
        all.facts.iter().map(|fact| (fact.id.as_str(), fact.relation.as_deref())).collect();
    let mut labels = whole(files, &LABELS)?;
    while let Some(row) = labels.peek() {
        let (id, language) = (row.has_text("fact")?, row.has_text("lang")?);
        if row.flag("replaced") {
            all.relabelled.push((id.to_owned(), language.to_owned()));
        }
        match (row.text("subject"), row.text("object")) {
            (Some(subject), Some(object)) => {
                let relation = relations.get(id).copied().flatten();
                let relation =
                    relation.ok_or_else(|| row.wrong(format!("a label of {id:?}"), "facts of a relation"))?;
                all.about.facts.push(FactRow {
                    id: id.to_owned(),
                    relation: relation.to_owned(),
                    language: language.to_owned(),
                    subject: subject.to_owned(),
                    object: object.to_owned(),
                    subject_uri: None,
                    object_uri: None,
                });
            }
            (None, None) if row.flag("replaced") => {}
            _ => return Err(row.wrong("half a label", "subject and object")),
        }
        labels.advance()?;
    }
    Ok(())
}

fn about_relations(about: &mut FactBatch, files: &Checked<'_>) -> Result<()> {
    let mut templates = whole(files, &TEMPLATES)?;
    let mut next: HashMap<(String, String), u16> = HashMap::new();
    while let Some(row) = templates.peek() {
        let relation = row.has_text("relation")?.to_owned();
        let language = row.has_text("lang")?.to_owned();
        let prompt: u16 = row.has_number("prompt")?;
        let expected = next.entry((relation.clone(), language.clone())).or_default();
        if prompt != *expected {
            return Err(row.wrong(format!("prompt {prompt}"), format!("prompt {expected}: they are in order")));
        }
        *expected = expected.saturating_add(1);
        about.templates.push(TemplateRow { relation, language, text: row.has_text("text")?.to_owned() });
        templates.advance()?;
    }
    let mut candidates = whole(files, &CANDIDATES)?;
    while let Some(row) = candidates.peek() {
        about.candidates.push(CandidatesRow {
            relation: row.has_text("relation")?.to_owned(),
            language: row.has_text("lang")?.to_owned(),
            subjects: row.texts("subjects")?,
            objects: row.texts("objects")?,
        });
        candidates.advance()?;
    }
    let mut names = whole(files, &RELATION_NAMES)?;
    while let Some(row) = names.peek() {
        about.relation_names.push(RelationNameRow {
            relation: row.has_text("relation")?.to_owned(),
            language: row.has_text("lang")?.to_owned(),
            name: row.has_text("name")?.to_owned(),
        });
        names.advance()?;
    }
    Ok(())
}
