//! A source of a statement → the entries of its runs, cell by cell, and the way into each part.

use super::{Lowering, Model};
use crate::error::QueryError;
use crate::note::Notes;
use crate::plan::groups::{GroupCut, group_cut};
use crate::plan::measured::keep_measured;
use crate::plan::names::{Resolver, all_of, listing};
use crate::plan::prompts::note_prompts;
use crate::plan::ranges::{layers_of, roles_of};
use crate::plan::scored::check_layers;
use crate::plan::signs::{check_bound, check_kept, note_without};
use crate::plan::unstored::note_unstored;
use crate::plan::{
    Access, Cell, Combine, Cut, FactFilter, NeuronFilter, PartAccess, PromptParts, Quota, Source, Ties, single,
};
use crate::syntax::ast::{self, Comparison, Number, Sign, SourceKind};
use crate::syntax::conditions::ConditionKey;
use kndb_storage::{LivePart, PartKind, Run, Slot};
use roaring::RoaringBitmap;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

impl<'s> Lowering<'s> {
    pub(super) fn source(&mut self, source: &ast::Source, model: &Model) -> Result<Source<'s>, QueryError> {
        let id = self.id();
        let snapshot = self.names.snapshot;
        let runs = self.names.runs(source)?;
        self.runs.extend(runs.iter().map(|run| run.id));
        let groups = source.kind == SourceKind::Dkn;
        let combine = if source.kind == SourceKind::Likn { Combine::Intersection } else { Combine::Union };
        if combine == Combine::Intersection && runs.len() > 1 {
            let reason = format!("`likn` intersects the languages of one run, and this names {}", runs.len());
            return Err(QueryError::kind(source.span, reason).hint("write one `likn[run=…]` a run, and combine those"));
        }
        check_bound(source)?;
        let of_runs = |slot: &Slot| runs.iter().any(|run| run.id == slot.run);
        let slots: Vec<Slot> = if groups {
            snapshot.group_slots().filter(of_runs).collect()
        } else {
            snapshot.slots().filter(of_runs).collect()
        };
        if slots.is_empty() {
            return Err(self.names.nothing_in(source, &runs));
        }
        let languages = self.names.languages(source, &runs, &slots)?;
        if source.names(ConditionKey::Lang).is_some() {
            self.languages.extend(&languages);
        }
        let mut cells = Vec::new();
        for &run in runs.iter().filter(|run| slots.iter().any(|slot| slot.run == run.id)) {
            if !run.finished {
                self.names.notes.add(source.span, open_run(&run.spec.name));
            }
            if let Some(losses) = snapshot.losses(run.id) {
                self.names.notes.add(source.span, losses.to_string());
            }
            if source.kind != SourceKind::Entries {
                check_layers(source, run, &self.names.notes)?;
            }
        }
        for run in &runs {
            let has_groups = groups && slots.iter().any(|slot| slot.run == run.id);
            let cut = has_groups.then(|| group_cut(source, run)).transpose()?;
            for &language in &languages {
                let of_cell = slots.iter().filter(|slot| slot.run == run.id && slot.language == language);
                let wanted: Vec<Slot> =
                    of_cell.filter(|slot| Resolver::wants_prompt(source, slot.prompt)).copied().collect();
                if wanted.is_empty() && combine == Combine::Union {
                    continue;
                }
                cells.push(self.cell(source, run, language, &wanted, cut.clone())?);
            }
        }
        if cells.iter().all(|cell| cell.prompts.is_empty()) {
            let mut prompts: Vec<String> = slots.iter().map(|slot| slot.prompt.to_string()).collect();
            prompts.sort_unstable();
            prompts.dedup();
            let span = source.condition(ConditionKey::Prompt).map_or(source.span, |c| c.span);
            let runs = listing(runs.iter().map(|run| run.spec.name.as_str()));
            let reason = format!("run {runs} has no such prompt; it has {}", prompts.join(", "));
            return Err(QueryError::missing(span, reason));
        }
        note_prompts(&self.names, source, &runs, &languages, &slots);
        let chosen = self.names.chosen(source)?;
        let facts = all_of(&chosen).map(|only| FactFilter { only: Some(only), without: RoaringBitmap::new() });
        let neurons = match (layers_of(source, model)?, roles_of(source, &runs, model)?) {
            (Some(layers), Some(roles)) => Some(layers & roles),
            (layers, roles) => layers.or(roles),
        };
        let neurons = neurons.map(|set| NeuronFilter::new(set, model.shape));
        let quota = |key| Quota::of(&source.bounds(key));
        let (langs, runs_wanted) = (quota(ConditionKey::Langs), quota(ConditionKey::Runs));
        let text = source.to_string();
        let mut planned = Source {
            id,
            text,
            span: source.span,
            combine,
            groups,
            entries: source.kind == SourceKind::Entries,
            cells,
            langs,
            runs: runs_wanted,
            facts,
            neurons,
            interrupt: self.names.settings.interrupt.clone(),
        };
        note_counts(&self.names.notes, source, &planned.cells);
        keep_measured(&self.names, source, &mut planned)?;
        note_unstored(&self.names, source, &runs, &chosen, &planned)?;
        note_without(&self.names, source, &planned)?;
        Ok(planned)
    }

    fn cell(
        &mut self,
        source: &ast::Source,
        run: &Run,
        language: kndb_storage::LanguageId,
        slots: &[Slot],
        groups: Option<GroupCut>,
    ) -> Result<Cell<'s>, QueryError> {
        let snapshot = self.names.snapshot;
        let (sign, tau) = (source.sign(), run.spec.tau_of(snapshot.language_name(language)));
        let mut cut = Cut { sign, tau, score: None, rank: None };
        // Groups count as they were found, in whichever prompt.
        let mut share = match source.kind {
            SourceKind::Dkn => Quota::Preset { share: 0.0, strict: false },
            _ => Quota::Preset { share: run.spec.prompt_share, strict: run.spec.prompt_share_strict },
        };
        share = Quota::of(&source.bounds(ConditionKey::Prompts)).unwrap_or(share);
        let mut needs_scores = source.condition(ConditionKey::Sign).filter(|_| sign != Sign::Positive);
        let tau_span = source.condition(ConditionKey::Tau).map_or(source.span, |condition| condition.span);
        for condition in &source.conditions {
            let Some((op, Number { value, .. })) = condition.number() else { continue };
            match condition.key {
                ConditionKey::Tau => cut.tau = value,
                ConditionKey::Score => {
                    cut.score = Some((single(value), matches!(op, Comparison::Greater | Comparison::Less)));
                }
                // A whole number of 1 or more, from 2 on where the last one is left out.
                ConditionKey::Rank => cut.rank = Some(value as u32 - u32::from(op == Comparison::Less)),
                _ => continue,
            }
            needs_scores = needs_scores.or(Some(condition));
        }
        let mut prompts = Vec::new();
        for &slot in slots {
            let live = if source.kind == SourceKind::Dkn { snapshot.group_parts(slot) } else { snapshot.parts(slot) };
            let live = live.map_err(QueryError::storage)?;
            // What was replaced altogether answers nothing and refuses nothing.
            let live: Vec<LivePart<'s>> = live.into_iter().filter(|live| live.live_len() > 0).collect();
            let has = |kind| live.iter().any(|live| live.part.kind() == kind);
            // Asked of the slot and not part by part: which part lies first differs between a store and its copy.
            if let Some(condition) = needs_scores.filter(|_| has(PartKind::Neurons)) {
                let name = snapshot.language_name(language);
                let reason = format!(
                    "run {:?} has neuron sets without scores for {name:?}, so `{}` cannot be answered",
                    run.spec.name, condition.key
                );
                return Err(QueryError::missing(condition.span, reason)
                    .hint("ask for the sets as they were imported: leave this condition out"));
            }
            if has(PartKind::Scores) {
                check_kept(source, run)?;
            }
            let mut parts = Vec::with_capacity(live.len());
            for live in live {
                parts.push(self.access(live, cut)?);
            }
            prompts.push(PromptParts { prompt: slot.prompt, parts });
        }
        let tau_given = source.condition(ConditionKey::Tau).is_some();
        let ties = source.condition(ConditionKey::Rank).map(|condition| Arc::new(Ties::new(condition.span)));
        Ok(Cell { run: run.id, language, prompts, share, cut, tau_span, tau_given, groups, ties })
    }

    /// The cheapest way into a part that gives the answer.
    fn access(&mut self, live: LivePart<'s>, cut: Cut) -> Result<PartAccess<'s>, QueryError> {
        let part = live.part;
        let access = match part.kind() {
            PartKind::Groups => Access::Groups,
            PartKind::Neurons => Access::Grid(0, part.grid(0).map_err(QueryError::storage)?),
            PartKind::Scores if cut.sign != Sign::Positive => Access::Signed,
            PartKind::Scores => {
                let check = cut.tau < part.tau_floor();
                let exact = part.taus().position(|tau| tau == cut.tau);
                let grid = |at: usize| part.grid(at).map_err(QueryError::storage);
                match exact {
                    Some(at) if cut.is_tau() && !check => Access::Grid(at, grid(at)?),
                    _ => {
                        let below = part.taus().collect::<Vec<_>>().iter().rposition(|&tau| tau <= cut.tau);
                        let above = part.taus().position(|tau| tau >= cut.tau);
                        Access::Prefix {
                            below: below.map(|at| grid(at).map(|sets| (at, sets))).transpose()?,
                            above: above.map(grid).transpose()?,
                            check,
                        }
                    }
                }
            }
        };
        let facts = part.facts().map_err(QueryError::storage)?;
        self.next_cursor += 1;
        Ok(PartAccess { live, facts, cursor: self.next_cursor - 1, access, only: None })
    }
}

