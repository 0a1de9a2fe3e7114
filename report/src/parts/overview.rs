//! What the store holds: facts, languages, runs.

use kndb_storage::{Holds, Run, Snapshot};
use maud::html;

use super::Section;
use super::table::{pairs, table};
use crate::error::Result;

/// The section.
pub fn section(snapshot: &Snapshot, runs: &[Run]) -> Result<Section> {
    let labels: Vec<String> = snapshot
        .label_counts()
        .into_iter()
        .map(|(language, count)| format!("{} {count}", snapshot.language_name(language)))
        .collect();
    let (segments, bytes) = snapshot.segment_files();
    let (unsealed, _) = snapshot.unsealed();
    let store = [
        ("facts", snapshot.fact_count().to_string()),
        ("without labels", snapshot.unlabelled_fact_count()?.to_string()),
        ("labels", if labels.is_empty() { "none".into() } else { labels.join(", ") }),
        ("relations", snapshot.relations().len().to_string()),
        ("prompt templates", snapshot.templates().count().to_string()),
        ("saved sets", snapshot.saved_sets().len().to_string()),
        ("segments", format!("{segments} ({bytes} bytes), {unsealed} entries not sealed yet")),
    ];
    // Presets and what is kept stand in the section of each run.
    let columns = ["run", "model", "shape", "method", "languages", "entries", "groups stored", "state"];
    let rows = runs.iter().map(|run| row(snapshot, run)).collect::<Result<Vec<_>, _>>()?;
    let body = html! {
        (pairs(&store))
        h3 { "Runs" }
        @if rows.is_empty() { p.nothing { "The store has no run yet." } } @else { (table(&columns, &rows)) }
    };
    Ok(Section { id: "store".into(), heading: "The store".into(), body })
}

fn row(snapshot: &Snapshot, run: &Run) -> Result<Vec<String>, kndb_storage::Error> {
    let holds = snapshot.holds(run.id)?;
    let spec = &run.spec;
    Ok(vec![
        spec.name.clone(),
        spec.model.clone(),
        spec.shape.to_string(),
        spec.method.clone(),
        languages(snapshot, &holds).join(", "),
        holds.entries().to_string(),
        holds.groups.to_string(),
        if run.finished { "finished" } else { "open" }.into(),
    ])
}

/// Names of the languages a run has entries in.
pub fn languages(snapshot: &Snapshot, holds: &Holds) -> Vec<String> {
    holds.languages.iter().map(|&language| snapshot.language_name(language).to_owned()).collect()
}
