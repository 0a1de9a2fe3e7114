//! `/relation/P36?run=&lang=&tau=`: the neurons of a relation, where they are, how much of them is chance, what other relations share, its facts.

use kndb_plot::Bars;
use kndb_query::{SourceKind, Value};
use kndb_report::figures::{self, Selection};
use kndb_storage::{Content, RelationId, Run};
use maud::{Markup, html};

use super::languages;
use crate::ask::Asked;
use crate::frame::Page;
use crate::parts::chips::{Chip, chips};
use crate::parts::figure::{figure, or_refused};
use crate::parts::slider::{self, Slider};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::parts::value::visible;
use crate::parts::{counted, link, matrix, numbers};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Neurons of a table.
const NEURONS: usize = 20;
/// Languages that are compared with each other, and drawn; the page of languages has more.
const LANGUAGES: usize = Bars::MOST_SERIES;

/// With so many relations each two are compared unasked: what chance gives of each takes some milliseconds.
const RELATIONS: usize = 5;

/// A relation in a run, and a language that is looked at more closely.
struct Of<'a> {
    view: &'a View<'a>,
    /// Its id in the data.
    id: &'a str,
    run: &'a Run,
    /// All languages of the run, those with the most entries first.
    languages: &'a [&'a str],
    language: &'a str,
    tau: Option<f64>,
}

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let relation = view.relation_named(view.segment(1))?;
    let (id, shown) = (view.snapshot.relation_name(relation), view.snapshot.relation_shown(relation, None));
    let facts = view.snapshot.facts_of_relation(relation)?.len();
    let with: Vec<&Run> = view.snapshot.runs_with(Content::Attributions).collect();
    let run = match view.parameter("run") {
        Some(name) => Some(view.run_named(name)?),
        None => with.first().copied(),
    };
    let lead = html! { p.lead { (counted(facts, "fact", "facts")) (called(view, relation)) "." } };
    let Some(run) = run else {
        let listing = view.ask(&Source::new("facts").is("relation", id).to_string())?;
        let body = html! {
            (lead)
            p.nothing { "No run has scores or sets of neurons yet: " code { "kndb attribute" } " computes scores." }
            section aria-labelledby="facts" { h2 #facts { "Facts" } (Table::new(view, &listing, "Facts of the relation").markup()?) }
        };
        return Ok(Page::new(shown, body));
    };
    let languages: Vec<&str> =
        view.languages_by_entries(run)?.into_iter().map(|language| view.snapshot.language_name(language)).collect();
    let Some(language) = language(view, &languages)? else {
        let body = html! { (lead) (languages::runs(view, &with, run)) p.nothing { "The run " bdi { (run.spec.name) } " has no neurons." } };
        return Ok(Page::new(shown, body));
    };
    let tau = view.tau()?;
    let of = Of { view, id, run, languages: &languages, language, tau };
    let slider = Slider::tau(view, tau, &[run], &languages);
    let body = html! {
        (lead)
        (slider::moved("choices", &html! { (languages::runs(view, &with, run)) (of.language_chips()) }))
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &super::said_tau(tau)))
        (slider::moved("answer", &of.sections()?))
    };
    Ok(Page::new(shown, body))
}

/// What else it is called, in the languages that the store has names in.
fn called(view: &View<'_>, relation: RelationId) -> Markup {
    let english = view.snapshot.relation_called(relation, None);
    let mut names: Vec<(&str, &str)> = Vec::new();
    for (_, language) in view.snapshot.languages() {
        let name = view.snapshot.relation_called(relation, Some(language)).filter(|name| Some(*name) != english);
        if let Some(name) = name.filter(|name| names.iter().all(|(_, known)| known != name)) {
            names.push((language, name));
        }
    }
    html! {
        @if !names.is_empty() {
            ", also called "
            @for (at, (language, name)) in names.iter().enumerate() { @if at > 0 { ", " } (crate::parts::label(name, language)) }
        }
    }
}

