//! A store in a few sentences: what it holds, and what stands out in each run. Their numbers are those of the figures further down.

use kndb_query::SourceKind;
use maud::{Markup, html};

use super::storage::languages;
use super::words::{count, grouped, list, percent};
use super::{Parts, Shown};
use crate::answer::{Answer, number};
use crate::error::{Error, Result};
use crate::figures;

/// Runs that are told of; further ones are in the table of runs.
const RUNS_TOLD: usize = 6;
/// Languages that are named; further ones are counted.
const LANGUAGES_TOLD: usize = 6;

impl Parts<'_> {
    /// What the store holds, and a sentence or two of each run.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn overview(&self, shown: &[Shown]) -> Result<Markup> {
        let mut runs = Vec::new();
        for of in shown.iter().take(RUNS_TOLD) {
            runs.push((of.run.spec.name.clone(), self.about_run(of)?));
        }
        let more = shown.len().saturating_sub(RUNS_TOLD);
        Ok(html! {
            p.lead { (self.about_store()) }
            @if !runs.is_empty() {
                ul.lead { @for (name, about) in &runs { li { strong { (name) } ": " (about) } } }
            }
            @if more > 0 { p.remark { "And " (count(more as u64, "more run", "more runs")) ", in the table of runs." } }
        })
    }

    /// `The store holds 572 facts of 6 relations, with labels in 2 languages (en and zh), and 2 runs.`
    pub fn about_store(&self) -> String {
        let snapshot = self.snapshot;
        let runs = snapshot.runs().len() as u64;
        let with_runs = if runs == 0 { "The store has no run yet.".to_owned() } else { String::new() };
        let facts = snapshot.fact_count();
        if facts == 0 {
            let held =
                if runs > 0 { format!(" It has {}.", count(runs, "run", "runs")) } else { format!(" {with_runs}") };
            return format!("The store has no facts yet.{held}");
        }
        let named: Vec<String> = snapshot
            .label_counts()
            .into_iter()
            .map(|(language, _)| snapshot.language_name(language).to_owned())
            .collect();
        let labels = match named.len() as u64 {
            0 => ", without labels".to_owned(),
            languages => {
                format!(
                    ", with labels in {} ({})",
                    count(languages, "language", "languages"),
                    list(&named, LANGUAGES_TOLD)
                )
            }
        };
        let relations = snapshot.relations().len() as u64;
        let of =
            if relations > 0 { format!(" of {}", count(relations, "relation", "relations")) } else { String::new() };
        let held = format!("The store holds {}{of}{labels}", count(facts, "fact", "facts"));
        if runs == 0 { format!("{held}. {with_runs}") } else { format!("{held}, and {}.", count(runs, "run", "runs")) }
    }

    /// `bilingual-masked (4 layers × 512 neurons), 1,144 entries in en and zh, finished. Right answers: …`
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn about_run(&self, of: &Shown) -> Result<String> {
        let (snapshot, spec) = (self.snapshot, &of.run.spec);
        let holds = snapshot.holds(of.run.id)?;
        let state = if of.run.finished { "" } else { ", not finished" };
        let mut told = format!("{} ({} neurons) by {}", spec.model, spec.shape, spec.method);
        if holds.entries() == 0 {
            return Ok(format!("{told}; it holds nothing yet."));
        }
        let named = list(&languages(snapshot, &holds), LANGUAGES_TOLD);
        told += &format!(", {} in {named}{state}.", count(holds.entries(), "entry", "entries"));
        told += &known(of);
        if holds.attributed > 0 {
            let all = figures::languages_of(snapshot, SourceKind::Kn, of.run.id).len();
            told += &self.peak(of, SourceKind::Kn, "knowledge neurons")?;
            if all > 1 {
                told += &self.peak(of, SourceKind::Likn, "language-independent neurons")?;
            }
        }
        if holds.searched > 0 {
            told += &self.peak(of, SourceKind::Dkn, "degenerate neurons")?;
        }
        Ok(told)
    }

    /// ` 93.0 % of the language-independent neurons (441 of 474 pairs) are in layer 3.`
    fn peak(&self, of: &Shown, kind: SourceKind, name: &str) -> Result<String> {
        let source = figures::source(self.store, kind, &of.run.spec.name, &self.sets())?;
        let answer = match Answer::of(self.store, &format!("{source} by layer")) {
            Ok(answer) => answer,
            // What is refused is told where the figure would stand.
            Err(Error::Query { .. }) => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        let value = |row: usize, name: &str| {
            let cell = answer.column(name).and_then(|at| answer.rows.get(row)?.get(at));
            cell.and_then(number).unwrap_or_default()
        };
        let pairs = |row: usize| value(row, "pairs");
        let all: f64 = (0..answer.rows.len()).map(pairs).sum();
        let Some(most) = (0..answer.rows.len()).max_by(|a, b| pairs(*a).total_cmp(&pairs(*b))) else {
            return Ok(format!(" There are no {name}."));
        };
        let (layer, share) = (value(most, "layer"), value(most, "share"));
        Ok(format!(
            " {} of the {name} ({} of {}) are in layer {layer}.",
            percent(share),
            grouped(pairs(most) as u64),
            count(all as u64, "pair", "pairs")
        ))
    }
}

/// ` Right answers: 512 of 572 in en, 480 of 572 in zh.`
fn known(of: &Shown) -> String {
    let Some(knows) = &of.knows else { return String::new() };
    let totals = knows.parts.iter().filter(|part| part.relation.is_none() && part.answered > 0);
    let told: Vec<String> =
        totals.map(|part| format!("{} of {} in {}", part.right, part.answered, part.language)).collect();
    if told.is_empty() { String::new() } else { format!(" Right answers: {}.", list(&told, LANGUAGES_TOLD)) }
}
