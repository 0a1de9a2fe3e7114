//! What the store holds, counted; and its runs, a row each.

use kndb_storage::{Holds, Run, Snapshot};
use maud::{Markup, html};

use super::table::{folded, pairs, table};
use super::{Parts, Section};
use crate::error::Result;

impl Parts<'_> {
    /// Counts of the store: facts, labels, files; and the runs, a row each.
    ///
    /// # Errors
    /// When a file of the store is damaged.
    pub fn counts(&self, runs: &[Run]) -> Result<Section> {
        let snapshot = self.snapshot;
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
        let counted = pairs("What the store holds", &store);
        let runs = if runs.is_empty() {
            html! {}
        } else {
            self.runs(runs)?
        };
        let body = html! { (runs) (folded("What the store holds", store.len(), &counted)) };
        Ok(Section { id: "store".into(), heading: "The store".into(), body })
    }

    /// The runs, a row each. Presets and what is kept stand in the description of each ([`Parts::description`]).
    ///
    /// # Errors
    /// When a file of the store is damaged.
    pub fn runs(&self, runs: &[Run]) -> Result<Markup> {
        let columns = ["run", "model", "shape", "method", "languages", "entries", "groups stored", "state"];
        let rows = runs.iter().map(|run| row(self.snapshot, run)).collect::<Result<Vec<_>, _>>()?;
        Ok(html! { (folded("Runs", rows.len(), &table("Runs", &columns, &rows))) })
    }
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
