//! Facts of which nothing is stored: an answer that is empty, or smaller, for that and not for what was measured is told of.
//!
//! Facts that were attributed and have no neurons are answers; nothing is said of them.

use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::plan::names::{Chosen, Resolver, all_of, listing, shortened};
use crate::plan::{Cell, Combine, EntryTest, PartAccess, Source};
use crate::syntax::ast::{Source as Asked, SourceKind};
use crate::syntax::conditions::ConditionKey;
use kndb_storage::{FactId, LanguageId, LivePart, Run, Slot};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// Up to this many facts are looked up one by one.
pub(super) const FEW: u64 = 256;

/// Notes what a source's conditions name and its runs hold nothing of, and runs and languages that have nothing for it.
pub(crate) fn note_unstored(
    names: &Resolver<'_>,
    asked: &Asked,
    runs: &[&Run],
    chosen: &[Chosen],
    source: &Source<'_>,
) -> Result<(), QueryError> {
    let languages_named = source.combine == Combine::Intersection || asked.names(ConditionKey::Lang).is_some();
    if asked.names(ConditionKey::Run).is_some() {
        note_runs(names, asked, runs, source);
    }
    let only = all_of(chosen).filter(|only| !only.is_empty());
    for run in runs {
        let cells: Vec<&Cell<'_>> = source.cells.iter().filter(|cell| cell.run == run.id).collect();
        let Some(only) = only.as_ref().filter(|_| !cells.is_empty()) else { continue };
        for (without, what) in missing(chosen, only, &cells)? {
            let nowhere = without.len() == cells.len();
            if !nowhere && !languages_named {
                continue;
            }
            let mut text = format!("run {:?} holds nothing of {}", run.spec.name, shortened(what));
            if languages_named {
                text += &format!(" in {}", listing(without.iter().map(|&id| names.snapshot.language_name(id))));
            }
            if asked.condition(ConditionKey::Prompt).is_some() {
                text += " at the prompts asked for";
            }
            text += &elsewhere(names, run, asked, only, &cells)?;
            names.notes.add(asked.span, text);
        }
    }
    // Prompts that a language does not have are told of by their number.
    let asked_in_all = source.cells.iter().all(|cell| !cell.prompts.is_empty());
    if source.combine == Combine::Intersection && source.cells.len() > 1 && asked_in_all && !alike(&source.cells) {
        let (mut all, mut both) = (RoaringBitmap::new(), None::<RoaringBitmap>);
        for cell in &source.cells {
            let stored = stored_of(std::slice::from_ref(cell), only.as_ref(), &names.settings.interrupt)?;
            both = Some(both.map_or_else(|| stored.clone(), |both| both & &stored));
            all |= stored;
        }
        let (both, all) = (both.map_or(0, |both| both.len()), all.len());
        if both < all {
            let which = if source.cells.len() == 2 { "both".into() } else { format!("all {}", source.cells.len()) };
            let such = if EntryTest::of_source(asked).is_empty() { "" } else { " that meet the conditions" };
            names.notes.add(asked.span, format!("{both} of {all} facts have entries{such} in {which} languages"));
        }
    }
    Ok(())
}

/// Runs that were named and have nothing of the kind, or not in the languages asked for, beside others that have.
fn note_runs(names: &Resolver<'_>, asked: &Asked, runs: &[&Run], source: &Source<'_>) {
    let without = runs.iter().filter(|run| !source.cells.iter().any(|cell| cell.run == run.id));
    let without: Vec<&str> = without.map(|run| run.spec.name.as_str()).collect();
    if !without.is_empty() {
        let languages: BTreeSet<LanguageId> = source.cells.iter().map(|cell| cell.language).collect();
        let languages = listing(languages.into_iter().map(|id| names.snapshot.language_name(id)));
        let what = if source.groups { "degenerate groups" } else { "knowledge neurons" };
        names.notes.add(asked.span, format!("run {} has no {what} in {languages}", listing(without)));
    }
}

