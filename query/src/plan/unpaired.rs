//! Facts that only one side of an operation has entries of: of the others the answer says nothing, which is told with counts.

use crate::error::QueryError;
use crate::plan::names::Resolver;
use crate::plan::unstored::{parts_of, stored_of};
use crate::plan::{Combine, Entries, Facts, NodeId, Pairs, SavedPairs};
use crate::syntax::ast::SetOp;
use crate::syntax::span::Span;
use kndb_storage::Snapshot;
use roaring::RoaringBitmap;
use std::cell::RefCell;
use std::collections::HashMap;

/// The facts that a set of pairs has entries of, and those it is asked about; `None`: all there are.
#[derive(Clone)]
pub(crate) struct Extent {
    pub stored: RoaringBitmap,
    pub asked: Option<RoaringBitmap>,
}

/// Extents of the operations of a statement, by node: in a chain of many sets each operator asks for that of all before it.
#[derive(Default)]
pub(crate) struct Extents(RefCell<HashMap<NodeId, Option<Extent>>>);

impl Extents {
    /// Says what is known of a node before its plan is made: of a set of an attached store.
    pub(crate) fn add(&self, id: NodeId, extent: Option<Extent>) {
        self.0.borrow_mut().insert(id, extent);
    }

    /// That of facts of pairs, or of those of an attached store.
    pub(crate) fn of_facts(&self, facts: &Facts<'_>, snapshot: &Snapshot) -> Result<Option<Extent>, QueryError> {
        match facts {
            Facts::Of { pairs, .. } => self.of(pairs, snapshot),
            Facts::Known { id, .. } => Ok(self.0.borrow().get(id).cloned().flatten()),
            Facts::Binary { .. } | Facts::OfEntries { .. } | Facts::Rows(_) => Ok(None),
        }
    }

    pub(crate) fn of(&self, pairs: &Pairs<'_>, snapshot: &Snapshot) -> Result<Option<Extent>, QueryError> {
        let (Pairs::Binary { id, .. } | Pairs::Saved(SavedPairs { id, .. })) = pairs else {
            return extent(pairs, snapshot, self);
        };
        if let Some(known) = self.0.borrow().get(id) {
            return Ok(known.clone());
        }
        let found = extent(pairs, snapshot, self)?;
        self.0.borrow_mut().insert(*id, found.clone());
        Ok(found)
    }
}

