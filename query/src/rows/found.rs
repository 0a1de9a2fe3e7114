//! `langs`, `prompts`, `runs`: in how many languages, with how many prompts, in how many runs a pair was found.
//!
//! As in rows by these dimensions: a pair is found in a language if enough of its prompts have it, and with those of them that
//! do. A percentage is one of the languages (prompts, runs) asked for in which the fact has an entry.

use super::partition::{Splits, one_source};
use super::shape::Grouping;
use crate::error::QueryError;
use crate::note::Notes;
use crate::plan::lower::source::{in_no_share, in_so_many};
use crate::plan::{Combine, Pairs, Quota, Source};
use crate::run::eval::Worker;
use crate::syntax::ast::{Having, Key, Measure, Number, SetOp};
use std::collections::BTreeSet;

/// The measures, in the order of a row's counts.
pub(super) const PLACES: [Measure; 3] = [Measure::Langs, Measure::Prompts, Measure::Runs];

const LANG: u8 = 0;
const PROMPT: u8 = 1;
const RUN: u8 = 2;

/// Where the pairs of a fact were found.
#[derive(Default)]
pub(super) struct Places {
    /// By neuron, ascending: the number of languages, prompts and runs.
    counts: Vec<(u32, [u32; 3])>,
    /// The same of the fact's entries.
    pub of: [u32; 3],
}

impl Places {
    pub(super) fn count(&self, neuron: u32) -> [u32; 3] {
        self.counts.binary_search_by_key(&neuron, |&(of, _)| of).map_or([0; 3], |at| self.counts[at].1)
    }
}

/// Refuses a set that does not know where its pairs were found, if a grouping asks for that.
pub(super) fn check(pairs: &Pairs<'_>, grouping: &Grouping) -> Result<(), QueryError> {
    let Some((measure, span)) = grouping.found else { return Ok(()) };
    let what = match measure {
        Measure::Prompts => "prompts",
        Measure::Runs => "runs",
        _ => "languages",
    };
    let error = QueryError::kind(span, format!("`{measure}` needs a set that still knows its {what}"));
    match pairs.only_source() {
        None => Err(error.hint(one_source("kn", pairs))),
        Some(source) if source.combine == Combine::Intersection => {
            let wanted = grouping.having.iter().find(|having| having.key == Key::Measure(measure));
            let wanted = wanted.map_or_else(|| format!("{measure} >= 2"), ToString::to_string);
            let all = "`likn` holds what all languages share";
            Err(error.hint(match measure {
                Measure::Prompts => format!(
                    "{all}; write `kn[…] by fact, neuron having langs >= 100% and {wanted}`, or `likn[…, {}]`",
                    wanted.replace(' ', "")
                ),
                Measure::Runs => format!("{all} of one run; write one `likn[run=…]` a run, and combine those"),
                _ => {
                    format!("{all}, as `kn[…] by fact, neuron having langs >= 100%` does, but for facts that lack one")
                }
            }))
        }
        Some(_) => Ok(()),
    }
}

/// Notes numbers of languages, prompts or runs that no pair can be found in: fewer are asked for.
pub(super) fn note_counts(pairs: &Pairs<'_>, grouping: &Grouping, splits: &Splits, notes: &Notes) {
    let Some(source) = pairs.only_source() else { return };
    for (kind, place) in PLACES.into_iter().enumerate() {
        let of_place = grouping.having.iter().filter(|having| having.key == Key::Measure(place));
        let tests: Vec<(&Having, Number)> =
            of_place.filter_map(|having| having.value.value().map(|number| (having, number))).collect();
        let Some(&(first, _)) = tests.first() else { continue };
        let most = (0..splits.len()).map(|number| most_of(source, &splits.entries(number, source))[kind]).max();
        let most = most.unwrap_or(0);
        let quotas: Vec<Quota> = tests.iter().map(|(having, number)| Quota::Asked(having.op, *number)).collect();
        if Quota::can_hold(&quotas, most) {
            continue;
        }
        let conditions: Vec<String> = tests.iter().map(|(having, _)| having.to_string()).collect();
        let percent = tests.iter().any(|(_, number)| number.percent);
        let text = if percent { in_no_share(conditions.join(" and "), most) } else { in_so_many(place, most) };
        notes.add(first.span, text);
    }
}

/// How many languages, prompts and runs some cells of a source are of.
fn most_of(source: &Source<'_>, entries: &[(usize, Option<usize>)]) -> [u32; 3] {
    let (mut languages, mut prompts, mut runs) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for &(cell, only) in entries {
        let cell = &source.cells[cell];
        let of_cell = only.map_or(&cell.prompts[..], |only| &cell.prompts[only..=only]);
        if !of_cell.is_empty() {
            languages.insert(cell.language);
            runs.insert(cell.run);
        }
        prompts.extend(of_cell.iter().map(|prompt| prompt.prompt));
    }
    [languages.len(), prompts.len(), runs.len()].map(|count| count as u32)
}

/// One prompt in which a fact was asked: its language, prompt and run.
pub(super) type Marks = [(u8, u32); 3];

/// Calls `each` with every prompt among some cells of a source that has an entry of a fact, and the pairs found with it.
pub(super) fn each_prompt<'s>(
    worker: &mut Worker<'_, 's>,
    source: &Source<'s>,
    entries: &[(usize, Option<usize>)],
    fact: u32,
    mut each: impl FnMut(Marks, &[u32]) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let (mut all, mut here) = (Vec::new(), Vec::new());
    for &(cell, only) in entries {
        let cell = &source.cells[cell];
        let prompts = only.map_or(&cell.prompts[..], |only| &cell.prompts[only..=only]);
        all.clear();
        worker.cell(source, cell, fact, &mut all)?;
        for prompt in prompts {
            if worker.locate(&prompt.parts, fact).is_none() {
                continue;
            }
            let marks = [(LANG, u32::from(cell.language.0)), (PROMPT, u32::from(prompt.prompt.0)), (RUN, cell.run.0)];
            if cell.prompts.len() > 1 {
                here.clear();
                worker.prompt(source, cell, prompt, fact, &mut here)?;
                worker.apply(SetOp::Intersection, &mut here, &all);
                each(marks, &here)?;
            } else {
                each(marks, &all)?;
            }
        }
    }
    Ok(())
}

/// Where the pairs of a fact were found among some cells of their source, or one prompt of each.
pub(super) fn places_of<'s>(
    worker: &mut Worker<'_, 's>,
    source: &Source<'s>,
    entries: &[(usize, Option<usize>)],
    fact: u32,
) -> Result<Places, QueryError> {
    // Of the fact, and of its neurons: which of the three, and its number.
    let mut of_fact: Vec<(u8, u32)> = Vec::new();
    let mut places: Vec<(u32, u8, u32)> = Vec::new();
    each_prompt(worker, source, entries, fact, |marks, neurons| {
        of_fact.extend(marks);
        places.extend(neurons.iter().flat_map(|&neuron| marks.map(|(kind, number)| (neuron, kind, number))));
        Ok(())
    })?;
    let mut found = Places::default();
    of_fact.sort_unstable();
    of_fact.dedup();
    of_fact.iter().for_each(|&(kind, _)| found.of[usize::from(kind)] += 1);
    places.sort_unstable();
    places.dedup();
    for (neuron, kind, _) in places {
        if found.counts.last().is_none_or(|&(last, _)| last != neuron) {
            found.counts.push((neuron, [0; 3]));
        }
        if let Some((_, counts)) = found.counts.last_mut() {
            counts[usize::from(kind)] += 1;
        }
    }
    Ok(found)
}
