//! `/`: what the store holds, its runs, and questions to begin with.

use kndb_storage::{Content, Holds, Run};
use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::chips::{Chip, chips};
use crate::parts::{counted, link, value};
use crate::problem::Result;
use crate::questions;
use crate::view::View;

/// Languages of a card that are told one by one.
const LANGUAGES: usize = 12;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let runs = view.snapshot.runs().map(|run| Ok((run, view.snapshot.holds(run.id)?))).collect::<Result<Vec<_>>>()?;
    let body = html! {
        p.lead { (sentence(view, runs.len())) }
        section aria-labelledby="runs" {
            h2 #runs { "Runs" }
            @if runs.is_empty() {
                p.nothing { "The store has no run yet: " code { "kndb attribute" } " computes scores into one, " code { "kndb import" } " takes those of files." }
            } @else {
                ul.cards { @for (run, holds) in &runs { li.card { (card(view, run, holds)) } } }
            }
        }
        @if view.snapshot.relations().len() > 0 { (relations(view)?) }
        (questions(view)?)
    };
    Ok(Page::new(view.shown.name.clone(), body))
}

/// What the store holds, in a sentence.
fn sentence(view: &View<'_>, runs: usize) -> String {
    let facts = view.snapshot.fact_count();
    let relations = view.snapshot.relations().len() as u64;
    let languages = view.snapshot.label_counts().iter().filter(|(_, labels)| *labels > 0).count() as u64;
    format!(
        "{} of {} with labels in {}, and {} of scores or neuron sets.",
        counted(facts, "fact", "facts"),
        counted(relations, "relation", "relations"),
        counted(languages, "language", "languages"),
        counted(runs as u64, "run", "runs"),
    )
}

fn card(view: &View<'_>, run: &Run, holds: &Holds) -> Markup {
    let spec = &run.spec;
    let languages: Vec<&str> = holds.languages.iter().map(|&language| view.snapshot.language_name(language)).collect();
    let groups = holds.attributed == 0 && holds.searched > 0;
    html! {
        h3 { a href=(link::run(view, &spec.name)) { bdi { (spec.name) } } }
        dl {
            dt { "Model" } dd { bdi { (spec.model) } ", " (spec.shape.to_string()) }
            dt { "Method" } dd { (spec.method) @if let Some(preset) = &spec.preset { ", preset " (preset) } }
            dt { "Languages" }
            dd {
                @if languages.is_empty() { "none yet" }
                (languages.iter().take(LANGUAGES).copied().collect::<Vec<_>>().join(", "))
                @if languages.len() > LANGUAGES { " and " (languages.len() - LANGUAGES) " more" }
            }
            @if groups {
                dt { "Searched" } dd { (counted(holds.searched, "entry", "entries")) ", " (counted(holds.groups, "group", "groups")) }
            } @else {
                dt { "Entries" } dd { (entries(view, holds)) }
                dt { "Keeps" } dd { (kept(run, holds)) }
            }
            dt { "State" } dd { (if run.finished { "finished" } else { "open: entries may come" }) }
        }
    }
}

/// Entries, and how many facts with labels there are for them.
fn entries(view: &View<'_>, holds: &Holds) -> String {
    let labels: u64 = view
        .snapshot
        .label_counts()
        .iter()
        .filter(|(language, _)| holds.languages.contains(language))
        .map(|(_, labels)| labels)
        .sum();
    let entries = value::whole(holds.attributed);
    // Of several prompts there are more entries than labels.
    if labels > 0 && holds.attributed <= labels {
        let share = value::percent(holds.attributed as f64 / labels as f64);
        format!("{entries} of {} labels of facts in these languages ({share})", value::whole(labels))
    } else {
        entries
    }
}

fn kept(run: &Run, holds: &Holds) -> String {
    let neurons = counted(holds.kept, "neuron", "neurons");
    if holds.attributed > 0 && holds.sets == holds.attributed {
        return format!("neuron sets without scores: {neurons}");
    }
    let spec = &run.spec;
    let own: String = spec.language_taus.iter().map(|(language, tau)| format!(", {language} {tau}")).collect();
    format!("{}, τ {}{own}: {}", spec.keep, spec.tau, counted(holds.kept, "score", "scores"))
}

fn relations(view: &View<'_>) -> Result<Markup> {
    let mut all = Vec::new();
    for (id, name) in view.snapshot.relations() {
        let facts = view.snapshot.facts_of_relation(id)?.len();
        all.push(Chip::new(view.snapshot.relation_shown(id, None), link::relation(view, name)).counting(facts));
    }
    Ok(html! {
        section aria-labelledby="relations" { h2 #relations { "Relations" } (chips("Relations", &all)) }
    })
}

/// Questions to begin with.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn questions(view: &View<'_>) -> Result<Markup> {
    let Some(run) = view.run()? else { return Ok(html! {}) };
    let languages = view.snapshot.languages_with(run.id, Content::Attributions);
    let languages: Vec<&str> = languages.into_iter().map(|language| view.snapshot.language_name(language)).collect();
    let all = questions::of(&view.snapshot, run, &languages);
    // The statements name no run: of several runs the one that they were made to fit is meant.
    let several = view.snapshot.runs().len() > 1;
    let meant = |link: link::Link| if several { link.with("run", &run.spec.name) } else { link };
    Ok(html! {
        @if !all.is_empty() {
            section aria-labelledby="questions" {
                h2 #questions { "Questions to begin with" }
                ul.questions {
                    @for question in &all {
                        li {
                            p { (question.heading) }
                            @for statement in &question.statements {
                                p.behind { a href=(meant(link::query(view, statement))) { code { (statement) } } }
                            }
                        }
                    }
                }
            }
        }
    })
}
