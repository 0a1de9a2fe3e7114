//! Several runs, side by side.

use kndb_plot::Bars;
use kndb_query::SourceKind;
use kndb_storage::Run;
use maud::html;

use super::run::heading;
use super::{Parts, Perhaps, Section};
use crate::error::Result;
use crate::figures::{self, Selection};

impl Parts<'_> {
    /// The section of shares by layer of several runs: over the relative depth where their models differ in it.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn comparison(&self, runs: &[Run]) -> Result<Perhaps> {
        let names: Vec<String> = runs.iter().map(|run| run.spec.name.clone()).collect();
        let mut body = Vec::new();
        for kind in [SourceKind::Kn, SourceKind::Likn, SourceKind::Dkn] {
            let groups = figures::figures_of(self.store, kind, &names, Bars::MOST_SERIES)?;
            let mut of_kind: Vec<&String> = groups.iter().flat_map(|figure| &figure.runs).collect();
            of_kind.dedup();
            // A run of one language has no intersection: beside one that has, it would stand alone.
            of_kind.retain(|name| kind != SourceKind::Likn || self.languages(name) > 1);
            if of_kind.len() < 2 {
                continue;
            }
            for (at, some) in groups.into_iter().enumerate() {
                let some = Selection { within: self.sets(), ..some };
                let figure = self.figure(figures::by_layer(self.store, kind, &some))?;
                body.push(html! { div { @if at == 0 { h3 { (heading(kind)) } } (figure) } });
            }
        }
        if body.is_empty() {
            return Ok(Err("runs side by side: no two runs have neurons of one kind".into()));
        }
        let body = html! { div.figures { @for part in &body { (part) } } };
        Ok(Ok(Section { id: "runs".into(), heading: "Runs side by side".into(), body }))
    }

    /// In how many languages a run has scores or neuron sets.
    fn languages(&self, run: &str) -> usize {
        let run = self.snapshot.run_named(run);
        run.map_or(0, |run| figures::languages_of(self.snapshot, SourceKind::Kn, run.id).len())
    }
}