/// The language that the address names, else English if it is there, else the one with the most entries.
fn language<'a>(view: &View<'_>, all: &[&'a str]) -> Result<Option<&'a str>> {
    match view.parameter("lang") {
        Some(given) => {
            let known = all.iter().copied().find(|language| *language == given);
            known.map(Some).ok_or_else(|| Problem::parameter("lang", given, format!("one of {}", all.join(", "))))
        }
        None => Ok(all.iter().copied().find(|language| *language == "en").or(all.first().copied())),
    }
}

impl Of<'_> {
    fn language_chips(&self) -> Markup {
        if self.languages.len() < 2 {
            return html! {};
        }
        let here = link::here(self.view);
        let chip = |language: &&str| {
            Chip::new(*language, here.clone().with("lang", language)).shown(*language == self.language)
        };
        chips("Language", &self.languages.iter().map(chip).collect::<Vec<_>>())
    }

    /// Neurons of the relation, in the language or in none.
    fn kn(&self, language: Option<&str>) -> Source {
        let source = Source::of_run(self.view, "kn", self.run).is("relation", self.id);
        source.among("lang", language.as_slice()).tau(self.tau)
    }

    fn sections(&self) -> Result<Markup> {
        let Self { language, .. } = self;
        Ok(html! {
            section aria-labelledby="layers" { h2 #layers { "By layer" } (self.by_layer()?) }
            section aria-labelledby="neurons" {
                h2 #neurons { "Neurons of most facts, in " bdi { (language) } }
                (or_refused(self.neurons())?)
            }
            @if self.languages.len() > 1 {
                section aria-labelledby="languages" { h2 #languages { "Between languages" } (or_refused(self.between())?) }
            }
            section aria-labelledby="relations" {
                h2 #relations { "Beside other relations, in " bdi { (language) } }
                (or_refused(self.others())?)
            }
            section aria-labelledby="facts" { h2 #facts { "Facts, in " bdi { (language) } } (or_refused(self.facts())?) }
        })
    }

    fn by_layer(&self) -> Result<Markup> {
        let languages = self.languages.iter().take(LANGUAGES).map(|language| (*language).to_owned()).collect();
        let selection = Selection {
            runs: vec![self.run.spec.name.clone()],
            languages,
            relations: vec![self.id.to_owned()],
            tau: self.tau,
            ..Selection::default()
        };
        let drawn = figures::by_layer_as(&self.view.store, &self.view.manner(), SourceKind::Kn, &selection);
        let numbers = drawn.as_ref().ok().and_then(|drawn| drawn.figure.as_ref()).map(numbers::of);
        let layers =
            link::layers(self.view).with("run", &self.run.spec.name).with("relation", self.id).maybe("tau", self.tau);
        Ok(html! {
            div.beside-each-other { (figure(self.view, drawn)?) @if let Some(numbers) = numbers { (numbers) } }
            p.note { a href=(layers) { "Other kinds of neurons by layer" } }
        })
    }

    fn neurons(&self) -> Result<Markup> {
        let statement =
            format!("{} by neuron against chance order by facts top {NEURONS}", self.kn(Some(self.language)));
        let mut asked = self.view.ask(&statement)?;
        // One neuron a row, and each pair a fact.
        asked.hide(&["pairs", "neurons"]);
        let table = Table::new(self.view, &asked, "Neurons of most facts, and how likely as many are by chance");
        table.named("neuron").of_run(&self.run.spec.name).rows(NEURONS).markup()
    }

    fn between(&self) -> Result<Markup> {
        let some = &self.languages[..self.languages.len().min(LANGUAGES)];
        let source = Source::of_run(self.view, "kn", self.run).is("relation", self.id);
        let source = if some.len() == self.languages.len() { source } else { source.among("lang", some) };
        let asked = self.view.ask(&format!("similarity({}) between lang", source.tau(self.tau)))?;
        let link = |left: &str, right: &str| {
            let languages = link::languages(self.view).with("run", &self.run.spec.name).maybe("tau", self.tau);
            languages.with("a", left).with("b", right)
        };
        Ok(html! {
            div.beside-each-other {
                (matrix::matrix(&asked.answer, &format!("Languages in facts of {}", self.id), &link))
                (Table::new(self.view, &asked, "Each two languages").named("lang").markup()?)
            }
            @if some.len() < self.languages.len() { p.note { "These are the " (some.len()) " languages with the most entries, of " (self.languages.len()) "." } }
        })
    }

    /// The rows of this relation among those of each two.
    fn others(&self) -> Result<Markup> {
        let others = self.view.snapshot.relations().len().saturating_sub(1);
        if others == 0 {
            return Ok(html! { p.nothing { "The store has no other relation." } });
        }
        if others >= RELATIONS && self.view.parameter("others").is_none() {
            let link = link::here(self.view).with("others", "yes").at("relations");
            return Ok(html! {
                p { a href=(link) { "Compare it with the " (others) " other relations" } ": that takes a moment, for each two relations are compared, and with chance." }
            });
        }
        let source = Source::of_run(self.view, "kn", self.run).is("lang", self.language).tau(self.tau);
        let mut asked = self.view.ask(&format!("similarity({source}) between relation order by similarity"))?;
        let of_this = |value: &Value<'_>| matches!(value, Value::Text(shown) if shown.split_once(" (").map_or(shown.as_ref(), |(id, _)| id) == self.id);
        asked.answer.rows.retain(|row| row.iter().take(2).any(of_this));
        // This one on the left, whichever sorts first.
        asked.answer.rows.iter_mut().filter(|row| !of_this(&row[0])).for_each(|row| row.swap(0, 1));
        Table::new(self.view, &asked, "Neurons that any fact has, beside those of other relations; of the rows of the statement, those of this one")
            .named("other")
            .rows(NEURONS)
            .markup()
    }

    fn facts(&self) -> Result<Markup> {
        let source = |word| Source::of_run(self.view, word, self.run).is("relation", self.id).is("lang", self.language);
        let mut asked = self.view.ask(&source("entries").to_string())?;
        let unknown = unknown(&asked);
        asked.hide(&unknown);
        asked.hide(&["relation", "lang"]);
        let without = format!("{} - facts of {}", Source::new("facts").is("relation", self.id), source("entries"));
        let table = Table::new(self.view, &asked, "What was measured of each fact that was attributed").named("fact");
        Ok(html! {
            (table.markup()?)
            p.note { "Facts of the relation that were not attributed: " code { a href=(link::query(self.view, &without)) { (visible(&without)) } } }
        })
    }
}

/// Columns in which nothing is known in any row.
fn unknown(asked: &Asked) -> Vec<&'static str> {
    let answer = &asked.answer;
    let is_unknown = |at: usize| !answer.rows.is_empty() && answer.rows.iter().all(|row| row[at] == Value::Null);
    (0..answer.columns.len()).filter(|at| is_unknown(*at)).map(|at| answer.columns[at].name).collect()
}
