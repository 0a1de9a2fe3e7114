//! The entries of a source that pass its conditions on what was measured of them. Read once, when the plan is made: one head of a
//! score block an entry, and a bit of memory for each.

use super::{EntryTest, measured_in};
use crate::error::QueryError;
use crate::memory::MAPPED;
use crate::plan::names::Resolver;
use crate::plan::{PartAccess, Source};
use crate::syntax::ast;
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{FactId, LanguageId, LivePart, Measured, Run, RunId, Slot};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// After so many heads, of a page or two each, pages are given back to the system.
const LOOK: u64 = 1 << 14;

/// What is known of one condition in a run and language.
#[derive(Clone, Copy, Default)]
struct Known {
    entries: u64,
    unknown: u64,
    unmeasured: u64,
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
    let mut keeping = Keeping { names, tests: &tests, known: BTreeMap::new(), read: 0 };
    let only = planned.facts.as_ref().and_then(|filter| filter.only.as_ref());
    for cell in &mut planned.cells {
        let Some(run) = names.snapshot.run(cell.run) else { continue };
        let measured = if planned.groups { Some(measured_elsewhere(names, asked, run)?) } else { None };
        for prompt in &mut cell.prompts {
            let slot = Slot { run: cell.run, language: cell.language, prompt: prompt.prompt };
            let elsewhere = match measured {
                Some(run) => Some(names.snapshot.parts(Slot { run: run.id, ..slot }).map_err(QueryError::storage)?),
                None => None,
            };
            for part in &mut prompt.parts {
                part.only = Some(keeping.part(part, slot, elsewhere.as_deref(), only)?);
            }
        }
    }
    let known = keeping.known;
    let span = |at: usize| {
        let mut conditions = asked.conditions.iter().filter(|condition| EntryTest::of(condition).is_some());
        conditions.nth(at).map_or(asked.span, |condition| condition.span)
    };
    must_be_measured(names, &tests, &known, span)?;
    note_unknown(names, &tests, &known, span);
    Ok(())
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

struct Keeping<'a, 'n> {
    names: &'a Resolver<'n>,
    tests: &'a [EntryTest],
    known: BTreeMap<(RunId, LanguageId), Vec<Known>>,
    read: u64,
}

impl Keeping<'_, '_> {
    /// The positions of the entries that pass; `elsewhere` is where they were measured, if not here.
    fn part(
        &mut self,
        part: &PartAccess<'_>,
        slot: Slot,
        elsewhere: Option<&[LivePart<'_>]>,
        only: Option<&RoaringBitmap>,
    ) -> Result<RoaringBitmap, QueryError> {
        let mut kept = RoaringBitmap::new();
        for (fact, local) in part.facts.iter().zip(0..) {
            let fact = u32::from_le_bytes(*fact);
            if !part.live.is_live(local) || only.is_some_and(|only| !only.contains(fact)) {
                continue;
            }
            self.names.settings.interrupt.check()?;
            self.read += 1;
            if self.read.is_multiple_of(LOOK) {
                self.names.snapshot.release_pages(MAPPED);
            }
            let measured = match elsewhere {
                None => Some(part.live.measured(FactId(fact), local).map_err(QueryError::storage)?),
                Some(parts) => find(parts, FactId(fact))?,
            };
            if self.passes(measured.as_ref(), slot) {
                kept.insert(local);
            }
        }
        Ok(kept)
    }

    fn passes(&mut self, entry: Option<&Measured<'_>>, slot: Slot) -> bool {
        let all =
            self.known.entry((slot.run, slot.language)).or_insert_with(|| vec![Known::default(); self.tests.len()]);
        let mut passes = true;
        for (test, known) in self.tests.iter().zip(all) {
            let holds = entry.and_then(|entry| test.holds(entry));
            known.entries += 1;
            known.unknown += u64::from(holds.is_none());
            known.unmeasured += u64::from(!entry.is_some_and(|entry| test.is_measured(entry)));
            passes &= holds == Some(true);
        }
        passes
    }
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
    known: &BTreeMap<(RunId, LanguageId), Vec<Known>>,
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
                let reason = format!("run {name:?} has not stored {}, so `{test}` cannot be answered", test.about());
                return Err(QueryError::missing(span(at), reason).hint(
                    "`kndb attribute … --run NAME` measures it of what it attributes; imports have what their files say",
                ));
            }
        }
    }
    Ok(())
}

/// Says of how many entries a condition is not known.
fn note_unknown(
    names: &Resolver<'_>,
    tests: &[EntryTest],
    known: &BTreeMap<(RunId, LanguageId), Vec<Known>>,
    span: impl Fn(usize) -> Span,
) {
    for (at, test) in tests.iter().enumerate() {
        let mut several = true;
        let mut told = Vec::new();
        for ((_, language), all) in known {
            let Known { entries, unknown, unmeasured } = all[at];
            if unknown > 0 {
                several &= unmeasured == 0;
                let language = names.snapshot.language_name(*language);
                told.push(format!("{unknown} of {entries} entries in {language}"));
            }
        }
        if !told.is_empty() {
            let why = match (several, test.key) {
                (true, ConditionKey::Answer) => "objects of several tokens have no first answer",
                (true, _) => "it was not stored of these objects of several tokens",
                (false, _) => "not stored",
            };
            let told = told.join(", ");
            names.notes.add(span(at), format!("`{test}` is not known of {told}, which are left out: {why}"));
        }
    }
}
