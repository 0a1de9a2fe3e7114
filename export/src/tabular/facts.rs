//! What a store says about facts: `facts`, `labels`, `templates`, `candidates`, `relation_names`.
//!
//! Facts are in the order in which the store numbers them: answers are in it where nothing else decides.

use super::files::Files;
use crate::error::Result;
use crate::format::{Source, Watch};
use crate::table::rows::Cell;
use crate::table::{CANDIDATES, FACTS, LABELS, RELATION_NAMES, TEMPLATES};
use kndb_storage::{FactId, LanguageId};
use roaring::RoaringBitmap;

/// Facts between two looks at whether to stop.
const LOOK: u32 = 4_096;

pub(super) fn write(source: &Source<'_>, files: &mut Files<'_>, watch: &mut Watch<'_>) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    let (mut facts, mut labels) = (files.begin(&FACTS, None)?, files.begin(&LABELS, None)?);
    let replaced: Vec<(LanguageId, RoaringBitmap)> =
        chosen.languages.iter().map(|&id| Ok((id, snapshot.relabelled(id)?))).collect::<Result<_>>()?;
    for number in snapshot.facts() {
        if number % LOOK == 0 {
            watch.look()?;
        }
        let fact = FactId(number);
        let relation = snapshot.fact_relation(fact)?;
        if !chosen.has_relation(relation) {
            continue;
        }
        let (subject_uri, object_uri) = snapshot.uris(fact)?;
        let id = Cell::Text(snapshot.external_id(fact)?);
        let relation = Cell::text(relation.map(|relation| snapshot.relation_name(relation)));
        facts.push(&[id, relation, Cell::text(subject_uri), Cell::text(object_uri)])?;
        for (language, replaced) in &replaced {
            let label = snapshot.label(fact, *language)?;
            let was_replaced = replaced.contains(number);
            // One that was taken away is replaced, too.
            if label.is_some() || was_replaced {
                let (subject, object) = label.unzip();
                let code = Cell::Text(snapshot.language_name(*language));
                labels.push(&[id, code, Cell::text(subject), Cell::text(object), Cell::Flag(was_replaced)])?;
            }
        }
    }
    watch.progress.rows += files.end(facts)? + files.end(labels)?;
    about_relations(source, files, watch)
}

fn about_relations(source: &Source<'_>, files: &mut Files<'_>, watch: &mut Watch<'_>) -> Result<()> {
    let (snapshot, chosen) = (source.snapshot, &source.chosen);
    let mut templates = files.begin(&TEMPLATES, None)?;
    for (relation, language, prompt, text) in snapshot.templates() {
        if chosen.has_relation(Some(relation)) && chosen.has_language(language) {
            let (relation, code) = (snapshot.relation_name(relation), snapshot.language_name(language));
            templates.push(&[Cell::Text(relation), Cell::Text(code), Cell::Int(prompt.0.into()), Cell::Text(text)])?;
        }
    }
    let mut candidates = files.begin(&CANDIDATES, None)?;
    for (relation, name) in snapshot.relations().filter(|(id, _)| chosen.has_relation(Some(*id))) {
        for &language in &chosen.languages {
            if let Some((subjects, objects)) = snapshot.candidates(relation, language)? {
                let code = Cell::Text(snapshot.language_name(language));
                candidates.push(&[Cell::Text(name), code, Cell::Texts(&subjects), Cell::Texts(&objects)])?;
            }
        }
    }
    let mut names = files.begin(&RELATION_NAMES, None)?;
    for (relation, language, name) in snapshot.all_names_of_relations() {
        // A name may be of a relation, or in a language, that the store does not have.
        let is_of_chosen = match snapshot.relation(relation) {
            Some(id) => chosen.has_relation(Some(id)),
            None => chosen.is_all,
        };
        let is_in_chosen = snapshot.language(language).map_or(chosen.is_all, |id| chosen.has_language(id));
        if is_of_chosen && is_in_chosen {
            names.push(&[Cell::Text(relation), Cell::Text(language), Cell::Text(name)])?;
        }
    }
    watch.progress.rows += files.end(templates)? + files.end(candidates)? + files.end(names)?;
    Ok(())
}
