//! Members of a set on their way into a file (`let`), as [`crate::plan::saved`] reads them.
//!
//! Pairs are counted first and written fact by fact, however many there are.

use crate::error::{ErrorKind, QueryError};
use crate::plan::Pairs;
use crate::run::domain::Execution;
use kndb_storage::{SavedSet, Store};
use roaring::RoaringBitmap;
use std::io::{Error, Write};

/// A set that is to be saved.
pub(crate) enum Found<'s> {
    /// Counted, and found again when they are written: a store's pairs may not fit into memory.
    Pairs {
        pairs: Pairs<'s>,
        facts: u64,
        members: u64,
    },
    Neurons(RoaringBitmap),
    Facts(RoaringBitmap),
}

impl<'s> Found<'s> {
    /// Counts the members of a prepared plan.
    pub(crate) fn pairs(execution: &mut Execution<'s>, pairs: Pairs<'s>) -> Result<Self, QueryError> {
        let (mut facts, mut members) = (0, 0);
        execution.for_each_fact(&pairs, |_, neurons| {
            facts += u64::from(!neurons.is_empty());
            members += neurons.len() as u64;
            Ok(true)
        })?;
        Ok(Self::Pairs { pairs, facts, members })
    }

    /// The word a [`SavedSet`] has for the kind.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Pairs { .. } => "pairs",
            Self::Neurons(_) => "neurons",
            Self::Facts(_) => "facts",
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Pairs { members, .. } => *members,
            Self::Neurons(set) | Self::Facts(set) => set.len(),
        }
    }

    /// How many of its facts are so.
    pub(crate) fn facts_that(
        &self,
        execution: &mut Execution<'s>,
        holds: impl Fn(u32) -> bool,
    ) -> Result<u64, QueryError> {
        let mut count = 0;
        match self {
            Self::Neurons(_) => {}
            Self::Facts(facts) => count = facts.iter().filter(|&fact| holds(fact)).count() as u64,
            Self::Pairs { pairs, .. } => execution.for_each_fact(pairs, |fact, neurons| {
                count += u64::from(!neurons.is_empty() && holds(fact));
                Ok(true)
            })?,
        }
        Ok(count)
    }

    /// Writes the members into a file of the store, and gives it its name.
    pub(crate) fn save(self, execution: &mut Execution<'s>, store: &Store, set: &SavedSet) -> Result<(), QueryError> {
        let mut file = store.set_writer(&set.name).map_err(QueryError::storage)?;
        let failed =
            |e: Error| QueryError::new(ErrorKind::Storage, format!("cannot write @{}: {e}", set.name)).caused_by(e);
        match self {
            Self::Pairs { pairs, facts, .. } => {
                file.write_all(&facts.to_le_bytes()).map_err(failed)?;
                let (mut left, mut bytes) = (facts, Vec::new());
                execution.for_each_fact(&pairs, |fact, neurons| {
                    if !neurons.is_empty() {
                        left = left.wrapping_sub(1);
                        bytes.clear();
                        bytes.extend(fact.to_le_bytes());
                        let neurons: RoaringBitmap = neurons.iter().copied().collect();
                        neurons.serialize_into(&mut bytes).map_err(failed)?;
                        file.write_all(&bytes).map_err(failed)?;
                    }
                    Ok(true)
                })?;
                // A snapshot does not change, so this cannot be.
                debug_assert_eq!(left, 0, "as many facts as were counted");
            }
            Self::Neurons(members) | Self::Facts(members) => members.serialize_into(&mut file).map_err(failed)?,
        }
        file.save(set).map_err(QueryError::storage)
    }
}
