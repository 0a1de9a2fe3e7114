//! What is compared: a set of pairs, or one language, run or prompt of it.

use super::kept::Kept;
use super::layered::Layered;
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::rows::partition::Splits;
use crate::run::domain::attributed;
use crate::run::eval::Worker;
use roaring::RoaringBitmap;

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(super) enum Side<'a, 's> {
    Set(&'a Pairs<'s>),
    Part { pairs: &'a Pairs<'s>, splits: &'a Splits, number: u16, kept: &'a Kept },
}

impl<'s> Side<'_, 's> {
    /// The facts it has data for, whether or not any neuron passed.
    pub(super) fn attributed(&self) -> Result<RoaringBitmap, QueryError> {
        match self {
            Self::Set(pairs) => attributed(pairs),
            Self::Part { pairs, splits, number, .. } => splits.attributed(pairs, *number),
        }
    }

    /// A fact's neurons.
    pub(super) fn read(
        &self,
        worker: &mut Worker<'_, 's>,
        fact: u32,
        width: u32,
        out: &mut Layered,
    ) -> Result<(), QueryError> {
        out.neurons.clear();
        match self {
            Self::Set(pairs) => worker.pairs(pairs, fact, &mut out.neurons)?,
            Self::Part { pairs, splits, number, kept } => match kept.get(fact, *number) {
                Some(known) => {
                    out.copy(known);
                    return Ok(());
                }
                None => splits.part(worker, pairs, *number, fact, &mut out.neurons)?,
            },
        }
        out.arrange(width);
        Ok(())
    }
}
