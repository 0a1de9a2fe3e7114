//! What the languages share of the fact's neurons: exact counts, and how alike sets at random would be.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::choice::Choice;
use super::neurons::Neurons;
use crate::parts::link;
use crate::parts::sets::{Region, shared};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::problem::Result;
use crate::view::View;

pub(super) fn section(view: &View<'_>, choice: &Choice<'_>, neurons: &Neurons<'_>) -> Result<Markup> {
    let languages = &neurons.languages;
    if languages.len() < 2 {
        return Ok(html! {
            section aria-labelledby="shared" {
                h2 #shared { "What languages share" }
                p.nothing { "The run has this fact in one language, " bdi { (languages.concat()) } ": there is nothing to share it with." }
            }
        });
    }
    Ok(html! {
        section aria-labelledby="shared" {
            h2 #shared { "What languages share" }
            @if neurons.is_cut() {
                p.nothing { "There are more pairs than a page holds, so what is shared cannot be counted here. A higher τ, or fewer languages, can be." }
            } @else if neurons.all.is_empty() {
                p.nothing { "No language has a neuron above the threshold." }
            } @else {
                (shared(view, languages, &regions(view, choice, neurons), "neurons"))
            }
            (similarity(view, choice)?)
        }
    })
}

/// Each neuron counts once: where it is, and nowhere else.
fn regions(view: &View<'_>, choice: &Choice<'_>, neurons: &Neurons<'_>) -> Vec<Region> {
    let all = neurons.languages.len();
    let mut counts: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    // Of few sets all regions are told, the empty ones, too.
    if all <= 3 {
        for bits in 1..1_usize << all {
            counts.insert((0..all).filter(|set| bits >> set & 1 == 1).collect(), 0);
        }
    }
    for neuron in &neurons.all {
        *counts.entry(neuron.scores.keys().copied().collect()).or_default() += 1;
    }
    let mut regions: Vec<Region> = counts
        .into_iter()
        .map(|(of, count)| Region { statement: statement(view, choice, &neurons.languages, &of), of, count })
        .collect();
    regions.sort_by(|a, b| (a.of.len(), &a.of).cmp(&(b.of.len(), &b.of)));
    regions
}

/// Asks for the neurons that these languages have and no other of them has.
fn statement(view: &View<'_>, choice: &Choice<'_>, languages: &[String], of: &[usize]) -> String {
    let named = |is_in: bool| -> Vec<&str> {
        let which = (0..languages.len()).filter(|set| of.contains(set) == is_in);
        which.map(|set| languages[set].as_str()).collect()
    };
    let kn = |word: &'static str, languages: &[&str]| -> Source { choice.of_fact(view, word).among("lang", languages) };
    let (these, others) = (named(true), named(false));
    let common = kn(if these.len() > 1 { "likn" } else { "kn" }, &these);
    if others.is_empty() { common.to_string() } else { format!("{common} - {}", kn("kn", &others)) }
}

/// How alike the languages are, and sets at random.
fn similarity(view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
    let source = choice.of_fact(view, "kn").among("lang", choice.among(choice.drawn()));
    let mut asked = view.ask(&format!("similarity({source}) between lang order by similarity"))?;
    // Of one fact: it is compared in all, and meets no other.
    asked.hide(&["others", "facts", "unpaired"]);
    Ok(html! {
        p.of { "Similarity is Jaccard's index of two languages' sets; " i { "expected" } " is that of sets of these sizes drawn at random, and " i { "p" } " how likely those share at least as much." }
        (Table::new(view, &asked, "How alike two languages are").named("similarity").markup()?)
        @if let [a, b, ..] = choice.drawn() {
            p.note {
                "Neurons that many facts use are shared by chance more often than that. Whether a fact's languages share more than two facts' do: "
                a href=(link::languages(view).maybe("run", choice.run.map(|run| &run.spec.name)).with("a", a).with("b", b).with("show", "facts").maybe("tau", view.parameter("tau"))) { "fact by fact, beside other facts" } "."
            }
        }
    })
}
