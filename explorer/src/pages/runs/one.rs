//! One run: how it was made, what its model knows, its neurons, how good its integrals are. One of these at a time: `show=made`, `neurons`,
//! `completeness`.

use kndb_report::figures::{self, Selection};
use kndb_report::parts::Parts;
use kndb_storage::{Content, Holds, Run};
use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::chips::{Chip, chips};
use crate::parts::choice::{Choice, chosen};
use crate::parts::figure::{figure, or_refused};
use crate::parts::link;
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::parts::value::{visible, whole};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Neurons and groups of a table.
const ROWS: usize = 20;

/// What can be shown: the word of addresses, and that of people.
const SHOWN: [(&str, &str); 3] =
    [("made", "How it was made"), ("neurons", "Its neurons"), ("completeness", "How good its integrals are")];

/// Makes it.
pub(super) fn page(view: &View<'_>, run: &Run) -> Result<Page> {
    let holds = view.snapshot.holds(run.id)?;
    let shown = view.parameter("show").unwrap_or(SHOWN[0].0);
    let here = |word| link::here(view).without("page").without("sort").without("all").with("show", word);
    let part = match shown {
        "made" => made(view, run, &holds)?,
        "neurons" => neurons(view, run, &holds)?,
        "completeness" => unless_long(view, &holds, || completeness(view, run))?,
        other => return Err(Problem::parameter("show", other, SHOWN.map(|(word, _)| word).join(", "))),
    };
    let of_run = |link: link::Link| link.with("run", &run.spec.name);
    let body = html! {
        p.lead { bdi { (visible(&run.spec.model)) } ", " (run.spec.shape.to_string()) ", by " (visible(&run.spec.method)) "." }
        p {
            "Of this run: " a href=(of_run(link::layers(view))) { "neurons by layer" } ", "
            a href=(of_run(link::languages(view))) { "languages beside each other" } "."
        }
        @if holds.entries() == 0 { p.nothing { "It holds nothing yet." } }
        (chips("Show", &SHOWN.map(|(word, name)| Chip::new(name, here(word)).shown(word == shown))))
        (part)
    };
    Ok(Page::new(run.spec.name.clone(), body).below("Runs", link::runs(view)))
}

fn made(view: &View<'_>, run: &Run, holds: &Holds) -> Result<Markup> {
    let description = Parts::new(&view.store, &view.snapshot).description(run, holds);
    let measured = || {
        let statement = format!("{} by lang", Source::of_run(view, "entries", run));
        let asked = view.ask(&statement)?;
        Table::new(
            view,
            &asked,
            "Entries by language: p is the mean probability of the right object, correct the share of right answers",
        )
        .markup()
    };
    Ok(html! {
        dl.made { @for (name, value) in &description { dt { (name) } dd { bdi { (visible(value)) } } } }
        @if holds.attributed > 0 {
            section aria-labelledby="known" { h2 #known { "What its model knows" } (unless_long(view, holds, || or_refused(measured()))?) }
        }
    })
}

/// A part that looks at all entries of a run; of very many where the address asks for it.
fn unless_long(view: &View<'_>, holds: &Holds, part: impl FnOnce() -> Result<Markup>) -> Result<Markup> {
    if holds.entries() <= view.explorer.options.limits.unasked || view.parameter("all").is_some() {
        return part();
    }
    let all = link::here(view).with("all", "yes");
    Ok(
        html! { p { a href=(all) { "Look at all " (whole(holds.entries())) " entries" } ": that takes a second or more." } },
    )
}

fn neurons(view: &View<'_>, run: &Run, holds: &Holds) -> Result<Markup> {
    let table = |name: &'static str, statement: String, caption: &str| {
        let answered = view
            .ask(&statement)
            .and_then(|asked| Table::new(view, &asked, caption).named(name).of_run(&run.spec.name).rows(ROWS).markup());
        or_refused(answered)
    };
    let by_entries = view.languages_by_entries(run)?;
    let all: Vec<&str> = by_entries.iter().map(|language| view.snapshot.language_name(*language)).collect();
    let mut languages = chosen(view, "lang", &all)?;
    let is_unasked = view.parameter("lang").is_none();
    if is_unasked {
        languages.truncate(view.languages_unasked(run)?.len());
    }
    // All of them are said by nothing.
    let named: &[&str] = if languages.len() < all.len() { &languages } else { &[] };
    let kn = Source::of_run(view, "kn", run).among("lang", named);
    let searched = view.snapshot.languages_with(run.id, Content::Groups);
    let searched = searched.into_iter().map(|language| view.snapshot.language_name(language));
    let groups_of: Vec<&str> = searched.filter(|language| named.contains(language)).collect();
    let dkn = Source::of_run(view, "dkn", run).among("lang", &groups_of);
    let selection = Selection {
        runs: vec![run.spec.name.clone()],
        languages: named.iter().map(|language| (*language).to_owned()).collect(),
        ..Selection::default()
    };
    Ok(html! {
        (Choice { parameter: "lang", label: "Languages", all: &all, chosen: &languages }.chips(view))
        @if is_unasked && !named.is_empty() {
            p.note {
                "These are " (languages.len()) " of " (all.len()) " languages, those with the most entries; "
                a href=(all.iter().fold(link::here(view), |link, language| link.and("lang", language))) { "all" } " take their time."
            }
        }
        @if holds.attributed > 0 {
            section aria-labelledby="map" {
                h2 #map { "Facts that use each neuron" }
                (figure(view, figures::heat_map_as(&view.store, &view.manner(), &selection))?)
            }
            (table("neuron", format!("{kn} by neuron order by facts top {ROWS}"), "Neurons that most facts use")?)
            (table("relation", format!("{kn} by relation"), "Neurons by relation")?)
        }
        @if holds.searched > 0 {
            (table("group", format!("{dkn} by group order by facts top {ROWS}"), "Degenerate groups that most facts have")?)
            (table("degenerate", format!("{dkn} by relation"), "Neurons of degenerate groups by relation")?)
        }
    })
}

fn completeness(view: &View<'_>, run: &Run) -> Result<Markup> {
    let to_query = |statement: &str| Some(link::query(view, statement).to_string());
    let parts = Parts::new(&view.store, &view.snapshot).linked(&to_query);
    Ok(match parts.completeness(&[parts.shown(run)?])? {
        Ok(section) => {
            html! { section.report aria-labelledby="integrals" { h2 #integrals { (section.heading) } (section.body) } }
        }
        Err(why) => html! { p.nothing { (sentence(&why)) } },
    })
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    crate::parts::sentence(&(first + letters.as_str()))
}
