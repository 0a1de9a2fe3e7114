//! `asked` and `frequency`: of how many facts a row could have counted a pair.
//!
//! Counted for each combination of relation, subject, object, language, prompt and run that a row may carry; a layer or a
//! neuron is none of the facts' own, so rows of one combination share the number.

use super::groups::Group;
use super::keys::FactKeys;
use super::partition::Splits;
use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::plan::Pairs;
use crate::run::asked::asked;
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// How many facts were asked, by row.
pub(super) enum Asked {
    /// Nobody wants to know.
    Unknown,
    /// Every row is about one fact.
    One,
    /// By the key of the facts and the split.
    Of(HashMap<(u32, u16), u64>),
}

impl Asked {
    /// Counts facts, those of each split. All of them get keys.
    pub(super) fn of(
        facts: &[RoaringBitmap],
        keys: &mut FactKeys<'_>,
        interrupt: &Interrupt,
    ) -> Result<Self, QueryError> {
        let mut counts: HashMap<(u32, u16), u64> = HashMap::new();
        for (number, facts) in facts.iter().enumerate() {
            for fact in facts {
                interrupt.check()?;
                *counts.entry((keys.add(fact)?, number as u16)).or_default() += 1;
            }
        }
        Ok(Self::Of(counts))
    }

    /// For one row.
    pub(super) fn count(&self, group: &Group) -> u64 {
        match self {
            Self::Unknown => 0,
            Self::One => 1,
            Self::Of(counts) => counts.get(&(group.fact, group.split)).copied().unwrap_or(0),
        }
    }
}

/// The facts that each part of a prepared set was asked of.
pub(super) fn by_split(pairs: &Pairs<'_>, splits: &Splits) -> Result<Vec<RoaringBitmap>, QueryError> {
    if splits.is_whole() {
        return Ok(vec![asked(pairs)?]);
    }
    (0..splits.len()).map(|number| splits.attributed(pairs, number as u16)).collect()
}
