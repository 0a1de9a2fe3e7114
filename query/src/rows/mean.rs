//! `mean`: the mean score of what a row is about, over every entry that was asked.
//!
//! Not over the pairs of the set: those below a threshold, or of score 0, would be missing from it. So it is asked of runs that keep every
//! score. A unit of which an entry has none (a role that a prompt lacks) does not count there.

use super::groups::Group;
use super::keys::FactKeys;
use super::partition::{Splits, one_source};
use super::shape::Grouping;
use super::tally::Split;
use crate::error::QueryError;
use crate::plan::{Combine, Pairs};
use crate::run::domain::Execution;
use crate::syntax::ast::Dimension;
use crate::syntax::span::Span;
use kndb_storage::{Keep, Neuron, PartKind, Run, Shape, Snapshot};
use std::collections::HashMap;

/// Bytes of a sum, its count and its key in a hash table, about.
const SUM: u64 = 40;

/// Sums of scores of rows, and how many they are of: by fact key, split and layer, unit or neuron.
#[derive(Default)]
pub(super) struct Means(HashMap<(u32, u16, u32), (f64, u64)>);

/// Refuses a set whose entries are not known, or not whole, if a grouping asks for means.
pub(super) fn check(pairs: &Pairs<'_>, grouping: &Grouping, snapshot: &Snapshot) -> Result<(), QueryError> {
    let Some(span) = grouping.mean else { return Ok(()) };
    let with = |dimension| grouping.by.contains(&dimension);
    if with(Dimension::Fact) || with(Dimension::Size) || with(Dimension::Group) {
        let reason = "`mean` is one over facts, and these rows are of single facts, of sizes or of groups";
        return Err(QueryError::kind(span, reason).hint(
            "write `… by layer, role order by mean`; the score of a pair is `… by fact, neuron order by score`",
        ));
    }
    let Some(source) = pairs.only_source().filter(|source| source.combine == Combine::Union && !source.groups) else {
        let reason = "`mean` needs a set that still knows its entries";
        return Err(QueryError::kind(span, reason).hint(one_source("kn", pairs)));
    };
    for cell in &source.cells {
        let Some(run) = snapshot.run(cell.run) else { continue };
        let parts = cell.prompts.iter().flat_map(|prompt| &prompt.parts);
        if parts.map(|part| part.live.part.kind()).any(|kind| kind != PartKind::Scores) {
            let reason = format!("run {:?} has neuron sets without scores, and `mean` is one of scores", run.spec.name);
            return Err(QueryError::missing(span, reason).hint("ask a run that keeps scores: `kn[run=\"…\"]`"));
        }
        if run.spec.keep != Keep::All {
            return Err(not_whole(run, span, &format!("run {:?} keeps {}", run.spec.name, run.spec.keep)));
        }
    }
    Ok(())
}

fn not_whole(run: &Run, span: Span, why: &str) -> QueryError {
    let reason = format!("{why}, and `mean` is one of all scores");
    let again = if run.spec.keep == Keep::All { "from data that has all scores" } else { "with `--keep all`" };
    QueryError::missing(span, reason).hint(format!("write the run again {again}"))
}

impl Means {
    /// One more walk over the facts, on one thread: sums of fractions depend on their order.
    pub(super) fn of<'s>(
        execution: &mut Execution<'s>,
        pairs: &Pairs<'s>,
        facts: &[u32],
        (keys, splits, split): (&FactKeys<'s>, &Splits, Split),
        span: Span,
    ) -> Result<Self, QueryError> {
        let mut means = Self::default();
        let Some(source) = pairs.only_source() else { return Ok(means) };
        let (shape, memory, snapshot) = (execution.shape, execution.memory, execution.snapshot);
        let entries: Vec<_> = (0..splits.len()).map(|number| splits.entries(number, source)).collect();
        let mut worker = execution.worker();
        for &fact in facts.iter().filter(|fact| source.facts.as_ref().is_none_or(|filter| filter.accepts(**fact))) {
            memory.interrupt.check()?;
            for (number, entries) in (0_u16..).zip(&entries) {
                for &(cell, only) in entries {
                    let cell = &source.cells[cell];
                    let prompts = only.map_or(&cell.prompts[..], |only| &cell.prompts[only..=only]);
                    for prompt in prompts {
                        let Some((part, local)) = worker.locate(&prompt.parts, fact) else { continue };
                        let scores = part.live.part.scores(local).map_err(QueryError::storage)?;
                        if scores.floor() != f32::NEG_INFINITY && scores.len() as u64 != shape.neurons() {
                            let Some(run) = snapshot.run(cell.run) else { continue };
                            let why =
                                format!("run {:?} was given scores from {} on only", run.spec.name, scores.floor());
                            return Err(not_whole(run, span, &why));
                        }
                        let before = means.0.len();
                        for rank in 0..scores.len() {
                            let neuron = scores.neuron(rank).0;
                            if source.neurons.as_ref().is_none_or(|filter| filter.contains(neuron)) {
                                let row = (keys.of(fact), number, part_of(neuron, split, shape));
                                let (sum, count) = means.0.entry(row).or_default();
                                *sum += f64::from(scores.score(rank));
                                *count += 1;
                            }
                        }
                        memory.take(SUM * (means.0.len() - before) as u64, "the means of this result")?;
                    }
                }
            }
        }
        Ok(means)
    }

    /// That of a row; NaN where no entry has a score of it.
    pub(super) fn mean(&self, group: &Group) -> f64 {
        let found = self.0.get(&(group.fact, group.split, group.neuron));
        found.map_or(f64::NAN, |&(sum, count)| sum / count as f64)
    }
}

/// Which part of the model a neuron is counted in.
fn part_of(neuron: u32, split: Split, shape: Shape) -> u32 {
    let (layer, unit) = shape.split(Neuron(neuron));
    match split {
        Split::Whole => 0,
        Split::Layers => layer.0,
        Split::Units => unit,
        Split::Neurons => neuron,
    }
}
