//! `by lang`, `by prompt`, `by run`: the pairs of a source, taken apart again.
//!
//! Only a set whose pairs come from one source knows which language (prompt, run) found them; a pair
//! that several found counts in each.

use crate::ast::{Dimension, SetOp};
use crate::error::QueryError;
use crate::eval::Worker;
use crate::output::shape::Grouping;
use crate::plan::{Combine, Pairs};
use kndb_storage::{LanguageId, Neuron, PromptId, RunId};
use std::cmp::Ordering;

/// The parts a set is taken apart into; one for all where no such dimension is asked for.
pub(crate) struct Splits {
    parts: Vec<SplitPart>,
    whole: bool,
}

#[derive(Default)]
struct SplitPart {
    language: Option<LanguageId>,
    prompt: Option<PromptId>,
    run: Option<RunId>,
    /// Cell and prompt of the source.
    entries: Vec<(usize, usize)>,
}

/// What the dimensions of a grouping ask of a set of pairs.
pub(crate) fn split_sources(pairs: &Pairs<'_>, grouping: &Grouping, span: crate::Span) -> Result<Splits, QueryError> {
    let has = |dimension| grouping.by.contains(&dimension);
    let (by_language, by_prompt, by_run) = (has(Dimension::Lang), has(Dimension::Prompt), has(Dimension::Run));
    let by_group = has(Dimension::Group);
    if !(by_language || by_prompt || by_run || by_group) {
        return Ok(Splits::whole());
    }
    let wanted = [Dimension::Lang, Dimension::Prompt, Dimension::Run, Dimension::Group].into_iter().find(|d| has(*d));
    let wanted = wanted.unwrap_or(Dimension::Lang);
    let unknown = |what: &str| {
        let reason = format!("`by {wanted}` needs a set that still knows its {what}");
        QueryError::kind(span, reason)
    };
    let Some(source) = pairs.only_source() else {
        let what = if by_group { "groups" } else { "languages, prompts and runs" };
        return Err(unknown(what).hint(format!(
            "that is one `{}[…]`, filtered at most: `& neurons(…)`, `& facts[…]`, `- facts[…]`",
            if by_group { "dkn" } else { "kn" }
        )));
    };
    if by_group && !source.groups {
        return Err(unknown("groups").hint("only `dkn[…]` has groups"));
    }
    if source.combine == Combine::Intersection && (by_language || by_prompt || by_run) {
        return Err(unknown("languages").hint("`likn` holds what all languages share; split `kn[…]` instead"));
    }
    let mut parts: Vec<SplitPart> = Vec::new();
    for (at, cell) in source.cells.iter().enumerate() {
        for (number, prompt) in cell.prompts.iter().enumerate() {
            let (language, run) = (by_language.then_some(cell.language), by_run.then_some(cell.run));
            let prompt = by_prompt.then_some(prompt.prompt);
            let known = parts.iter_mut().find(|p| (p.language, p.prompt, p.run) == (language, prompt, run));
            match known {
                Some(part) => part.entries.push((at, number)),
                None => parts.push(SplitPart { language, prompt, run, entries: vec![(at, number)] }),
            }
        }
    }
    Ok(Splits { parts, whole: !(by_language || by_prompt || by_run) })
}

impl Splits {
    pub(crate) fn whole() -> Self {
        Self { parts: vec![SplitPart::default()], whole: true }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The neurons of `all` that the part `number` found for a fact.
    pub(crate) fn neurons<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        number: usize,
        fact: u32,
        all: &[u32],
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        let Some(source) = pairs.only_source() else { return Ok(()) };
        let mut one = Vec::new();
        for &(cell, prompt) in &self.parts[number].entries {
            one.clear();
            worker.prompt(source, &source.cells[cell], &source.cells[cell].prompts[prompt], fact, &mut one)?;
            worker.apply(SetOp::Union, out, &one);
        }
        let mut all = all.to_vec();
        if worker.needs_order() {
            all.sort_unstable();
        }
        worker.apply(SetOp::Intersection, out, &all);
        Ok(())
    }

    /// The degenerate groups that the part `number` has for a fact.
    pub(crate) fn groups<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        number: usize,
        fact: u32,
    ) -> Result<Vec<Vec<Neuron>>, QueryError> {
        let mut groups = Vec::new();
        let Some(source) = pairs.only_source() else { return Ok(groups) };
        for &(cell, prompt) in &self.parts[number].entries {
            let parts = &source.cells[cell].prompts[prompt].parts;
            if let Some((part, local)) = worker.locate(parts, fact) {
                let found = part.live.part.groups(local).map_err(QueryError::storage)?;
                groups.extend(found.into_iter().map(|group| group.neurons));
            }
        }
        Ok(groups)
    }

    pub(crate) fn language(&self, number: u16) -> Option<LanguageId> {
        self.parts[usize::from(number)].language
    }

    pub(crate) fn prompt(&self, number: u16) -> Option<PromptId> {
        self.parts[usize::from(number)].prompt
    }

    pub(crate) fn run(&self, number: u16) -> Option<RunId> {
        self.parts[usize::from(number)].run
    }

    pub(crate) fn compare(&self, a: u16, b: u16, dimension: Dimension) -> Ordering {
        match dimension {
            Dimension::Lang => self.language(a).cmp(&self.language(b)),
            Dimension::Prompt => self.prompt(a).cmp(&self.prompt(b)),
            _ => self.run(a).cmp(&self.run(b)),
        }
    }
}
