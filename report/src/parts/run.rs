//! One run: its figures, its tables, how it was made.

use kndb_plot::{Bars, Matrix};
use kndb_query::SourceKind;
use kndb_storage::{Holds, Run};
use maud::{Markup, html};

use super::storage::languages;
use super::table::pairs;
use super::{Parts, Section, Shown};
use crate::error::Result;
use crate::figures::{self, Contents, Selection};

/// Series in a figure.
const SERIES: usize = Bars::MOST_SERIES;
/// Rows of a table of neurons or groups.
const ROWS: usize = 20;

/// What a figure by layer is of.
pub(super) fn heading(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Likn => "Language-independent neurons by layer",
        SourceKind::Dkn => "Degenerate neurons by layer",
        SourceKind::Kn | SourceKind::Facts | SourceKind::Entries => "Knowledge neurons by layer",
    }
}

impl Parts<'_> {
    /// The section of a run, the `at`-th of the page: figures first, then tables, then how it was made.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn run(&self, of: &Shown, at: usize) -> Result<Section> {
        let run = &of.run;
        let holds = self.snapshot.holds(run.id)?;
        let (mut drawn, mut told) = (Vec::new(), Vec::new());
        if holds.attributed > 0 {
            let languages = figures::languages_of(self.snapshot, SourceKind::Kn, run.id);
            self.figures_of_scores(run, &languages, &mut drawn)?;
            told.push(self.tables_of_scores(run, &languages)?);
        }
        if holds.searched > 0 {
            let languages = figures::languages_of(self.snapshot, SourceKind::Dkn, run.id);
            self.figures_of_groups(run, &languages, &mut drawn)?;
            told.push(self.tables_of_groups(run)?);
        }
        let made = pairs("How the run was made", &self.description(run, &holds));
        let body = html! {
            @if !of.holds { p.nothing { "The run holds nothing yet." } }
            @if !drawn.is_empty() { div.figures { @for part in &drawn { (part) } } }
            @for part in &told { (part) }
            details.part { summary { "How the run was made" } (made) }
        };
        let heading = format!("Run {}: {}", run.spec.name, run.spec.model);
        Ok(Section { id: format!("run-{at}"), heading, body })
    }

    /// What there is to say of how a run was made: names and values.
    pub fn description(&self, run: &Run, holds: &Holds) -> Vec<(&'static str, String)> {
        let spec = &run.spec;
        let taus: String = spec.language_taus.iter().map(|(language, tau)| format!(", {language} {tau}")).collect();
        let parameters: Vec<String> = spec.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let unknown = || "not known".to_owned();
        // A run of groups or of imported sets keeps no scores, whatever it was opened with.
        let contents = Contents::of(self.snapshot, run.id);
        let (taus, keeps) = match holds.attributed {
            0 => ("–".to_owned(), "no scores".to_owned()),
            _ => (
                contents.written(format!("{}{taus}", spec.tau)),
                contents.written(format!("{}, {}", spec.keep, spec.score_type)),
            ),
        };
        vec![
            ("model", spec.model.clone()),
            ("weights", spec.weights_hash.clone().unwrap_or_else(unknown)),
            ("shape", spec.shape.to_string()),
            ("method", spec.method.clone()),
            ("preset", spec.preset.clone().unwrap_or_else(|| "none".into())),
            ("parameters", if parameters.is_empty() { "none".into() } else { parameters.join("; ") }),
            ("τ", taus),
            ("share of prompts", spec.prompt_share_shown()),
            ("keeps", keeps),
            ("languages", languages(self.snapshot, holds).join(", ")),
            ("entries", holds.entries().to_string()),
            ("groups stored", holds.groups.to_string()),
            ("begun by", run.tool.clone()),
            ("state", if run.finished { "finished" } else { "open" }.into()),
        ]
    }

    fn figures_of_scores(&self, run: &Run, all: &[String], drawn: &mut Vec<Markup>) -> Result<()> {
        let runs = vec![run.spec.name.clone()];
        let selection = Selection { runs, within: self.sets(), ..Selection::default() };
        for (at, languages) in all.chunks(SERIES).enumerate() {
            let some = Selection { languages: languages.to_vec(), ..selection.clone() };
            let heading = if at == 0 { heading(SourceKind::Kn) } else { "" };
            drawn.push(self.headed(heading, figures::by_layer(self.store, SourceKind::Kn, &some))?);
        }
        if all.len() > 1 {
            let likn = figures::by_layer(self.store, SourceKind::Likn, &selection);
            drawn.push(self.headed(heading(SourceKind::Likn), likn)?);
            let overlap = figures::overlap(self.store, &selection, Some(Matrix::MOST_NAMES));
            drawn.push(self.headed("Overlap of languages", overlap)?);
        }
        drawn.push(self.headed("Facts that use each neuron", figures::heat_map(self.store, &selection))?);
        Ok(())
    }

    fn figures_of_groups(&self, run: &Run, all: &[String], drawn: &mut Vec<Markup>) -> Result<()> {
        for (at, languages) in all.chunks(SERIES).enumerate() {
            let (runs, languages) = (vec![run.spec.name.clone()], languages.to_vec());
            let some = Selection { runs, languages, within: self.sets(), ..Selection::default() };
            let heading = if at == 0 { heading(SourceKind::Dkn) } else { "" };
            drawn.push(self.headed(heading, figures::by_layer(self.store, SourceKind::Dkn, &some))?);
        }
        Ok(())
    }

    /// A figure under its heading, to stand beside others.
    fn headed(&self, heading: &str, illustration: Result<figures::Illustration>) -> Result<Markup> {
        let figure = self.figure(illustration)?;
        Ok(html! { div { @if !heading.is_empty() { h3 { (heading) } } (figure) } })
    }

    fn tables_of_scores(&self, run: &Run, all: &[String]) -> Result<Markup> {
        let source = |kind| figures::source(self.store, kind, &run.spec.name, &self.sets());
        let best = |source: String| format!("{source} by neuron order by facts top {ROWS}");
        let (kn, likn) = (source(SourceKind::Kn)?, source(SourceKind::Likn)?);
        Ok(html! {
            (self.answer("Neurons that most facts use", &best(kn.clone()))?)
            (self.answer("Knowledge neurons by relation", &format!("{kn} by relation"))?)
            @if all.len() > 1 {
                (self.answer("Language-independent neurons that most facts use", &best(likn.clone()))?)
                (self.answer("Language-independent neurons by relation", &format!("{likn} by relation"))?)
            } @else {
                p.remark { "No language-independent neurons and no overlap: the run has one language, " (all.join("")) "." }
            }
        })
    }

    fn tables_of_groups(&self, run: &Run) -> Result<Markup> {
        let source = figures::source(self.store, SourceKind::Dkn, &run.spec.name, &self.sets())?;
        Ok(html! {
            (self.answer("Degenerate groups that most facts have", &format!("{source} by group order by facts top {ROWS}"))?)
            (self.answer("Degenerate neurons by relation", &format!("{source} by relation"))?)
        })
    }
}
