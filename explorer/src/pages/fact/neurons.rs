//! The neurons of the fact in each language: a picture a language, and the table behind the pictures.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use kndb_storage::{Run, Shape};
use maud::{Markup, html};

use super::choice::{Choice, DRAWN};
use crate::ask::Asked;
use crate::parts::layer_neuron::{LINKED, Mark, picture};
use crate::parts::row::rows;
use crate::parts::value::{self, whole};
use crate::parts::{counted, link, notes, statement};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Rows of the table at once.
const PAGE: usize = 25;

/// A neuron, and what each language says of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Neuron {
    pub(super) layer: u32,
    pub(super) unit: u32,
    /// By number of the language among those that are compared: `Some(None)` where it has the neuron without a score.
    pub(super) scores: BTreeMap<usize, Option<f32>>,
}

impl Neuron {
    fn highest(&self) -> Option<f32> {
        self.scores.values().flatten().copied().reduce(f32::max)
    }
}

/// The neurons in the languages that are compared.
pub(super) struct Neurons<'v> {
    run: &'v Run,
    /// The languages that were asked: all that are compared or, where they have too many neurons, those that are drawn.
    pub(super) languages: Vec<String>,
    asked: Asked,
    pub(super) all: Vec<Neuron>,
}

impl<'v> Neurons<'v> {
    pub(super) fn ask(view: &View<'_>, choice: &Choice<'v>) -> Result<Self> {
        let run = choice.run.ok_or_else(|| Problem::not_found("the store has no run"))?;
        let asked = ask(view, choice, &choice.compared)?;
        // More rows than a page holds: the languages that are drawn may fit.
        let (languages, asked) = if asked.is_cut && choice.compared.len() > DRAWN {
            (choice.drawn().to_vec(), ask(view, choice, choice.drawn())?)
        } else {
            (choice.compared.clone(), asked)
        };
        let mut all: BTreeMap<(u32, u32), BTreeMap<usize, Option<f32>>> = BTreeMap::new();
        for row in rows(&asked.answer) {
            let language = row.text("lang").and_then(|name| languages.iter().position(|language| language == name));
            let (Some(language), Some(neuron)) = (language, row.neuron()) else { continue };
            let score = all.entry(neuron).or_default().entry(language).or_default();
            // Of several prompts the highest.
            *score = [*score, row.score("score")].into_iter().flatten().reduce(f32::max);
        }
        let mut all: Vec<Neuron> =
            all.into_iter().map(|((layer, unit), scores)| Neuron { layer, unit, scores }).collect();
        all.sort_by(strongest_of_most);
        Ok(Self { run, languages, asked, all })
    }

    /// Whether all pairs are there, or the strongest alone.
    pub(super) fn is_cut(&self) -> bool {
        self.asked.is_cut
    }

    /// How many there are, in a sentence.
    pub(super) fn said(&self) -> String {
        let count = |language: usize| self.all.iter().filter(|neuron| neuron.scores.contains_key(&language)).count();
        let each = (0..self.drawn()).map(|language| {
            format!("{} in {}", counted(count(language) as u64, "neuron", "neurons"), self.languages[language])
        });
        let each = each.collect::<Vec<_>>().join(", ");
        match self.languages.len() {
            1 => format!("{each}."),
            all => {
                let in_all = self.all.iter().filter(|neuron| neuron.scores.len() == all).count() as u64;
                let lower = if in_all == 0 { ": a lower τ keeps more" } else { "" };
                format!("{each}; {} in {}{lower}.", whole(in_all), if all == 2 { "both" } else { "all" })
            }
        }
    }

    fn drawn(&self) -> usize {
        self.languages.len().min(DRAWN)
    }

