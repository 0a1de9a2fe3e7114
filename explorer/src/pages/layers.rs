//! `/layers?run=&kind=kn|likn|dkn&lang=&relation=&tau=`: shares of neurons by layer, the paper's Figures 3 to 5, that follow a moved threshold.

use kndb_plot::{Bars, Figure};
use kndb_query::SourceKind;
use kndb_report::figures::{self, Illustration, Selection};
use kndb_storage::{Content, Run};
use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::chips::{Chip, chips};
use crate::parts::choice::{Choice, chosen};
use crate::parts::figure::figure;
use crate::parts::slider::{self, Slider};
use crate::parts::{link, numbers};
use crate::problem::{Problem, Result};
use crate::view::View;

/// The kinds, as they are named in addresses and by people.
const KINDS: [(SourceKind, &str, &str); 3] = [
    (SourceKind::Kn, "kn", "Knowledge neurons"),
    (SourceKind::Likn, "likn", "Language-independent"),
    (SourceKind::Dkn, "dkn", "Degenerate"),
];

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let kind = kind(view)?;
    let with: Vec<&Run> = view.snapshot.runs_with(content(kind)).collect();
    let runs = runs(view, &with)?;
    let all = languages(view, kind, &runs);
    let languages = shown_languages(view, &runs, &all)?;
    let relation = view.parameter("relation").map(|id| view.relation_named(id)).transpose()?;
    let tau = view.tau()?;
    let selection = Selection {
        runs: runs.iter().map(|run| run.spec.name.clone()).collect(),
        languages: languages.iter().map(|language| (*language).to_owned()).collect(),
        relations: relation.iter().map(|id| view.snapshot.relation_name(*id).to_owned()).collect(),
        tau: tau.filter(|_| kind != SourceKind::Dkn),
        ..Selection::default()
    };
    let names: Vec<&str> = with.iter().map(|run| run.spec.name.as_str()).collect();
    let shown_runs: Vec<&str> = runs.iter().map(|run| run.spec.name.as_str()).collect();
    let figures = if runs.is_empty() { Vec::new() } else { drawn(view, kind, &selection) };
    let said = said(&figures);
    let choices = html! {
        (kinds(view, kind))
        (Choice { parameter: "run", label: "Runs", all: &names, chosen: &shown_runs }.chips(view))
        (Choice { parameter: "lang", label: "Languages", all: &all, chosen: &languages }.chips(view))
        @if languages.len() < all.len() && view.parameter("lang").is_none() {
            p.note {
                "These are " (languages.len()) " of " (all.len()) " languages, those with the most entries; "
                a href=(all.iter().fold(link::here(view), |link, language| link.and("lang", language))) { "all" } " take their time."
            }
        }
        @if let Some(relation) = relation {
            (chips("Relation", &[
                Chip::new(view.snapshot.relation_shown(relation, None), link::here(view)).shown(true),
                Chip::new("all relations", link::here(view).without("relation")),
            ]))
        }
    };
    let answer = html! { @for drawn in figures { (shown(view, drawn)?) } };
    let slider = (kind != SourceKind::Dkn).then(|| Slider::tau(view, tau, &runs, &languages)).flatten();
    let body = html! {
        p.lead { (about(kind)) }
        (slider::moved("choices", &choices))
        @if runs.is_empty() { p.nothing { (without(kind)) } }
        @else if kind == SourceKind::Dkn { p.note { "Thresholds of groups are shares of p, and not of scores: " code { "dkn[t_low=…, t_high=…] by layer" } " asks with others." } }
        @else if slider.is_none() { p.note { "No scores were kept, but sets of neurons: there is no threshold to move." } }
        @if kind == SourceKind::Likn && view.parameter("chance").is_none() {
            p.note { "What chance gives is computed beside few pairs. " a href=(link::here(view).with("chance", "yes")) { "Compute it for many, too" } ": that takes a second." }
        }
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &said))
        (slider::moved("answer", &answer))
    };
    Ok(Page::new("Neurons by layer", body))
}

fn kind(view: &View<'_>) -> Result<SourceKind> {
    let Some(given) = view.parameter("kind") else {
        let is_there = |content| view.snapshot.runs_with(content).next().is_some();
        let groups_alone = !is_there(Content::Attributions) && is_there(Content::Groups);
        return Ok(if groups_alone { SourceKind::Dkn } else { SourceKind::Kn });
    };
    let known = KINDS.iter().find(|(_, word, _)| *word == given).map(|(kind, ..)| *kind);
    known.ok_or_else(|| Problem::parameter("kind", given, "kn, likn or dkn"))
}

fn content(kind: SourceKind) -> Content {
    if kind == SourceKind::Dkn { Content::Groups } else { Content::Attributions }
}