/// `None` where it is not known before the query runs: a saved set does not say what it was made from.
fn extent(pairs: &Pairs<'_>, snapshot: &Snapshot, extents: &Extents) -> Result<Option<Extent>, QueryError> {
    Ok(match pairs {
        Pairs::Saved(_) | Pairs::Rows { .. } => None,
        Pairs::Source(source) => {
            let asked = source.facts.as_ref().and_then(|filter| filter.only.clone());
            let stored = match source.combine {
                Combine::Union => stored_of(&source.cells, asked.as_ref(), &source.interrupt)?,
                Combine::Intersection => {
                    let mut all = None::<RoaringBitmap>;
                    for cell in &source.cells {
                        let stored = stored_of(std::slice::from_ref(cell), asked.as_ref(), &source.interrupt)?;
                        all = Some(all.map_or_else(|| stored.clone(), |all| all & &stored));
                    }
                    all.unwrap_or_default()
                }
            };
            Some(Extent { stored, asked })
        }
        Pairs::WithNeurons { pairs, .. } => extents.of(pairs, snapshot)?,
        Pairs::WithFacts { pairs, facts: Facts::Known { facts, .. }, keep, .. } => {
            extents.of(pairs, snapshot)?.map(|Extent { mut stored, asked }| {
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
        // What is taken away decides nothing.
        Pairs::Binary { op: SetOp::Difference, left, .. } => extents.of(left, snapshot)?,
        Pairs::Binary { op, left, right, .. } => match (extents.of(left, snapshot)?, extents.of(right, snapshot)?) {
            (Some(left), Some(right)) => Some(match op {
                SetOp::Intersection => Extent {
                    stored: left.stored & right.stored,
                    asked: match (left.asked, right.asked) {
                        (Some(left), Some(right)) => Some(left & right),
                        (one, other) => one.or(other),
                    },
                },
                SetOp::Union | SetOp::SymmetricDifference | SetOp::Difference => Extent {
                    stored: left.stored | right.stored,
                    asked: left.asked.zip(right.asked).map(|(left, right)| left | right),
                },
            }),
            _ => None,
        },
    })
}

/// What two sides are put together for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Together {
    /// A set operation.
    Op(SetOp),
    /// `similarity(…) by layer`; in other rows of `similarity` the column `unpaired` says it.
    Similarity,
}

/// Notes facts that only one of two sides has entries of, where both are asked about them.
pub(crate) fn note_unpaired(
    (names, extents): (&Resolver<'_>, &Extents),
    together: Together,
    span: Span,
    left: &Pairs<'_>,
    right: &Pairs<'_>,
) -> Result<(), QueryError> {
    if together == Together::Op(SetOp::Union) {
        return Ok(());
    }
    if let (Pairs::Source(left), Pairs::Source(right)) = (left, right)
        && let ([a], [b]) = (left.cells.as_slice(), right.cells.as_slice())
        && parts_of(std::slice::from_ref(a)).chain(parts_of(std::slice::from_ref(b))).all(|part| part.only.is_none())
        && parts_of(std::slice::from_ref(a))
            .map(|part| part.facts.as_ptr_range())
            .eq(parts_of(std::slice::from_ref(b)).map(|part| part.facts.as_ptr_range()))
    {
        return Ok(());
    }
    if let (Some(left), Some(right)) = (extents.of(left, names.snapshot)?, extents.of(right, names.snapshot)?) {
        note_extents(names, together, span, left, right);
    }
    Ok(())
}

/// The same of two sides of which it is known what they have entries of.
pub(crate) fn note_extents(names: &Resolver<'_>, together: Together, span: Span, left: Extent, right: Extent) {
    if together == Together::Op(SetOp::Union) {
        return;
    }
    // A side of which nothing is stored has its own note.
    if left.stored.is_empty() || right.stored.is_empty() {
        return;
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
        _ => return,
    };
    names.notes.add(span, text);
}

/// Notes a set of facts that a set of pairs is filtered by, and has no entries of.
pub(crate) fn note_foreign_facts(
    (names, extents): (&Resolver<'_>, &Extents),
    span: Span,
    text: &str,
    pairs: &Pairs<'_>,
    facts: &Facts<'_>,
) -> Result<(), QueryError> {
    let Some(facts) = facts_extent(facts, names.snapshot, extents)?.filter(|facts| !facts.is_empty()) else {
        return Ok(());
    };
    let Some(Extent { stored, .. }) = extents.of(pairs, names.snapshot)? else { return Ok(()) };
    note_disjoint(names, span, text, &stored, &facts);
    Ok(())
}

/// The same of entries.
pub(crate) fn note_facts_without_entries(
    (names, extents): (&Resolver<'_>, &Extents),
    span: Span,
    text: &str,
    entries: &Entries<'_>,
    facts: &Facts<'_>,
) -> Result<(), QueryError> {
    let Some(facts) = facts_extent(facts, names.snapshot, extents)?.filter(|facts| !facts.is_empty()) else {
        return Ok(());
    };
    let Some(stored) = entries_extent(entries, names.snapshot, extents)? else { return Ok(()) };
    note_disjoint(names, span, text, &stored, &facts);
    Ok(())
}

fn note_disjoint(names: &Resolver<'_>, span: Span, text: &str, stored: &RoaringBitmap, facts: &RoaringBitmap) {
    if !stored.is_empty() && stored.is_disjoint(facts) {
        let what = match facts.len() {
            1 => format!("the fact of `{text}` has no entry"),
            several => format!("none of the {several} facts of `{text}` has an entry"),
        };
        names.notes.add(span, format!("{what} in the set that it filters"));
    }
}

/// Facts that have some entries; `None` where it is not known before the query runs.
fn entries_extent(
    entries: &Entries<'_>,
    snapshot: &Snapshot,
    extents: &Extents,
) -> Result<Option<RoaringBitmap>, QueryError> {
    match entries {
        Entries::Source(source) => {
            let only = source.facts.as_ref().and_then(|filter| filter.only.as_ref());
            stored_of(&source.cells, only, &source.interrupt).map(Some)
        }
        Entries::WithFacts { entries, facts, keep, .. } => {
            let stored = entries_extent(entries, snapshot, extents)?;
            Ok(match (stored, facts_extent(facts, snapshot, extents)?, keep) {
                (Some(stored), Some(facts), true) => Some(stored & facts),
                // Those that are taken away may be fewer than they could be.
                (stored, _, false) => stored,
                _ => None,
            })
        }
    }
}

/// Facts that a set of facts can have; `None` where it is not known before the query runs.
fn facts_extent(
    facts: &Facts<'_>,
    snapshot: &Snapshot,
    extents: &Extents,
) -> Result<Option<RoaringBitmap>, QueryError> {
    Ok(match facts {
        Facts::Known { facts, .. } => Some(facts.clone()),
        Facts::Rows(_) => None,
        Facts::Of { pairs, .. } => extents.of(pairs, snapshot)?.map(|extent| extent.stored),
        Facts::OfEntries { entries, .. } => entries_extent(entries, snapshot, extents)?,
        Facts::Binary { op, left, right, .. } => {
            match (facts_extent(left, snapshot, extents)?, facts_extent(right, snapshot, extents)?) {
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
