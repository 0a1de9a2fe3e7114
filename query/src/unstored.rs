//! Facts of which nothing is stored: an answer that is empty, or smaller, for that and not for what was measured is told of.
//!
//! Facts that were attributed and have no neurons are answers; nothing is said of them.

use crate::ast::{ConditionKey, Filter, SetOp, Source as Asked};
use crate::error::QueryError;
use crate::names::{Chosen, Resolver, all_of, listing, shortened};
use crate::plan::{Cell, Combine, Facts, Pairs, PartAccess, Source};
use crate::span::Span;
use kndb_storage::{FactId, LanguageId, LivePart, Run, Snapshot};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// Up to this many facts are looked up one by one.
const FEW: u64 = 256;

/// Notes what a source's conditions name and its runs hold nothing of, and runs and languages that have nothing for it.
pub(crate) fn note_unstored(
    names: &Resolver<'_>,
    asked: &Asked,
    runs: &[&Run],
    chosen: &[Chosen],
    source: &Source<'_>,
) -> Result<(), QueryError> {
    let languages_named = source.combine == Combine::Intersection
        || matches!(
            asked.condition(ConditionKey::Lang).map(|c| &c.filter),
            Some(Filter::Lang(crate::ast::Choice::Of(_)))
        );
    if asked.condition(ConditionKey::Run).is_some_and(|c| matches!(c.filter, Filter::Run(crate::ast::Choice::Of(_)))) {
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
            text += &elsewhere(names.snapshot, run, asked, only, &cells)?;
            names.notes.add(asked.span, text);
        }
    }
    // Prompts that a language does not have are told of by their number.
    let asked_in_all = source.cells.iter().all(|cell| !cell.prompts.is_empty());
    if source.combine == Combine::Intersection && source.cells.len() > 1 && asked_in_all && !alike(&source.cells) {
        let (mut all, mut both) = (RoaringBitmap::new(), None::<RoaringBitmap>);
        for cell in &source.cells {
            let stored = stored_of(std::slice::from_ref(cell), only.as_ref())?;
            both = Some(both.map_or_else(|| stored.clone(), |both| both & &stored));
            all |= stored;
        }
        let (both, all) = (both.map_or(0, |both| both.len()), all.len());
        if both < all {
            let which = if source.cells.len() == 2 { "both".into() } else { format!("all {}", source.cells.len()) };
            names.notes.add(asked.span, format!("{both} of {all} facts have entries in {which} languages"));
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
    snapshot: &Snapshot,
    run: &Run,
    asked: &Asked,
    only: &RoaringBitmap,
    cells: &[&Cell<'_>],
) -> Result<String, QueryError> {
    let groups = asked.kind == crate::ast::SourceKind::Dkn;
    let slots: Vec<_> = if groups { snapshot.group_slots().collect() } else { snapshot.slots().collect() };
    let (mut languages, mut relations) = (BTreeSet::new(), BTreeSet::new());
    for slot in slots.into_iter().filter(|slot| slot.run == run.id) {
        let parts = if groups { snapshot.group_parts(slot) } else { snapshot.parts(slot) };
        for part in &parts {
            let own = cells.iter().any(|cell| cell.language == slot.language);
            if !own && any_in(part, only)? {
                languages.insert(snapshot.language_name(slot.language));
            }
            for fact in facts_of(part)? {
                if let Some(relation) = snapshot.fact_relation(FactId(fact)).map_err(QueryError::storage)? {
                    relations.insert(snapshot.relation_name(relation));
                }
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
    if by_relation && !relations.is_empty() && !stored_here.contains(&true) {
        return Ok(format!("; it has {}", listing(relations)));
    }
    Ok(String::new())
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

fn parts_of<'a, 's>(cells: &'a [Cell<'s>]) -> impl Iterator<Item = &'a PartAccess<'s>> {
    cells.iter().flat_map(|cell| &cell.prompts).flat_map(|prompt| &prompt.parts)
}

/// The facts that any of some cells has entries of; of a few, or of all.
fn stored_of(cells: &[Cell<'_>], only: Option<&RoaringBitmap>) -> Result<RoaringBitmap, QueryError> {
    let mut stored = RoaringBitmap::new();
    if let Some(few) = only.filter(|only| only.len() <= FEW) {
        for fact in few {
            for part in parts_of(cells) {
                if part.live.find(FactId(fact)).map_err(QueryError::storage)?.is_some() {
                    stored.insert(fact);
                    break;
                }
            }
        }
        return Ok(stored);
    }
    for part in parts_of(cells) {
        stored.extend(facts_of(&part.live)?);
    }
    Ok(match only {
        Some(only) => stored & only,
        None => stored,
    })
}

/// Whether cells surely have entries of the same facts, as those of one attribution mostly have.
fn alike(cells: &[Cell<'_>]) -> bool {
    let one = |cell: &Cell<'_>| {
        let mut parts = parts_of(std::slice::from_ref(cell));
        let first = parts.next().filter(|part| part.live.replaced.is_none()).map(|part| part.facts.as_ptr_range());
        (first, parts.next().is_none())
    };
    let facts = |cell: &Cell<'_>| parts_of(std::slice::from_ref(cell)).next().map(|part| part.facts.to_vec());
    cells.windows(2).all(|pair| match (one(&pair[0]), one(&pair[1])) {
        ((Some(a), true), (Some(b), true)) => a == b || facts(&pair[0]) == facts(&pair[1]),
        _ => false,
    })
}

/// The facts that a set of pairs has entries of, and those it is asked about; `None`: all there are.
struct Extent {
    stored: RoaringBitmap,
    asked: Option<RoaringBitmap>,
}

/// `None` where it is not known before the query runs: a saved set does not say what it was made from.
fn extent(pairs: &Pairs<'_>, snapshot: &Snapshot) -> Result<Option<Extent>, QueryError> {
    Ok(match pairs {
        Pairs::Saved(_) => None,
        Pairs::Source(source) => {
            let asked = source.facts.as_ref().and_then(|filter| filter.only.clone());
            let stored = match source.combine {
                Combine::Union => stored_of(&source.cells, asked.as_ref())?,
                Combine::Intersection => {
                    let mut all = None::<RoaringBitmap>;
                    for cell in &source.cells {
                        let stored = stored_of(std::slice::from_ref(cell), asked.as_ref())?;
                        all = Some(all.map_or_else(|| stored.clone(), |all| all & &stored));
                    }
                    all.unwrap_or_default()
                }
            };
            Some(Extent { stored, asked })
        }
        Pairs::WithNeurons { pairs, .. } => extent(pairs, snapshot)?,
        Pairs::WithFacts { pairs, facts: Facts::Known { facts, .. }, keep, .. } => {
            extent(pairs, snapshot)?.map(|Extent { mut stored, asked }| {
                let mut asked = asked.unwrap_or_else(|| snapshot.facts());
                if *keep {
                    (stored, asked) = (stored & facts, asked & facts);
                } else {
                    (stored, asked) = (stored - facts, asked - facts);
                }
                Extent { stored, asked: Some(asked) }
            })
        }
        Pairs::WithFacts { .. } => None,
        Pairs::Binary { op, left, right, .. } => match (extent(left, snapshot)?, extent(right, snapshot)?) {
            (Some(left), Some(right)) => Some(match op {
                SetOp::Difference => left,
                SetOp::Union => Extent {
                    stored: left.stored | right.stored,
                    asked: left.asked.zip(right.asked).map(|(left, right)| left | right),
                },
                SetOp::Intersection | SetOp::SymmetricDifference => Extent {
                    stored: left.stored & right.stored,
                    asked: match (left.asked, right.asked) {
                        (Some(left), Some(right)) => Some(left & right),
                        (one, other) => one.or(other),
                    },
                },
            }),
            _ => None,
        },
    })
}

/// What two sides are put together for.
#[derive(Clone, Copy)]
pub(crate) enum Together {
    /// A set operation.
    Op(SetOp),
    /// `similarity(a, b)`.
    Similarity,
}

/// Notes facts that only one of two sides has entries of, where both are asked about them.
pub(crate) fn note_unpaired(
    names: &Resolver<'_>,
    together: Together,
    span: Span,
    left: &Pairs<'_>,
    right: &Pairs<'_>,
) -> Result<(), QueryError> {
    if matches!(together, Together::Op(SetOp::Union)) {
        return Ok(());
    }
    if let (Pairs::Source(left), Pairs::Source(right)) = (left, right)
        && let ([a], [b]) = (left.cells.as_slice(), right.cells.as_slice())
        && parts_of(std::slice::from_ref(a))
            .map(|part| part.facts.as_ptr_range())
            .eq(parts_of(std::slice::from_ref(b)).map(|part| part.facts.as_ptr_range()))
    {
        return Ok(());
    }
    let (Some(left), Some(right)) = (extent(left, names.snapshot)?, extent(right, names.snapshot)?) else {
        return Ok(());
    };
    // A side of which nothing is stored has its own note.
    if left.stored.is_empty() || right.stored.is_empty() {
        return Ok(());
    }
    let within = |stored: RoaringBitmap, asked: Option<&RoaringBitmap>| match asked {
        Some(asked) => stored & asked,
        None => stored,
    };
    let a = within(left.stored, right.asked.as_ref());
    let b = within(right.stored, left.asked.as_ref());
    let (both, all) = (a.intersection_len(&b), a.union_len(&b));
    let text = match together {
        Together::Op(SetOp::Difference) if both < a.len() => format!(
            "{both} of the {} facts on the left of `-` have entries on the right, too; of the others nothing is taken away",
            a.len()
        ),
        Together::Op(SetOp::Intersection) if both < all => {
            format!("{both} of {all} facts have entries on both sides of `&`")
        }
        Together::Op(SetOp::SymmetricDifference) if both < all => {
            format!("{both} of {all} facts have entries on both sides of `^`; of the others all is on one side")
        }
        Together::Similarity if both < all => {
            format!("{both} of {all} facts have entries on both sides; the others are left out")
        }
        _ => return Ok(()),
    };
    names.notes.add(span, text);
    Ok(())
}

/// Notes a set of facts that a set of pairs is filtered by, and has no entries of.
pub(crate) fn note_foreign_facts(
    names: &Resolver<'_>,
    span: Span,
    text: &str,
    pairs: &Pairs<'_>,
    facts: &Facts<'_>,
) -> Result<(), QueryError> {
    let Some(facts) = facts_extent(facts, names.snapshot)?.filter(|facts| !facts.is_empty()) else { return Ok(()) };
    let Some(Extent { stored, .. }) = extent(pairs, names.snapshot)? else { return Ok(()) };
    if !stored.is_empty() && stored.is_disjoint(&facts) {
        let (count, have) = match facts.len() {
            1 => ("the fact".to_owned(), "has"),
            several => (format!("none of the {several} facts"), "has"),
        };
        let no = if facts.len() == 1 { "no entry" } else { "an entry" };
        names.notes.add(span, format!("{count} of `{text}` {have} {no} in the set that it filters"));
    }
    Ok(())
}

/// Facts that a set of facts can have; `None` where it is not known before the query runs.
fn facts_extent(facts: &Facts<'_>, snapshot: &Snapshot) -> Result<Option<RoaringBitmap>, QueryError> {
    Ok(match facts {
        Facts::Known { facts, .. } => Some(facts.clone()),
        Facts::Of { pairs, .. } => extent(pairs, snapshot)?.map(|extent| extent.stored),
        Facts::Binary { op, left, right, .. } => {
            match (facts_extent(left, snapshot)?, facts_extent(right, snapshot)?) {
                (Some(left), Some(right)) => Some(match op {
                    SetOp::Difference => left,
                    SetOp::Intersection => left & right,
                    SetOp::Union | SetOp::SymmetricDifference => left | right,
                }),
                _ => None,
            }
        }
    })
}