/// What is asked for and not stored, by the languages it is missing in: all facts asked for, or single values of a condition.
fn missing(
    chosen: &[Chosen],
    only: &RoaringBitmap,
    cells: &[&Cell<'_>],
) -> Result<BTreeMap<Vec<LanguageId>, Vec<String>>, QueryError> {
    let mut found: BTreeMap<Vec<LanguageId>, Vec<String>> = BTreeMap::new();
    let mut without = |facts: &RoaringBitmap, cells: &[&Cell<'_>], what: &mut dyn Iterator<Item = String>| {
        let mut languages = Vec::new();
        for cell in cells {
            if !any_stored(cell, facts)? {
                languages.push(cell.language);
            }
        }
        if !languages.is_empty() {
            found.entry(languages.clone()).or_default().extend(what);
        }
        Ok::<_, QueryError>(languages)
    };
    let whole = without(
        only,
        cells,
        &mut match chosen {
            [one] => Box::new(one.values.iter().map(|(shown, _)| shown.clone())) as Box<dyn Iterator<Item = String>>,
            _ if only.len() == 1 => Box::new(std::iter::once("the fact asked for".to_owned())),
            _ => Box::new(std::iter::once(format!("the {} facts asked for", only.len()))),
        },
    )?;
    let rest: Vec<&Cell<'_>> = cells.iter().copied().filter(|cell| !whole.contains(&cell.language)).collect();
    if rest.is_empty() {
        return Ok(found);
    }
    for condition in chosen.iter().filter(|condition| condition.values.len() > 1) {
        for (shown, facts) in &condition.values {
            let facts = facts & only;
            if !facts.is_empty() {
                without(&facts, &rest, &mut std::iter::once(shown.clone()))?;
            }
        }
    }
    Ok(found)
}

/// What the run has instead: the facts in other languages, or other relations.
fn elsewhere(
    names: &Resolver<'_>,
    run: &Run,
    asked: &Asked,
    only: &RoaringBitmap,
    cells: &[&Cell<'_>],
) -> Result<String, QueryError> {
    let (snapshot, stop) = (names.snapshot, &names.settings.interrupt);
    let groups = asked.kind == SourceKind::Dkn;
    let slots: Vec<_> = if groups { snapshot.group_slots().collect() } else { snapshot.slots().collect() };
    let of_run = || slots.iter().filter(|slot| slot.run == run.id);
    let parts = |slot: &Slot| {
        let parts = if groups { snapshot.group_parts(*slot) } else { snapshot.parts(*slot) };
        parts.map_err(QueryError::storage)
    };
    let mut languages = BTreeSet::new();
    for slot in of_run().filter(|slot| !cells.iter().any(|cell| cell.language == slot.language)) {
        for part in parts(slot)? {
            if any_in(&part, only)? {
                languages.insert(snapshot.language_name(slot.language));
            }
        }
    }
    if !languages.is_empty() {
        return Ok(format!("; it does in {}", listing(languages)));
    }
    // Of single facts the relation would say nothing.
    let on_facts = |key| asked.condition(key).is_some();
    let by_relation = on_facts(ConditionKey::Relation)
        && ![ConditionKey::Fact, ConditionKey::Subject, ConditionKey::Object].into_iter().any(on_facts);
    let stored_here = cells.iter().map(|cell| any_stored(cell, only)).collect::<Result<Vec<_>, _>>()?;
    if !by_relation || stored_here.contains(&true) {
        return Ok(String::new());
    }
    // Only now, since it looks every fact of the run up.
    let mut relations = BTreeSet::new();
    for slot in of_run() {
        for part in parts(slot)? {
            for fact in facts_of(&part)? {
                stop.check()?;
                if let Some(relation) = snapshot.fact_relation(FactId(fact)).map_err(QueryError::storage)? {
                    relations.insert(snapshot.relation_name(relation));
                }
            }
        }
    }
    Ok(if relations.is_empty() { String::new() } else { format!("; it has {}", listing(relations)) })
}

fn facts_of(part: &LivePart<'_>) -> Result<Vec<u32>, QueryError> {
    let facts = part.part.facts().map_err(QueryError::storage)?;
    let living = facts.iter().zip(0..).filter(|&(_, local)| part.is_live(local));
    Ok(living.map(|(&fact, _)| u32::from_le_bytes(fact)).collect())
}

fn any_stored(cell: &Cell<'_>, facts: &RoaringBitmap) -> Result<bool, QueryError> {
    for part in parts_of(std::slice::from_ref(cell)) {
        if any_in(&part.live, facts)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn any_in(part: &LivePart<'_>, facts: &RoaringBitmap) -> Result<bool, QueryError> {
    for fact in facts {
        if part.find(FactId(fact)).map_err(QueryError::storage)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn parts_of<'a, 's>(cells: &'a [Cell<'s>]) -> impl Iterator<Item = &'a PartAccess<'s>> {
    cells.iter().flat_map(|cell| &cell.prompts).flat_map(|prompt| &prompt.parts)
}

/// The facts that any of some cells has entries of that count; of a few, or of all.
pub(crate) fn stored_of(
    cells: &[Cell<'_>],
    only: Option<&RoaringBitmap>,
    stop: &Interrupt,
) -> Result<RoaringBitmap, QueryError> {
    let mut stored = RoaringBitmap::new();
    if let Some(few) = only.filter(|only| only.len() <= FEW) {
        for fact in few {
            for part in parts_of(cells) {
                let found = part.live.find(FactId(fact)).map_err(QueryError::storage)?;
                if found.is_some_and(|local| part.has(local)) {
                    stored.insert(fact);
                    break;
                }
            }
        }
        return Ok(stored);
    }
    for part in parts_of(cells) {
        stop.check()?;
        let counted = part.facts.iter().zip(0..).filter(|&(_, local)| part.has(local));
        stored.extend(counted.map(|(&fact, _)| u32::from_le_bytes(fact)));
    }
    Ok(match only {
        Some(only) => stored & only,
        None => stored,
    })
}

/// Whether cells surely have entries of the same facts, as those of one attribution mostly have.
fn alike(cells: &[Cell<'_>]) -> bool {
    let facts = |cell| {
        let mut parts = parts_of(std::slice::from_ref(cell));
        let first = parts.next().filter(|part| part.live.replaced.is_none() && part.only.is_none())?;
        parts.next().is_none().then_some(first.facts)
    };
    cells.windows(2).all(|pair| match (facts(&pair[0]), facts(&pair[1])) {
        (Some(one), Some(other)) => std::ptr::eq(one, other) || one == other,
        _ => false,
    })
}
