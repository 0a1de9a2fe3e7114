//! `by lang`, `by prompt`, `by run`: the pairs of a source, taken apart again.
//!
//! Only a set whose pairs come from one source knows which language (prompt, run) found them; a pair
//! that several found counts in each.

use crate::error::QueryError;
use crate::plan::visit::Node;
use crate::plan::{Combine, KnownFrom, Pairs, Source};
use crate::run::domain::{of_part, without};
use crate::run::eval::Worker;
use crate::syntax::ast::{Dim, Dimension, SetOp};
use kndb_storage::{Group, LanguageId, PromptId, RunId};
use roaring::RoaringBitmap;

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

/// What the dimensions of a clause (`by`, `between`) ask of a set of pairs.
pub(crate) fn split_sources(pairs: &Pairs<'_>, clause: &str, dims: &[Dim]) -> Result<Splits, QueryError> {
    let has = |dimension| dims.iter().any(|dim| dim.dimension == dimension);
    let (by_language, by_prompt, by_run) = (has(Dimension::Lang), has(Dimension::Prompt), has(Dimension::Run));
    let of_source =
        |dim: &&Dim| matches!(dim.dimension, Dimension::Lang | Dimension::Prompt | Dimension::Run | Dimension::Group);
    let Some(wanted) = dims.iter().find(of_source) else { return Ok(Splits::whole()) };
    let group = dims.iter().find(|dim| dim.dimension == Dimension::Group);
    let without_groups = |source: &Source<'_>| !source.groups;
    let wanted = group.filter(|_| pairs.only_source().is_some_and(without_groups)).unwrap_or(wanted);
    let what = match wanted.dimension {
        Dimension::Group => "groups",
        Dimension::Prompt => "prompts",
        Dimension::Run => "runs",
        _ => "languages",
    };
    let reason = format!("`{clause} {}` needs a set that still knows its {what}", wanted.dimension);
    let error = QueryError::kind(wanted.span, reason);
    let Some(source) = pairs.only_source() else {
        return Err(error.hint(one_source(if group.is_some() { "dkn" } else { "kn" }, pairs)));
    };
    if group.is_some() && !source.groups {
        return Err(error.hint("only `dkn[…]` has groups"));
    }
    if source.combine == Combine::Intersection {
        return Err(error.hint("`likn` holds what all languages share; split `kn[…]` instead"));
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

/// What a set is that still knows where its pairs were found.
pub(super) fn one_source(source: &str, pairs: &Pairs<'_>) -> String {
    let attached =
        |node| matches!(node, Node::Pairs(Pairs::Saved(set)) if matches!(set.from, KnownFrom::Attached { .. }));
    let of_one = if Node::Pairs(pairs).any(&attached) { " of one store" } else { "" };
    format!("that is one `{source}[…]`{of_one}, filtered at most: `& neurons(…)`, `& facts[…]`, `- facts[…]`")
}

impl SplitPart {
    /// Adds a fact's neurons to an empty list.
    fn neurons<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        source: &Source<'s>,
        fact: u32,
        list: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        let (mut one, mut found) = (Vec::new(), Vec::new());
        for &(cell, prompt) in &self.entries {
            let cell = &source.cells[cell];
            let prompt = prompt.filter(|_| cell.prompts.len() > 1);
            if list.is_empty() && prompt.is_none() {
                worker.cell(source, cell, fact, list)?;
                continue;
            }
            one.clear();
            worker.cell(source, cell, fact, &mut one)?;
            if let Some(prompt) = prompt {
                found.clear();
                worker.prompt(source, cell, &cell.prompts[prompt], fact, &mut found)?;
                worker.apply(SetOp::Intersection, &mut one, &found);
            }
            worker.apply(SetOp::Union, list, &one);
        }
        Ok(())
    }
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

    /// Which cells of the source a part is of, and the prompt, where prompts are told apart.
    pub(super) fn entries(&self, number: usize, source: &Source<'_>) -> Vec<(usize, Option<usize>)> {
        if self.whole {
            (0..source.cells.len()).map(|cell| (cell, None)).collect()
        } else {
            self.parts[number].entries.clone()
        }
    }

    /// The neurons of a fact, one list a part: those of its languages, and of these the ones that its prompt found. Returns how many
    /// different ones they are: as many as the whole set has, since it is the union of its parts.
    pub(crate) fn neurons<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        fact: u32,
        lists: &mut Vec<Vec<u32>>,
    ) -> Result<u64, QueryError> {
        lists.resize_with(self.parts.len(), Vec::new);
        lists.iter_mut().for_each(Vec::clear);
        if self.whole {
            worker.pairs(pairs, fact, &mut lists[0])?;
            return Ok(lists[0].len() as u64);
        }
        let Some(source) = pairs.only_source() else { return Ok(0) };
        let begun = worker.begun();
        for (part, list) in self.parts.iter().zip(&mut *lists) {
            part.neurons(worker, source, fact, list)?;
        }
        let distinct = worker.distinct(lists);
        worker.counted(source.id, distinct, begun);
        // The filters around the source were pushed into it.
        if pairs.id() != source.id {
            worker.counted(pairs.id(), distinct, begun);
        }
        Ok(distinct)
    }

    /// The neurons of a fact in one part.
    pub(crate) fn part<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        number: u16,
        fact: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), QueryError> {
        let Some(source) = pairs.only_source() else { return Ok(()) };
        let begun = worker.begun();
        if source.facts.as_ref().is_none_or(|filter| filter.accepts(fact)) {
            self.parts[usize::from(number)].neurons(worker, source, fact, out)?;
        }
        worker.counted(source.id, out.len() as u64, begun);
        Ok(())
    }

    /// The facts that a part has data for, whether or not any neuron passed.
    pub(crate) fn attributed(&self, pairs: &Pairs<'_>, number: u16) -> Result<RoaringBitmap, QueryError> {
        let mut all = RoaringBitmap::new();
        let Some(source) = pairs.only_source() else { return Ok(all) };
        for &(cell, prompt) in &self.parts[usize::from(number)].entries {
            let prompts = &source.cells[cell].prompts;
            let prompts = prompt.map_or(prompts.as_slice(), |prompt| &prompts[prompt..=prompt]);
            for part in prompts.iter().flat_map(|prompt| &prompt.parts) {
                all |= of_part(part);
            }
        }
        Ok(without(all, source.facts.as_ref()))
    }

    /// The degenerate groups that the part `number` has for a fact.
    pub(crate) fn groups<'s>(
        &self,
        worker: &mut Worker<'_, 's>,
        pairs: &Pairs<'s>,
        number: usize,
        fact: u32,
    ) -> Result<Vec<Group>, QueryError> {
        let mut groups = Vec::new();
        let Some(source) = pairs.only_source() else { return Ok(groups) };
        for &(cell, prompt) in &self.parts[number].entries {
            let cell = &source.cells[cell];
            let prompts = match prompt {
                Some(prompt) => &cell.prompts[prompt..=prompt],
                None => &cell.prompts,
            };
            for prompt in prompts {
                if let Some((part, local)) = worker.locate(&prompt.parts, fact) {
                    groups.extend(worker.groups(cell, part, local)?);
                }
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
