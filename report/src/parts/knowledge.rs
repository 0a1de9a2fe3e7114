//! What the models know: without it, findings about facts say nothing of knowledge.

use kndb_query::Measure;
use kndb_storage::Knowledge;
use kndb_wording::knowledge as words;
use maud::{Markup, html};

use super::table::{folded, table};
use super::words::sentence;
use super::{Parts, Perhaps, Section, Shown};
use crate::error::Result;
use crate::figures::{self, name_text};
use kndb_plot::Bars;

/// More relations in more languages are told apart by the language alone.
const MOST_GROUPS: usize = 24;

impl Parts<'_> {
    /// The section of what the models know: a figure and a table a run.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn knowledge(&self, shown: &[Shown]) -> Result<Perhaps> {
        let mut parts = Vec::new();
        for of in shown {
            let Some(knows) = &of.knows else { continue };
            parts.push(html! { h3 { "Run " (of.run.spec.name) } (self.what_is_known(of, knows)?) });
        }
        if parts.is_empty() {
            return Ok(Err("what the models know: no run has scores or neuron sets".into()));
        }
        if !shown.iter().filter_map(|of| of.knows.as_ref()).any(Knowledge::is_known) {
            return Ok(Err("what the models know: how likely the right objects were is not stored of any run".into()));
        }
        let body = html! {
            p {
                "p is the probability of the right object on the prompt, as it was measured when the fact was attributed; of an object of several "
                "tokens it is the product of the tokens' probabilities. Where it is small, scores tell what moves a small number. An answer is right if "
                "the right object is the model's first; one of several tokens, if each of them is behind the right ones before it, so that the model, "
                "answering token by token, would say it."
            }
            @for part in &parts { (part) }
        };
        Ok(Ok(Section { id: "knowledge".into(), heading: "What the models know".into(), body }))
    }

    /// What the model of a run knows: the share of right answers, or the mean p, as bars; and the counts.
    fn what_is_known(&self, of: &Shown, knows: &Knowledge) -> Result<Markup> {
        let rows: Vec<Vec<String>> = words::rows(knows).into_iter().map(Vec::from).collect();
        let heading = format!("What the model of run {} knows, by language and relation", of.run.spec.name);
        let answered = knows.parts.iter().any(|part| part.answered > 0);
        let figure = knows.is_known().then(|| {
            let measure = if answered { Measure::Correct } else { Measure::P };
            let query = self.entries(of, knows);
            let what = if answered { "Share of right answers" } else { "Mean p of the right object" };
            let title = format!("{what}: {} (run {})", of.run.spec.model, of.run.spec.name);
            figures::of_statement(self.store, &query, None, Some(measure)).map(|of| of.titled(title))
        });
        Ok(html! {
            @if let Some(figure) = figure {
                (self.figure(figure)?)
            }
            @if knows.is_known() { (folded(&heading, rows.len(), &table(&heading, &words::COLUMNS, &rows))) }
            @for note in words::notes(knows) { p.remark { (sentence(&note)) } }
        })
    }

    /// The query of the entries that are left, by relation and language where a figure holds that.
    fn entries(&self, of: &Shown, knows: &Knowledge) -> String {
        let of_run = match self.snapshot.runs().len() {
            1 => "entries".to_owned(),
            _ => format!("entries[run={}]", name_text(&of.run.spec.name)),
        };
        let count = |what: fn(&kndb_storage::Known) -> Option<&str>| {
            let mut names: Vec<&str> = knows.parts.iter().filter_map(what).collect();
            names.sort_unstable();
            names.dedup();
            names.len()
        };
        let (languages, relations) = (count(|part| Some(&part.language)), count(|part| part.relation.as_deref()));
        let by = match (languages, relations) {
            (_, 0 | 1) => "lang",
            (1, ..=MOST_GROUPS) => "relation",
            (..=Bars::MOST_SERIES, ..=MOST_GROUPS) => "relation, lang",
            _ => "lang",
        };
        format!("{} by {by}", of.kept.of_facts.around(&of_run))
    }
}
