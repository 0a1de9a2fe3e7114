//! `top n per …`: the first rows of each value of some dimensions, as the three best neurons of each language.
//!
//! Rows stay in the order of all of them. Each row has to be looked at, and all of them fit into memory or are refused.

use super::equals::note_equals;
use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::note::Notes;
use crate::sorting::sort;
use crate::syntax::ast::{Dim, Key, Query};
use crate::syntax::span::Span;
use std::cmp::Ordering;

/// The clause.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    rows: u64,
    pub per: Vec<Dim>,
    span: Span,
}

impl Each {
    /// That of a query, if it has one.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        let top = query.top.as_ref().filter(|top| !top.per.is_empty())?;
        Some(Self { rows: top.count.value()?, per: top.per.clone(), span: top.span })
    }

    /// Leaves the first rows of each, in their order. `by` compares two rows by the dimensions of the clause, `as_asked` as the query orders
    /// them; whether a row was left out that equals the last one that was kept.
    pub(super) fn keep<T>(
        &self,
        rows: &mut Vec<T>,
        by: impl Fn(&T, &T) -> Ordering,
        as_asked: impl Fn(&T, &T) -> Ordering,
        interrupt: &Interrupt,
    ) -> Result<bool, QueryError> {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        sort(&mut order, |&a, &b| by(&rows[a], &rows[b]).then(a.cmp(&b)), interrupt)?;
        let mut kept = vec![false; rows.len()];
        let (mut found, mut parts_equals) = (0, false);
        for (number, &at) in order.iter().enumerate() {
            let before = number.checked_sub(1).map(|before| &rows[order[before]]);
            let is_of_the_same = before.is_some_and(|before| by(before, &rows[at]) == Ordering::Equal);
            found = if is_of_the_same { found + 1 } else { 1 };
            kept[at] = found <= self.rows;
            let first_left_out = found == self.rows.saturating_add(1);
            parts_equals |=
                first_left_out && before.is_some_and(|before| as_asked(before, &rows[at]) == Ordering::Equal);
        }
        let mut kept = kept.into_iter();
        rows.retain(|_| kept.next().unwrap_or(false));
        Ok(parts_equals)
    }

    /// Says that equals were parted.
    pub(super) fn note(&self, keys: &[(Key, bool)], notes: &Notes) {
        let per: Vec<&str> = self.per.iter().map(|dim| dim.dimension.word()).collect();
        note_equals((&format!("top {} per {}", self.rows, per.join(", ")), self.span), keys, notes);
    }
}
