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
    /// Cells of the source, and one prompt of each where prompts are told apart.
    entries: Vec<(usize, Option<usize>)>,
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
            let entry = (at, by_prompt.then_some(number));
            let known = parts.iter_mut().find(|p| (p.language, p.prompt, p.run) == (language, prompt, run));
            match known {
                Some(part) if part.entries.contains(&entry) => {}
                Some(part) => part.entries.push(entry),
                None => parts.push(SplitPart { language, prompt, run, entries: vec![entry] }),
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

    /// The neurons of a fact that the part `number` has: those of its languages, and of these the ones
    /// that its prompt found.
    pub(crate) fn neurons<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        number: usize,
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        let Some(source) = pairs.only_source() else { return Ok(()) };
        let (mut one, mut found) = (Vec::new(), Vec::new());
        for &(cell, prompt) in &self.parts[number].entries {
            let cell = &source.cells[cell];
            one.clear();
            worker.cell(source, cell, fact, &mut one)?;
            if let Some(prompt) = prompt.filter(|_| cell.prompts.len() > 1) {
                found.clear();
                worker.prompt(source, cell, &cell.prompts[prompt], fact, &mut found)?;
                worker.apply(SetOp::Intersection, &mut one, &found);
            }
            worker.apply(SetOp::Union, out, &one);
        }
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
        let entries = self.parts[number].entries.iter();
        let prompts = entries.flat_map(|&(cell, prompt)| match prompt {
            Some(prompt) => &source.cells[cell].prompts[prompt..=prompt],
            None => &source.cells[cell].prompts,
        });
        for prompt in prompts {
            if let Some((part, local)) = worker.locate(&prompt.parts, fact) {
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
}
