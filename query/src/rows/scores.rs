//! `score`: that of a pair, in rows that are about one language, prompt and run each.
//!
//! A pair that several languages or prompts found has a score of each, and so a row of each, where `by` names them. Rows of several scores
//! have none, and say which dimension is missing.

use super::partition::{Splits, one_source};
use super::shape::Grouping;
use crate::error::QueryError;
use crate::plan::{Pairs, Source};
use crate::run::eval::Worker;
use crate::syntax::ast::{Dim, Dimension};
use crate::syntax::span::Span;
use kndb_storage::PartKind;
use std::collections::BTreeSet;

/// The source whose scores the rows have.
fn source_of<'p, 's>(pairs: &'p Pairs<'s>, splits: &Splits) -> Option<&'p Source<'s>> {
    if splits.is_whole() { pairs.only_source().or_else(|| pairs.scored_source()) } else { pairs.only_source() }
}

/// Refuses rows of several scores, or of none, if a grouping asks for them.
pub(super) fn check(pairs: &Pairs<'_>, splits: &Splits, dims: &[Dim], grouping: &Grouping) -> Result<(), QueryError> {
    let Some(span) = grouping.score else { return Ok(()) };
    let Some(source) = source_of(pairs, splits) else {
        let reason = "`score` needs a set that still knows where its pairs were found";
        return Err(QueryError::kind(span, reason).hint(one_source("kn", pairs)));
    };
    // Where some facts have scores and others sets alone, the scores of these are not known, as in a list of pairs.
    let prompts = source.cells.iter().flat_map(|cell| &cell.prompts);
    let mut kinds = prompts.flat_map(|prompt| &prompt.parts).map(|part| part.live.part.kind()).peekable();
    let without = kinds.peek().is_some() && kinds.all(|kind| kind != PartKind::Scores);
    if source.groups || without {
        let reason = "these pairs have no scores: they come from neuron sets or groups";
        return Err(QueryError::kind(span, reason).hint("ask a run that keeps scores: `kn[run=\"…\"]`"));
    }
    (0..splits.len()).try_for_each(|number| one_each(source, &splits.entries(number, source), dims, span))
}

/// Whether a part is of one language, prompt and run.
fn one_each(
    source: &Source<'_>,
    entries: &[(usize, Option<usize>)],
    dims: &[Dim],
    span: Span,
) -> Result<(), QueryError> {
    let cells = || entries.iter().map(|&(cell, _)| &source.cells[cell]);
    let languages: BTreeSet<_> = cells().map(|cell| cell.language).collect();
    let runs: BTreeSet<_> = cells().map(|cell| cell.run).collect();
    let prompts: BTreeSet<_> = entries
        .iter()
        .flat_map(|&(cell, only)| {
            let prompts = &source.cells[cell].prompts;
            only.map_or(&prompts[..], |only| &prompts[only..=only])
        })
        .map(|prompt| prompt.prompt)
        .collect();
    let several =
        [(Dimension::Lang, languages.len()), (Dimension::Prompt, prompts.len()), (Dimension::Run, runs.len())];
    let missing: Vec<&str> =
        several.iter().filter(|(_, count)| *count > 1).map(|(dimension, _)| dimension.word()).collect();
    let [first, ..] = missing.as_slice() else { return Ok(()) };
    let reason = format!(
        "`score` is one of a pair in one language, with one prompt, in one run; these rows are of several ({first})"
    );
    let by: Vec<&str> = dims.iter().map(|dim| dim.dimension.word()).chain(missing.iter().copied()).collect();
    Err(QueryError::kind(span, reason).hint(format!("a row each: `by {}`", by.join(", "))))
}

/// The scores of a fact's neurons, which ascend, in a part; NaN where there is none.
pub(super) fn scores_of<'s>(
    worker: &mut Worker<'_, 's>,
    (pairs, splits): (&Pairs<'s>, &Splits),
    number: usize,
    fact: u32,
    neurons: &[u32],
    out: &mut Vec<f32>,
) -> Result<(), QueryError> {
    out.clear();
    out.resize(neurons.len(), f32::NAN);
    let Some(source) = source_of(pairs, splits) else { return Ok(()) };
    let entries = splits.entries(number, source);
    let of_entry = |&(cell, only): &(usize, Option<usize>)| {
        let cell = &source.cells[cell];
        let prompt = cell.prompts.get(only.unwrap_or(0))?;
        Some((cell, prompt))
    };
    // They are one language, prompt and run: `check` has seen to it.
    match entries.iter().find_map(of_entry) {
        None => Ok(()),
        Some((cell, prompt)) => worker.scores_of((cell, prompt), fact, neurons, out),
    }
}
