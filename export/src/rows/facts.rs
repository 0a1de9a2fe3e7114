//! What a store says about facts: `facts`, `labels`, `templates`, `candidates`, `relation_names`.
//!
//! Facts are in the order in which the store numbers them: answers are in it where nothing else decides.

use super::{RowSink, Source};
use crate::error::Result;
use crate::table::Cell;
use kndb_storage::{FactId, LanguageId, RelationId};
use roaring::RoaringBitmap;

/// Facts between two looks at whether to stop.
const LOOK: u32 = 4_096;

pub(super) fn facts(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let snapshot = source.snapshot;
    each_chosen(source, sink, |fact, relation, sink| {
        let (subject_uri, object_uri) = snapshot.uris(fact)?;
        let id = Cell::Text(snapshot.external_id(fact)?);
        let relation = Cell::text(relation.map(|relation| snapshot.relation_name(relation)));
        sink.row(&[id, relation, Cell::text(subject_uri), Cell::text(object_uri)])
    })
}

pub(super) fn labels(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    let replaced: Vec<(LanguageId, RoaringBitmap)> =
        chosen.languages.iter().map(|&id| Ok((id, snapshot.relabelled(id)?))).collect::<Result<_>>()?;
    each_chosen(source, sink, |fact, _, sink| {
        let id = Cell::Text(snapshot.external_id(fact)?);
        for (language, replaced) in &replaced {
            let label = snapshot.label(fact, *language)?;
            let was_replaced = replaced.contains(fact.0);
            // One that was taken away is replaced, too.
            if label.is_some() || was_replaced {
                let (subject, object) = label.unzip();
                let code = Cell::Text(snapshot.language_name(*language));
                sink.row(&[id, code, Cell::text(subject), Cell::text(object), Cell::Flag(was_replaced)])?;
            }
        }
        Ok(())
    })
}

fn each_chosen(
    source: &Source<'_>,
    sink: &mut dyn RowSink,
    mut each: impl FnMut(FactId, Option<RelationId>, &mut dyn RowSink) -> Result<()>,
) -> Result<()> {
    for number in source.snapshot.facts() {
        if number % LOOK == 0 {
            sink.look()?;
        }
        let relation = source.snapshot.fact_relation(FactId(number))?;
        if source.chosen.has_relation(relation) {
            each(FactId(number), relation, sink)?;
        }
    }
    Ok(())
}

pub(super) fn templates(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    for (relation, language, prompt, text) in snapshot.templates() {
        if chosen.has_relation(Some(relation)) && chosen.has_language(language) {
            let (relation, code) = (snapshot.relation_name(relation), snapshot.language_name(language));
            sink.row(&[Cell::Text(relation), Cell::Text(code), Cell::Int(prompt.0.into()), Cell::Text(text)])?;
        }
    }
    Ok(())
}

pub(super) fn candidates(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    for (relation, name) in snapshot.relations().filter(|(id, _)| chosen.has_relation(Some(*id))) {
        for &language in &chosen.languages {
            if let Some((subjects, objects)) = snapshot.candidates(relation, language)? {
                let code = Cell::Text(snapshot.language_name(language));
                sink.row(&[Cell::Text(name), code, Cell::Texts(&subjects), Cell::Texts(&objects)])?;
            }
        }
    }
    Ok(())
}

pub(super) fn relation_names(source: &Source<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    for (relation, language, name) in snapshot.all_names_of_relations() {
        // A name may be of a relation, or in a language, that the store does not have.
        let is_of_chosen = match snapshot.relation(relation) {
            Some(id) => chosen.has_relation(Some(id)),
            None => chosen.is_all,
        };
        let is_in_chosen = snapshot.language(language).map_or(chosen.is_all, |id| chosen.has_language(id));
        if is_of_chosen && is_in_chosen {
            sink.row(&[Cell::Text(relation), Cell::Text(language), Cell::Text(name)])?;
        }
    }
    Ok(())
}
