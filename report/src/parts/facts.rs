//! Facts by relation, and in how many of them each language has labels.

use kndb_storage::{FactId, LanguageId, Snapshot, Store};
use maud::html;

use super::evidence::queries;
use super::table::table;
use super::{Section, Shown};
use crate::answer::{Answer, number, written};
use crate::error::Result;

/// The section.
pub fn section(store: &Store, snapshot: &Snapshot, shown: &[Shown]) -> Result<Section> {
    let query = &asked(shown);
    let answer = Answer::of(store, query)?;
    let languages: Vec<LanguageId> = snapshot.label_counts().into_iter().map(|(language, _)| language).collect();
    let mut columns = vec!["relation".to_owned(), "facts".to_owned()];
    columns.extend(languages.iter().map(|&language| format!("labels in {}", snapshot.language_name(language))));
    let (relation, facts) = (answer.column("relation"), answer.column("facts"));
    let mut rows = Vec::new();
    for row in &answer.rows {
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column));
        let name = cell(relation).map(written).unwrap_or_default();
        let count = cell(facts).and_then(number).unwrap_or_default();
        let named = snapshot.relation(&name).map(|relation| snapshot.relation_shown(relation, None));
        let mut cells = vec![named.unwrap_or_else(|| name.clone()), count.to_string()];
        for &language in &languages {
            cells.push(labels(snapshot, &name, language, shown)?.map_or_else(|| "–".into(), |count| count.to_string()));
        }
        rows.push(cells);
    }
    let body = html! {
        @if rows.is_empty() && snapshot.fact_count() > 0 { p.nothing { "The sets leave no fact." } }
        @else if rows.is_empty() { p.nothing { "The store has no facts yet." } }
        @else {
            p { "Facts of each relation, and how many of them have a subject and an object in each language." }
            (table(&columns, &rows))
            (queries(&[query.to_owned()]))
        }
    };
    Ok(Section { id: "facts".into(), heading: "Facts by relation".into(), body })
}

/// The facts that are left beside any of the runs.
fn asked(shown: &[Shown]) -> String {
    let mut sets: Vec<String> = shown.iter().filter(|of| of.holds).map(|of| of.kept.of_facts.around("facts")).collect();
    sets.dedup();
    match sets.as_slice() {
        [] => "facts by relation".to_owned(),
        [one] => format!("{one} by relation"),
        several => format!("({}) by relation", several.join(" | ")),
    }
}

/// Facts of a relation with labels in a language; `None` for facts without a relation.
fn labels(snapshot: &Snapshot, relation: &str, language: LanguageId, shown: &[Shown]) -> Result<Option<u64>> {
    let Some(relation) = snapshot.relation(relation) else { return Ok(None) };
    let mut count = 0;
    let beside: Vec<&Shown> = shown.iter().filter(|of| of.holds).collect();
    let is_left = |fact| beside.is_empty() || beside.iter().any(|of| of.kept.takes(fact));
    for fact in snapshot.facts_of_relation(relation)?.into_iter().filter(|&fact| is_left(FactId(fact))) {
        count += u64::from(snapshot.label(FactId(fact), language)?.is_some());
    }
    Ok(Some(count))
}
