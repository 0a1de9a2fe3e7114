//! One run: how it was made, its figures, its tables. And several, side by side.

use kndb_plot::{Bars, Matrix};
use kndb_query::{SourceKind, Within};
use kndb_storage::{Holds, Run, Snapshot, Store};
use maud::{Markup, html};

use super::Section;
use super::evidence::{answer, figure};
use super::overview::languages;
use super::table::pairs;
use crate::error::Result;
use crate::figures::{self, Contents, Selection};

/// Series in a figure.
const SERIES: usize = Bars::MOST_SERIES;
/// Rows of a table of neurons or groups.
const ROWS: usize = 20;

/// Shares by layer of several runs.
pub fn comparison(store: &Store, runs: &Selection) -> Result<Section> {
    let mut body = Vec::new();
    for kind in [SourceKind::Kn, SourceKind::Likn, SourceKind::Dkn] {
        let groups = figures::figures_of(store, kind, &runs.runs, SERIES)?;
        let mut names: Vec<&String> = groups.iter().flat_map(|figure| &figure.runs).collect();
        names.dedup();
        if names.len() < 2 {
            continue;
        }
        body.push(html! { h3 { (heading(kind)) } });
        for some in groups {
            let some = Selection { within: runs.within.clone(), ..some };
            body.push(figure(figures::by_layer(store, kind, &some))?);
        }
    }
    let body = html! {
        @if body.is_empty() { p.nothing { "No two runs have neurons of one kind." } }
        @for part in &body { (part) }
    };
    Ok(Section { id: "runs".into(), heading: "Runs side by side".into(), body })
}

/// The section of a run.
pub fn section(store: &Store, snapshot: &Snapshot, run: &Run, at: usize, within: &Within) -> Result<Section> {
    let holds = snapshot.holds(run.id)?;
    let mut parts = vec![pairs(&description(snapshot, run, &holds))];
    if holds.entries() == 0 {
        parts.push(html! { p.nothing { "The run holds nothing yet." } });
    }
    if holds.attributed > 0 {
        let languages = figures::languages_of(snapshot, SourceKind::Kn, run.id);
        parts.extend(of_scores(store, run, &languages, within)?);
    }
    if holds.searched > 0 {
        let languages = figures::languages_of(snapshot, SourceKind::Dkn, run.id);
        parts.extend(of_groups(store, run, &languages, within)?);
    }
    let heading = format!("Run {}: {}", run.spec.name, run.spec.model);
    Ok(Section { id: format!("run-{at}"), heading, body: html! { @for part in &parts { (part) } } })
}

fn description(snapshot: &Snapshot, run: &Run, holds: &Holds) -> Vec<(&'static str, String)> {
    let spec = &run.spec;
    let taus: String = spec.language_taus.iter().map(|(language, tau)| format!(", {language} {tau}")).collect();
    let parameters: Vec<String> = spec.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let unknown = || "not known".to_owned();
    // A run of groups or of imported sets keeps no scores, whatever it was opened with.
    let contents = Contents::of(snapshot, run.id);
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
        ("languages", languages(snapshot, holds).join(", ")),
        ("entries", holds.entries().to_string()),
        ("groups stored", holds.groups.to_string()),
        ("begun by", run.tool.clone()),
        ("state", if run.finished { "finished" } else { "open" }.into()),
    ]
}

fn heading(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Likn => "Language-independent neurons by layer",
        SourceKind::Dkn => "Degenerate neurons by layer",
        SourceKind::Kn | SourceKind::Facts | SourceKind::Entries => "Knowledge neurons by layer",
    }
}

fn of_scores(store: &Store, run: &Run, all: &[String], within: &Within) -> Result<Vec<Markup>> {
    let runs = vec![run.spec.name.clone()];
    let selection = Selection { runs, within: within.clone(), ..Selection::default() };
    let source = |kind| figures::source(store, kind, &run.spec.name, within);
    let mut parts = vec![html! { h3 { (heading(SourceKind::Kn)) } }];
    for languages in all.chunks(SERIES) {
        let some = Selection { languages: languages.to_vec(), ..selection.clone() };
        parts.push(figure(figures::by_layer(store, SourceKind::Kn, &some))?);
    }
    let several = all.len() > 1;
    if several {
        parts.push(html! {
            h3 { (heading(SourceKind::Likn)) }
            (figure(figures::by_layer(store, SourceKind::Likn, &selection))?)
            h3 { "Overlap of languages" }
            (figure(figures::overlap(store, &selection, Some(Matrix::MOST_NAMES)))?)
        });
    }
    parts.push(html! {
        h3 { "Facts that use each neuron" }
        (figure(figures::heat_map(store, &selection))?)
        h3 { "Neurons that most facts use" }
        (answer(store, &format!("{} by neuron order by facts top {ROWS}", source(SourceKind::Kn)?))?)
        h3 { "Knowledge neurons by relation" }
        (answer(store, &format!("{} by relation", source(SourceKind::Kn)?))?)
    });
    if several {
        parts.push(html! {
            h3 { "Language-independent neurons by relation" }
            (answer(store, &format!("{} by relation", source(SourceKind::Likn)?))?)
            h3 { "Language-independent neurons that most facts use" }
            (answer(store, &format!("{} by neuron order by facts top {ROWS}", source(SourceKind::Likn)?))?)
        });
    } else {
        let one = all.join("");
        parts.push(html! { p.nothing { "No language-independent neurons and no overlap: the run has one language, " (one) "." } });
    }
    Ok(parts)
}

fn of_groups(store: &Store, run: &Run, all: &[String], within: &Within) -> Result<Vec<Markup>> {
    let mut parts = vec![html! { h3 { (heading(SourceKind::Dkn)) } }];
    for languages in all.chunks(SERIES) {
        let (runs, languages) = (vec![run.spec.name.clone()], languages.to_vec());
        let some = Selection { runs, languages, within: within.clone(), ..Selection::default() };
        parts.push(figure(figures::by_layer(store, SourceKind::Dkn, &some))?);
    }
    let source = figures::source(store, SourceKind::Dkn, &run.spec.name, within)?;
    parts.push(html! {
        h3 { "Degenerate groups that most facts have" }
        (answer(store, &format!("{source} by group order by facts top {ROWS}"))?)
        h3 { "Degenerate neurons by relation" }
        (answer(store, &format!("{source} by relation"))?)
    });
    Ok(parts)
}