    pub(super) fn section(&self, view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
        let statements = std::slice::from_ref(&self.asked.statement);
        Ok(html! {
            section aria-labelledby="neurons-of" {
                h2 #neurons-of { "Its neurons" }
                @if self.all.is_empty() {
                    p.nothing { "No neuron passes the threshold in any language." }
                    (notes(&self.asked.answer.notes))
                    (statement::behind(view, statements))
                } @else {
                    p.of.key {
                        "The larger a mark, the higher the score"
                        @if self.languages.len() > 1 { "; " span.own { "●" } " in one language, " span.shared { "◆" } " in several" }
                        @if choice.has_prompts() { "; of several prompts the highest score" }
                        "."
                    }
                    div.pictures { @for language in 0..self.drawn() { (self.figure(view, language)) } }
                    @if self.languages.len() > DRAWN || self.languages.len() < choice.compared.len() {
                        p.note { "Drawn are " (self.drawn()) " of the " (choice.compared.len()) " languages; choose others above." }
                    }
                    @if self.is_cut() {
                        p.note { "These are the " (whole(self.asked.answer.rows.len() as u64)) " highest scores; there are more, which are in no picture and no count here. A higher τ has all of fewer." }
                    }
                    (notes(&self.asked.answer.notes))
                    (self.table(view)?)
                    (statement::behind(view, statements))
                }
            }
        })
    }

    /// What language has, the strongest first.
    fn marks(&self, language: usize) -> Vec<Mark> {
        let of = |neuron: &Neuron| {
            let score = *neuron.scores.get(&language)?;
            Some(Mark { layer: neuron.layer, neuron: neuron.unit, score, is_shared: neuron.scores.len() > 1 })
        };
        let mut marks: Vec<Mark> = self.all.iter().filter_map(of).collect();
        marks.sort_by(|a, b| strongest(b.score, a.score).then((a.layer, a.neuron).cmp(&(b.layer, b.neuron))));
        marks
    }

    fn figure(&self, view: &View<'_>, language: usize) -> Markup {
        let marks = self.marks(language);
        let Shape { layers, width } = self.run.spec.shape;
        let name = &self.languages[language];
        let link = |layer, neuron| self.link(view, layer, neuron).with("lang", name);
        html! {
            figure.neurons {
                figcaption {
                    b { bdi { (name) } } ": " (counted(marks.len() as u64, "neuron", "neurons")) " of " (whole(u64::from(layers) * u64::from(width)))
                    @if let Some(Mark { layer, neuron, score: Some(score), .. }) = marks.first() {
                        ", the highest score " (value::short(f64::from(*score))) " at " a href=(link(*layer, *neuron)) { (layer) ":" (neuron) }
                    }
                    @if marks.len() > LINKED { "; small squares without a link are beyond the first " (LINKED) }
                }
                (picture(self.run.spec.shape, &marks, link))
            }
        }
    }

    fn link(&self, view: &View<'_>, layer: u32, neuron: u32) -> link::Link {
        link::neuron(view, &self.run.spec.name, layer, neuron).maybe("tau", view.parameter("tau"))
    }

    /// A row a neuron, a column a language.
    fn table(&self, view: &View<'_>) -> Result<Markup> {
        let sort = Sort::of(view, &self.languages[..self.drawn()])?;
        let mut all: Vec<&Neuron> = self.all.iter().collect();
        sort.apply(&mut all);
        let expected = "a whole number from 1 on";
        let page = view.parsed::<usize>("neurons.page", expected)?.unwrap_or(1);
        let pages = all.len().div_ceil(PAGE);
        if page == 0 || page > pages {
            let expected = format!("a page of the {pages} that there are");
            return Err(Problem::parameter("neurons.page", &page.to_string(), expected));
        }
        let from = (page - 1) * PAGE;
        let shown = &all[from..all.len().min(from + PAGE)];
        let to = |page: usize| link::here(view).with("neurons.page", page).at("neurons");
        let several = self.languages.len() > 1;
        Ok(html! {
            div.table #neurons {
                div.scroll tabindex="0" role="region" aria-label="Neurons and their scores" {
                    table {
                        caption {
                            "Neurons and their scores in each language"
                            @if pages > 1 { ", rows " (whole(from as u64 + 1)) " to " (whole((from + shown.len()) as u64)) " of " (whole(all.len() as u64)) }
                        }
                        thead {
                            tr {
                                (sort.header(view, "neuron", "neuron", false))
                                @for name in &self.languages[..self.drawn()] { (sort.header(view, name, name, true)) }
                                @if several { (sort.header(view, "languages", "languages", true)) }
                            }
                        }
                        tbody {
                            @for neuron in shown {
                                tr {
                                    th scope="row" { a href=(self.link(view, neuron.layer, neuron.unit)) { (neuron.layer) ":" (neuron.unit) } }
                                    @for language in 0..self.drawn() { td.number { (cell(neuron.scores.get(&language))) } }
                                    @if several { td.number { (neuron.scores.len()) } }
                                }
                            }
                        }
                    }
                }
                @if pages > 1 {
                    nav.pages aria-label="Pages of neurons" {
                        @if page > 1 { a href=(to(page - 1)) rel="prev" { "Before" } " " }
                        span { "Page " (page) " of " (pages) }
                        @if page < pages { " " a href=(to(page + 1)) rel="next" { "Next" } }
                    }
                }
            }
        })
    }
}

