//! How often the neuron is used, by language and relation; and the facts, those with the highest scores first.

use kndb_storage::Content;
use maud::{Markup, html};

use super::place::Place;
use crate::ask::Asked;
use crate::parts::chips::{Chip, chips};
use crate::parts::row::{Row, rows};
use crate::parts::table::Table;
use crate::parts::{counted, link, notes, statement};
use crate::problem::Result;
use crate::view::View;

/// Languages that the sentence tells of.
const TOLD: usize = 6;

/// How often a language uses it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) language: String,
    pub(super) facts: u64,
}

/// The languages that use it, those of most facts first. Of how many facts that is would take a look at each fact of each language: it is told
/// of the one language that is looked at.
pub(super) struct Used {
    asked: Asked,
    pub(super) counts: Vec<Count>,
}

impl Used {
    pub(super) fn ask(view: &View<'_>, place: &Place<'_>) -> Result<Self> {
        let asked = view.ask(&format!("{} & {} by lang order by facts", place.kn(view), place.neurons()))?;
        let count = |row: Row<'_>| Some(Count { language: row.text("lang")?.to_owned(), facts: row.whole("facts")? });
        let counts = rows(&asked.answer).filter_map(count).collect();
        Ok(Self { asked, counts })
    }

    /// The language that is looked at: the one that is named, or the one that uses the neuron most; none where no fact does.
    pub(super) fn language(&self, place: &Place<'_>) -> Option<String> {
        let used = self.counts.first()?;
        Some(place.named.clone().unwrap_or_else(|| used.language.clone()))
    }

    /// How many facts of a language use it.
    pub(super) fn facts(&self, language: &str) -> u64 {
        self.counts.iter().find(|count| count.language == language).map_or(0, |count| count.facts)
    }

    pub(super) fn section(&self, view: &View<'_>, place: &Place<'_>) -> Result<Markup> {
        let by_relation = self.language(place).map(|language| by_relation(view, place, &language)).transpose()?;
        Ok(html! {
            section aria-labelledby="used" {
                h2 #used { "How often it is used" }
                @if self.counts.is_empty() {
                    p.nothing { "No fact of the run has this neuron above the threshold, in any language." }
                    (notes(&self.asked.answer.notes))
                } @else {
                    p { (self.said()) }
                    (notes(&self.asked.answer.notes))
                }
                (statement::behind(view, &[&self.asked.statement]))
                @if let Some(table) = by_relation { (table) }
            }
        })
    }

    /// How often, in a few words.
    pub(super) fn said(&self) -> String {
        let (told, more) = self.counts.split_at(self.counts.len().min(TOLD));
        let of = |count: &Count| format!("{} in {}", counted(count.facts, "fact", "facts"), count.language);
        let mut told: Vec<String> = told.iter().map(of).collect();
        if !more.is_empty() {
            told.push(format!("some in {} more languages", more.len()));
        }
        match told.as_slice() {
            [] => "No fact has it above this threshold.".to_owned(),
            [one] => format!("It is a knowledge neuron of {one}."),
            [first @ .., last] => format!("It is a knowledge neuron of {} and {last}.", first.join(", ")),
        }
    }

    /// Which language all below is of.
    pub(super) fn languages(&self, view: &View<'_>, shown: &str) -> Markup {
        let here = || link::here(view).without("facts.page");
        let chip = |count: &Count| {
            Chip::new(&*count.language, here().with("lang", &count.language))
                .counting(count.facts)
                .shown(count.language == shown)
        };
        chips("Below, in", &self.counts.iter().map(chip).collect::<Vec<_>>())
    }
}

/// Of all languages, or of a run with very many entries of the one that is looked at.
fn by_relation(view: &View<'_>, place: &Place<'_>, language: &str) -> Result<Markup> {
    let is_long = view.snapshot.holds(place.run.id)?.entries() > view.explorer.options.limits.unasked;
    let kn = if is_long { place.kn(view).is("lang", language) } else { place.kn(view) };
    let neurons = place.neurons();
    let mut asked = view.ask(&format!("{kn} & {neurons} by relation, lang order by facts"))?;
    // Of one neuron a pair is a fact.
    asked.hide(&["pairs", "neurons"]);
    let caption = "Facts that use it, by relation and language; share: of the facts that use it in any language";
    Table::new(view, &asked, caption).named("relations").rows(12).markup()
}

/// The facts of a language.
pub(super) fn list(view: &View<'_>, place: &Place<'_>, language: &str) -> Result<Markup> {
    let (kn, neurons) = (place.kn(view).is("lang", language), place.neurons());
    let prompt = if has_prompts(view, place, language) { ", prompt" } else { "" };
    // Of neuron sets alone there is no score.
    let scored = view.snapshot.languages_with(place.run.id, Content::Scores);
    let has_scores = scored.into_iter().any(|scored| view.snapshot.language_name(scored) == language);
    let order = if has_scores { " order by score" } else { "" };
    let mut asked = view.ask(&format!("{kn} & {neurons} by fact, relation, subject, object, neuron{prompt}{order}"))?;
    asked.hide(&["layer", "neuron", "pairs", "facts", "neurons", "share"]);
    Ok(html! {
        section aria-labelledby="facts-of" {
            h2 #facts-of { "The facts that use it" }
            @if asked.answer.rows.is_empty() {
                p.nothing { "No fact has it above the threshold in " bdi { (language) } "." }
                (notes(&asked.answer.notes))
                (statement::behind(view, &[&asked.statement]))
            } @else {
                (Table::new(view, &asked, format!("Facts that use it in {language}{}", if has_scores { ", the highest scores first" } else { "" })).named("facts").rows(25).markup()?)
            }
        }
    })
}

/// Whether the run has several prompts in a language: then a pair has a score in each.
fn has_prompts(view: &View<'_>, place: &Place<'_>, language: &str) -> bool {
    let slots = view.snapshot.slots_of(place.run.id).0;
    slots.filter(|slot| view.snapshot.language_name(slot.language) == language).count() > 1
}
