//! `top n` that parts equals: which of them are shown is then a matter of their names, and the reader is told.
//!
//! Not where rows are ordered by names alone: who wants the first subjects knows that facts go on behind them.

use crate::note::Notes;
use crate::syntax::ast::{Key, Query};
use crate::syntax::span::Span;

/// A `top` clause: how many rows, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub rows: u64,
    span: Span,
}

impl First {
    /// That of a query, if it has one.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        Some(Self { rows: query.limit()?, span: query.top.as_ref()?.span })
    }

    /// Says that the first row which is left out equals the last one that is kept, by these keys.
    pub(crate) fn note(self, keys: &[(Key, bool)], notes: &Notes) {
        note_equals((&format!("top {}", self.rows), self.span), keys, notes);
    }
}

/// The same of a clause, as it is written.
pub(super) fn note_equals((clause, span): (&str, Span), keys: &[(Key, bool)], notes: &Notes) {
    if !keys.iter().any(|(key, _)| matches!(key, Key::Measure(_))) {
        return;
    }
    let keys: Vec<String> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
    let keys = keys.join(", ");
    let text = format!(
        "`{clause}` leaves out rows that are equal to the last one in {keys}: of equals, those that come first by their names and numbers are shown"
    );
    notes.add(span, text);
}

/// The last row that is kept and the first one that is not, of rows of which one more than those that are wanted is `left` to be handed out.
pub(crate) fn first_left_out<T>(sorted: &[T], left: u64) -> Option<(&T, &T)> {
    let kept = usize::try_from(left - 1).ok()?;
    Some((sorted.get(kept.checked_sub(1)?)?, sorted.get(kept)?))
}