fn ask(view: &View<'_>, choice: &Choice<'_>, languages: &[String]) -> Result<Asked> {
    let among = choice.among(languages);
    view.ask(&format!("{} {}", choice.of_fact(view, "kn").among("lang", among), choice.rows(view, among)))
}

fn cell(score: Option<&Option<f32>>) -> Markup {
    match score {
        Some(Some(score)) => html! { span title=(format!("{score:?}")) { (value::short(f64::from(*score))) } },
        Some(None) => html! { "yes" },
        None => html! { span.null { "–" } },
    }
}

/// The order of two scores; what has none comes before all.
fn strongest(a: Option<f32>, b: Option<f32>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// What most languages have first, and the strongest of those.
fn strongest_of_most(a: &Neuron, b: &Neuron) -> Ordering {
    let by_score = || strongest(b.highest(), a.highest());
    b.scores.len().cmp(&a.scores.len()).then_with(by_score).then((a.layer, a.unit).cmp(&(b.layer, b.unit)))
}

/// By which column the table is sorted.
struct Sort<'a> {
    /// As the address says it, without the sign.
    name: &'a str,
    is_down: bool,
    column: Column,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Neuron,
    Languages,
    Language(usize),
}

impl<'a> Sort<'a> {
    fn of(view: &'a View<'_>, languages: &[String]) -> Result<Self> {
        let Some(given) = view.parameter("neurons.sort") else {
            return Ok(Self { name: "languages", is_down: true, column: Column::Languages });
        };
        let (name, is_down) = given.strip_prefix('-').map_or((given, false), |name| (name, true));
        let column = match (name, languages.iter().position(|language| language == name)) {
            (_, Some(language)) => Column::Language(language),
            ("neuron", _) => Column::Neuron,
            ("languages", _) => Column::Languages,
            _ => {
                let expected = format!("neuron, languages, {}, or one of them with - before it", languages.join(", "));
                return Err(Problem::parameter("neurons.sort", given, expected));
            }
        };
        Ok(Self { name, is_down, column })
    }

    /// Sorts what has the usual order already; that one decides among equals.
    fn apply(&self, all: &mut [&Neuron]) {
        let is_down = self.is_down;
        let turned = |order: Ordering| if is_down { order.reverse() } else { order };
        match self.column {
            Column::Neuron => all.sort_by(|a, b| turned((a.layer, a.unit).cmp(&(b.layer, b.unit)))),
            Column::Languages => all.sort_by(|a, b| turned(a.scores.len().cmp(&b.scores.len()))),
            Column::Language(language) => all.sort_by(|a, b| {
                let (a, b) = (a.scores.get(&language), b.scores.get(&language));
                match (a, b) {
                    (Some(a), Some(b)) => turned(strongest(*a, *b)),
                    // What the language does not have comes last, either way.
                    (a, b) => b.is_some().cmp(&a.is_some()),
                }
            }),
        }
    }

    fn header(&self, view: &View<'_>, name: &str, shown: &str, is_number: bool) -> Markup {
        let sorted = (self.name == name).then_some(if self.is_down { "descending" } else { "ascending" });
        let is_next_down = sorted.map_or(is_number, |sorted| sorted == "ascending");
        let sign = if is_next_down { "-" } else { "" };
        let link = link::here(view).without("neurons.page").with("neurons.sort", format!("{sign}{name}")).at("neurons");
        html! { th scope="col" class=[is_number.then_some("number")] aria-sort=[sorted] { a href=(link) { (shown) } } }
    }
}
