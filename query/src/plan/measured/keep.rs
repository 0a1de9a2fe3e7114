//! The entries of a source that pass its conditions on what was measured of them. Read once, when the plan is made: one head of a
//! score block an entry, and a bit of memory for each.

use super::none::note_none;
use super::{EntryTest, measured_in};
use crate::error::QueryError;
use crate::memory::MAPPED;
use crate::plan::Source;
use crate::plan::names::Resolver;
use crate::syntax::ast;
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{FactId, LanguageId, LivePart, Measured, Run, RunId, Slot};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// What is known of each condition, by run and language.
pub(super) type Conditions = BTreeMap<(RunId, LanguageId), Vec<Known>>;

/// After so many heads, of a page or two each, pages are given back to the system.
const LOOK: u64 = 1 << 14;

/// What is known of one condition in a run and language.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) entries: u64,
    pub(super) passing: u64,
    unknown: u64,
    unmeasured: u64,
    /// The least and the greatest number that it was held against.
    pub(super) found: Option<(f64, f64)>,
}

/// Leaves out entries that fail a condition, or of which it is not known.
///
/// # Errors
/// Where a run did not measure what a condition is about.
pub(crate) fn keep_measured(
    names: &Resolver<'_>,
    asked: &ast::Source,
    planned: &mut Source<'_>,
) -> Result<(), QueryError> {
    let tests = EntryTest::of_source(asked);
    if tests.is_empty() {
        return Ok(());
    }
    let mut known = BTreeMap::new();
    let parts = planned.cells.iter().flat_map(|cell| &cell.prompts).map(|prompt| prompt.parts.len()).sum();
    let mut kept = vec![RoaringBitmap::new(); parts];
    for_each_entry(names, asked, planned, &mut |entry: Asked<'_, '_>| {
        if passes(&tests, &mut known, &entry) {
            kept[entry.part].insert(entry.local);
        }
    })?;
    let span = |at: usize| {
        let mut conditions = asked.conditions.iter().filter(|condition| EntryTest::of(condition).is_some());
        conditions.nth(at).map_or(asked.span, |condition| condition.span)
    };
    must_be_measured(names, &tests, &known, span)?;
    note_unknown(names, &tests, &known, span);
    if kept.iter().all(RoaringBitmap::is_empty) {
        note_none(names, asked, planned, &tests, &known, span)?;
    }
    let parts = planned.cells.iter_mut().flat_map(|cell| &mut cell.prompts).flat_map(|prompt| &mut prompt.parts);
    for (part, kept) in parts.zip(kept) {
        part.only = Some(kept);
    }
    Ok(())
}

/// An entry that is asked about.
pub(super) struct Asked<'e, 's> {
    slot: Slot,
    /// Number of its part, counted over all of the source.
    part: usize,
    local: u32,
    /// What was measured of it; of groups, of the entry that they were searched in.
    pub(super) measured: Option<&'e Measured<'s>>,
}

/// Calls `each` with every entry that is asked about.
pub(super) fn for_each_entry<'s>(
    names: &Resolver<'s>,
    asked: &ast::Source,
    planned: &Source<'s>,
    each: &mut dyn FnMut(Asked<'_, 's>),
) -> Result<(), QueryError> {
    let only = planned.facts.as_ref().and_then(|filter| filter.only.as_ref());
    let (mut number, mut read) = (0, 0_u64);
    for cell in &planned.cells {
        let run = names.snapshot.run(cell.run).filter(|_| planned.groups);
        let measured_in = run.map(|run| measured_elsewhere(names, asked, run)).transpose()?;
        for prompt in &cell.prompts {
            let slot = Slot { run: cell.run, language: cell.language, prompt: prompt.prompt };
            let elsewhere = measured_in.map(|run| names.snapshot.parts(Slot { run: run.id, ..slot }));
            let elsewhere = elsewhere.transpose().map_err(QueryError::storage)?;
            for part in &prompt.parts {
                for (fact, local) in part.facts.iter().zip(0..) {
                    let fact = u32::from_le_bytes(*fact);
                    if !part.live.is_live(local) || only.is_some_and(|only| !only.contains(fact)) {
                        continue;
                    }
                    names.settings.interrupt.check()?;
                    read += 1;
                    if read.is_multiple_of(LOOK) {
                        names.snapshot.release_pages(MAPPED);
                    }
                    let measured = match &elsewhere {
                        None => Some(part.live.measured(FactId(fact), local).map_err(QueryError::storage)?),
                        Some(parts) => find(parts, FactId(fact))?,
                    };
                    each(Asked { slot, part: number, local, measured: measured.as_ref() });
                }
                number += 1;
            }
        }
    }
    Ok(())
}