/// What the figures are of, in a sentence.
fn about(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Likn => {
            "The neurons that a fact has in all of the languages: which share of them is in each layer."
        }
        SourceKind::Dkn => {
            "Neurons of degenerate groups, any part of which a fact can lose: which share of them is in each layer."
        }
        _ => {
            "The neurons whose score is more than τ times the highest of their fact, in each language: which share of them is in each layer."
        }
    }
}

fn without(kind: SourceKind) -> Markup {
    html! {
        @if kind == SourceKind::Dkn { "No run has degenerate groups: " code { "kndb dkn" } " searches for them." }
        @else { "No run has scores or sets of neurons yet: " code { "kndb attribute" } " computes scores, " code { "kndb import" } " takes those of files." }
    }
}

/// The runs that the address names; without one the first that has what is shown.
fn runs<'v>(view: &'v View<'_>, with: &[&'v Run]) -> Result<Vec<&'v Run>> {
    let named: Vec<&Run> = view.address.all("run").map(|name| view.run_named(name)).collect::<Result<_>>()?;
    Ok(if named.is_empty() { with.first().copied().into_iter().collect() } else { named })
}

/// The languages that any of the runs has.
fn languages<'v>(view: &'v View<'_>, kind: SourceKind, runs: &[&Run]) -> Vec<&'v str> {
    let of = |run: &&Run| view.snapshot.languages_with(run.id, content(kind));
    let mut all: Vec<_> = runs.iter().flat_map(of).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|language| view.snapshot.language_name(language)).collect()
}

/// Those that the address names; without one those that are looked at unasked, of any of the runs.
fn shown_languages<'v>(view: &'v View<'_>, runs: &[&Run], all: &[&'v str]) -> Result<Vec<&'v str>> {
    let mut languages = chosen(view, "lang", all)?;
    if view.parameter("lang").is_none() && view.parameter("relation").is_none() {
        let mut unasked = Vec::new();
        for run in runs {
            unasked.extend(view.languages_unasked(run)?.into_iter().map(|id| view.snapshot.language_name(id)));
        }
        // A run of groups alone has no entries to be counted.
        languages.retain(|language| unasked.is_empty() || unasked.contains(language));
    }
    Ok(languages)
}

fn kinds(view: &View<'_>, shown: SourceKind) -> Markup {
    let all = KINDS.map(|(kind, word, name)| {
        // What a run of scores is called is no run of groups.
        let link = link::here(view).with("kind", word);
        let same = content(kind) == content(shown);
        Chip::new(name, if same { link } else { link.without("run").without("lang") }).shown(kind == shown)
    });
    chips("Kind", &all)
}

/// A figure, or several where one would have more series than can be told apart.
fn drawn(view: &View<'_>, kind: SourceKind, selection: &Selection) -> Vec<kndb_report::Result<Illustration>> {
    let by = |selection: &Selection| figures::by_layer_as(&view.store, &view.manner(), kind, selection);
    let most = Bars::MOST_SERIES;
    if kind == SourceKind::Likn || selection.runs.len() * selection.languages.len() <= most {
        return vec![by(selection)];
    }
    let of_run = |run: &String| {
        let of = move |languages: &[String]| Selection {
            runs: vec![run.clone()],
            languages: languages.to_vec(),
            ..selection.clone()
        };
        selection.languages.chunks(most).map(of).collect::<Vec<_>>()
    };
    selection.runs.iter().flat_map(of_run).map(|some| by(&some)).collect()
}

/// A figure with its numbers.
fn shown(view: &View<'_>, drawn: kndb_report::Result<Illustration>) -> Result<Markup> {
    let numbers = drawn.as_ref().ok().and_then(|drawn| drawn.figure.as_ref()).map(numbers::of);
    Ok(html! { div.beside-each-other { (figure(view, drawn)?) @if let Some(numbers) = numbers { (numbers) } } })
}

/// How many pairs there are, series by series.
fn said(figures: &[kndb_report::Result<Illustration>]) -> String {
    let of = |drawn: &Illustration| match &drawn.figure {
        Some(Figure::Bars(bars)) => {
            let noted = bars.series.iter().filter_map(|series| Some((&series.name, series.note.as_ref()?)));
            noted.map(|(name, note)| format!("{name}: {note}")).collect()
        }
        Some(Figure::Curves(curves)) => {
            let noted = curves.curves.iter().filter_map(|curve| Some((&curve.name, curve.note.as_ref()?)));
            noted.map(|(name, note)| format!("{name}: {note}")).collect()
        }
        _ => Vec::new(),
    };
    let all: Vec<String> = figures.iter().flatten().flat_map(of).collect();
    all.join("; ")
}