/// Says of a number of languages, prompts or runs that no pair can be found in so many: fewer are asked for.
fn note_counts(notes: &Notes, source: &ast::Source, cells: &[Cell<'_>]) {
    let cells = || cells.iter().filter(|cell| !cell.prompts.is_empty());
    let languages = cells().map(|cell| cell.language).collect::<BTreeSet<_>>().len();
    let runs = cells().map(|cell| cell.run).collect::<BTreeSet<_>>().len();
    let prompts = cells().map(|cell| cell.prompts.len()).max().unwrap_or(0);
    for (key, most) in [(ConditionKey::Langs, languages), (ConditionKey::Prompts, prompts), (ConditionKey::Runs, runs)]
    {
        let bounds = source.bounds(key);
        let (Some(condition), Some(quota)) = (source.condition(key), Quota::of(&bounds)) else { continue };
        let most = most as u32;
        if !Quota::can_hold(&[quota], most) {
            let conditions = source.conditions.iter().filter(|condition| condition.key == key);
            let conditions: Vec<String> = conditions.map(ToString::to_string).collect();
            let percent = bounds.iter().any(|(_, number)| number.percent);
            let text = if percent { in_no_share(conditions.join(", "), most) } else { in_so_many(key, most) };
            notes.add(condition.span, text);
        }
    }
}

/// What is said of a number of languages, prompts or runs that is beyond what is asked for.
pub(crate) fn in_so_many(key: impl Display, most: u32) -> String {
    format!("no pair is found in so many: `{key}` is at most {most} of what is asked for")
}

/// The same of a percentage that no number is.
pub(crate) fn in_no_share(condition: impl Display, most: u32) -> String {
    format!(
        "no pair is found in such a share: `{condition}` is true of no number out of {most} or fewer, and no more are asked for"
    )
}

/// What is to be known of a run whose writer has not said that it is complete.
fn open_run(name: &str) -> String {
    format!("run {name:?} is not finished, so facts may be missing: what fills it goes on where it is started again")
}
