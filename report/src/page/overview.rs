//! What the store holds: facts, languages, runs.

use kndb_storage::{Run, Snapshot};
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
    let columns =
        ["run", "model", "layers", "width", "method", "preset", "languages", "entries", "kept", "groups", "state"];
    let rows: Vec<Vec<String>> = runs.iter().map(|run| row(snapshot, run)).collect();
    let body = html! {
        (pairs(&store))
        h3 { "Runs" }
        @if rows.is_empty() { p.nothing { "The store has no run yet." } } @else { (table(&columns, &rows)) }
    };
    Ok(Section { id: "store".into(), heading: "The store".into(), body })
}

fn row(snapshot: &Snapshot, run: &Run) -> Vec<String> {
    let holds = Holds::of(snapshot, run);
    let spec = &run.spec;
    vec![
        spec.name.clone(),
        spec.model.clone(),
        spec.shape.layers.to_string(),
        spec.shape.width.to_string(),
        spec.method.clone(),
        spec.preset.clone().unwrap_or_else(|| "–".into()),
        holds.languages.join(", "),
        holds.entries.to_string(),
        holds.kept.to_string(),
        holds.groups.to_string(),
        if run.finished { "finished" } else { "open" }.into(),
    ]
}

/// What a run holds, counted from headers of segments.
pub struct Holds {
    /// Languages it has entries in, in the order of the store.
    pub languages: Vec<String>,
    /// (fact, language, prompt) triples with scores or neurons.
    pub entries: u64,
    /// Scores kept, or neurons of sets without scores.
    pub kept: u64,
    /// Degenerate groups.
    pub groups: u64,
}

impl Holds {
    /// Counts.
    pub fn of(snapshot: &Snapshot, run: &Run) -> Self {
        let mut holds = Self { languages: Vec::new(), entries: 0, kept: 0, groups: 0 };
        let mut languages = Vec::new();
        for slot in snapshot.slots().filter(|slot| slot.run == run.id) {
            languages.push(slot.language);
            for live in snapshot.parts(slot) {
                holds.entries += live.live_len();
                holds.kept += live.part.members();
            }
        }
        for slot in snapshot.group_slots().filter(|slot| slot.run == run.id) {
            languages.push(slot.language);
            holds.groups += snapshot.group_parts(slot).iter().map(|live| live.part.members()).sum::<u64>();
        }
        languages.sort_unstable();
        languages.dedup();
        holds.languages = languages.into_iter().map(|language| snapshot.language_name(language).to_owned()).collect();
        holds
    }
}