fn passes(tests: &[EntryTest], known: &mut Conditions, Asked { slot, measured, .. }: &Asked<'_, '_>) -> bool {
    let all = known.entry((slot.run, slot.language)).or_insert_with(|| vec![Known::default(); tests.len()]);
    let mut passes = true;
    for (test, known) in tests.iter().zip(all) {
        let holds = measured.and_then(|entry| test.holds(entry));
        known.entries += 1;
        known.passing += u64::from(holds == Some(true));
        known.unknown += u64::from(holds.is_none());
        known.unmeasured += u64::from(!measured.is_some_and(|entry| test.is_measured(entry)));
        if let Some(number) = measured.and_then(|entry| test.number(entry)) {
            let (least, most) = known.found.unwrap_or((number, number));
            known.found = Some((least.min(number), most.max(number)));
        }
        passes &= holds == Some(true);
    }
    passes
}

/// The run that measured the facts of a run of groups.
fn measured_elsewhere<'a>(names: &Resolver<'a>, asked: &ast::Source, run: &'a Run) -> Result<&'a Run, QueryError> {
    measured_in(names.snapshot, run).ok_or_else(|| {
        let name = &run.spec.name;
        let reason = format!(
            "the run in which the facts of run {name:?} were measured is not in the store any more, or of other weights"
        );
        QueryError::missing(asked.span, reason)
            .hint("filter by the facts of a run of scores: `dkn[…] & facts of entries[run=…, p>=0.1]`")
    })
}

fn find<'s>(parts: &[LivePart<'s>], fact: FactId) -> Result<Option<Measured<'s>>, QueryError> {
    for part in parts {
        if let Some(local) = part.find(fact).map_err(QueryError::storage)? {
            return part.measured(fact, local).map(Some).map_err(QueryError::storage);
        }
    }
    Ok(None)
}

/// Refuses a condition on what a run measured of nothing that is asked for.
fn must_be_measured(
    names: &Resolver<'_>,
    tests: &[EntryTest],
    known: &Conditions,
    span: impl Fn(usize) -> Span,
) -> Result<(), QueryError> {
    let mut runs: Vec<RunId> = known.keys().map(|(run, _)| *run).collect();
    runs.dedup();
    for run in runs {
        for (at, test) in tests.iter().enumerate() {
            let of_run = known.iter().filter(|((of, _), _)| *of == run).map(|(_, all)| all[at]);
            let (entries, unmeasured) =
                of_run.fold((0, 0), |(all, unmeasured), known| (all + known.entries, unmeasured + known.unmeasured));
            if entries > 0 && entries == unmeasured {
                let name = names.snapshot.run(run).map_or("", |run| run.spec.name.as_str());
                // Of others it may have: all that is known is of those that are asked for.
                let reason = format!(
                    "run {name:?} has stored {} of none of the {entries} entries that are asked for, so `{test}` cannot be answered",
                    test.about()
                );
                return Err(QueryError::missing(span(at), reason).hint(
                    "`kndb attribute` measures it of what it attributes, and `run.append` in Python takes it beside the scores; files that are imported have none of it",
                ));
            }
        }
    }
    Ok(())
}

/// Says of how many entries a condition is not known.
fn note_unknown(names: &Resolver<'_>, tests: &[EntryTest], known: &Conditions, span: impl Fn(usize) -> Span) {
    for (at, test) in tests.iter().enumerate() {
        let (mut several, mut unstored) = (0, 0);
        let mut told = Vec::new();
        for ((_, language), all) in known {
            let Known { entries, unknown, unmeasured, .. } = all[at];
            if unknown > 0 {
                several += unknown - unmeasured;
                unstored += unmeasured;
                let language = names.snapshot.language_name(*language);
                told.push(format!("{unknown} of {entries} entries in {language}"));
            }
        }
        if !told.is_empty() {
            let of_several = match test.key {
                ConditionKey::Answer => "objects of several tokens have no first answer".to_owned(),
                _ => "it was not stored of these objects of several tokens".to_owned(),
            };
            let why = match (several, unstored) {
                (_, 0) => of_several,
                (0, _) => "not stored".to_owned(),
                _ => format!("{several} have objects of several tokens, and of {unstored} others it was not stored"),
            };
            let told = told.join(", ");
            names.notes.add(span(at), format!("`{test}` is not known of {told}, which are left out: {why}"));
        }
    }
}
