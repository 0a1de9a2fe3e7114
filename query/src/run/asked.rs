//! The facts that a set of pairs was asked of: those that were attributed for its sources, whatever neurons they have.
//!
//! What a share of facts is a share of. Not what similarities compare: those need data on both sides
//! ([`attributed`](super::domain::attributed)).

use super::domain::{not_found_first, of_cells, without};
use crate::error::QueryError;
use crate::plan::{Pairs, SavedPairs, Set};
use crate::syntax::ast::SetOp;
use crate::syntax::span::Span;
use roaring::RoaringBitmap;

/// The facts that could have pairs in a prepared set: attributed on both sides of `&`, on the left of `-`, on either side of
/// `|` and `^`.
///
/// # Errors
/// Where a saved set decides ([`check_asked`] says it with its place), or a part cannot be read.
pub(crate) fn asked(pairs: &Pairs<'_>) -> Result<RoaringBitmap, QueryError> {
    asked_of(pairs, &|saved| match &saved.asked {
        Some(asked) => Ok(without(asked.clone(), saved.facts.as_ref())),
        None => Err(unknown(saved)),
    })
}

/// The same, of saved sets as `of_saved` has it.
pub(super) fn asked_of(
    pairs: &Pairs<'_>,
    of_saved: &dyn Fn(&SavedPairs) -> Result<RoaringBitmap, QueryError>,
) -> Result<RoaringBitmap, QueryError> {
    Ok(match pairs {
        Pairs::Source(source) => without(of_cells(source)?, source.facts.as_ref()),
        Pairs::Saved(saved) => of_saved(saved)?,
        Pairs::Binary { op, left, right, .. } => {
            let of_left = asked_of(left, of_saved)?;
            match op {
                SetOp::Union | SetOp::SymmetricDifference => of_left | asked_of(right, of_saved)?,
                SetOp::Intersection => of_left & asked_of(right, of_saved)?,
                SetOp::Difference => of_left,
            }
        }
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => asked_of(pairs, of_saved)?,
        Pairs::Rows { .. } => return Err(not_found_first()),
    })
}

/// Refuses a set of which it is not known what it was asked of: a saved set has its members alone.
pub(crate) fn check_asked(pairs: &Pairs<'_>, span: Span) -> Result<(), QueryError> {
    match unknown_in(pairs) {
        None => Ok(()),
        Some(saved) => Err(unknown(saved).at(span)),
    }
}

/// The saved set for which it is not known what a set was asked of.
pub(crate) fn unknown_in<'p>(pairs: &'p Pairs<'_>) -> Option<&'p SavedPairs> {
    match pairs {
        Pairs::Source(_) => None,
        Pairs::Saved(saved) => Some(saved).filter(|saved| saved.asked.is_none()),
        Pairs::Binary { op: SetOp::Difference, left, .. } => unknown_in(left),
        Pairs::Binary { left, right, .. } => unknown_in(left).or_else(|| unknown_in(right)),
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => unknown_in(pairs),
        Pairs::Rows { rows, .. } => match &rows.of {
            Set::Pairs(pairs) => unknown_in(pairs),
            Set::Neurons(_) | Set::Facts(_) | Set::Entries(_) => None,
        },
    }
}

fn unknown(saved: &SavedPairs) -> QueryError {
    let set = saved.from.text().unwrap_or_else(|| "this set".to_owned());
    let reason = format!("of {set} it is not known which facts were asked: a saved set has its members alone");
    QueryError::new(crate::error::ErrorKind::Kind, reason).hint(format!("write the set itself in place of {set}"))
}
