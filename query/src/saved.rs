//! Saved sets (`let`): members on their way into a file, and back.
//!
//! The bytes are the portable ones of roaring bitmaps: 32-bit for neurons and facts; for pairs 64-bit, `fact << 32 | neuron`, which is a
//! number of facts, then each fact and the bitmap of its neurons. So pairs are written fact by fact, however many there are.

use crate::domain::Execution;
use crate::error::{ErrorKind, QueryError};
use crate::kinds::Kind;
use crate::plan::Pairs;
use kndb_storage::{SavedSet, Store};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::io::{Error, Read, Write};
use std::sync::Arc;

/// The members of a saved set.
pub(crate) enum Members {
    /// Neurons by fact.
    Pairs(Arc<BTreeMap<u32, RoaringBitmap>>),
    Neurons(RoaringBitmap),
    Facts(RoaringBitmap),
}

impl Members {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Pairs(_) => Kind::Pairs,
            Self::Neurons(_) => Kind::Neurons,
            Self::Facts(_) => Kind::Facts,
        }
    }
}

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

pub(crate) fn read_members(set: &SavedSet, bytes: &[u8]) -> Result<Members, QueryError> {
    let damaged =
        |e: Error| QueryError::new(ErrorKind::Storage, format!("the members of @{} cannot be read: {e}", set.name));
    match set.kind.as_str() {
        "pairs" => read_pairs(bytes).map(|pairs| Members::Pairs(Arc::new(pairs))),
        "neurons" => RoaringBitmap::deserialize_from(bytes).map(Members::Neurons),
        "facts" => RoaringBitmap::deserialize_from(bytes).map(Members::Facts),
        other => Err(Error::other(format!("unknown kind {other:?}"))),
    }
    .map_err(damaged)
}

fn read_pairs(mut bytes: &[u8]) -> Result<BTreeMap<u32, RoaringBitmap>, Error> {
    let mut count = [0; 8];
    bytes.read_exact(&mut count)?;
    let mut pairs = BTreeMap::new();
    for _ in 0..u64::from_le_bytes(count) {
        let mut fact = [0; 4];
        bytes.read_exact(&mut fact)?;
        let neurons = RoaringBitmap::deserialize_from(&mut bytes)?;
        if pairs.insert(u32::from_le_bytes(fact), neurons).is_some() {
            return Err(Error::other(format!("fact {} twice", u32::from_le_bytes(fact))));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use roaring::RoaringTreemap;

    #[test]
    fn pairs_are_read_as_the_64_bit_bitmap_that_they_are() {
        let members = [(0_u64, 3), (7, 1), (7, 70_000), (u64::from(u32::MAX), u32::MAX)];
        let all: RoaringTreemap = members.iter().map(|&(fact, neuron)| fact << 32 | u64::from(neuron)).collect();
        let mut bytes = Vec::new();
        all.serialize_into(&mut bytes).expect("to memory");
        let read = read_pairs(&bytes).expect("the format");
        let back = read.iter().flat_map(|(&fact, set)| set.iter().map(move |neuron| (u64::from(fact), neuron)));
        assert_eq!(back.collect::<Vec<_>>(), members);
        for cut in 0..bytes.len() {
            assert!(read_pairs(&bytes[..cut]).is_err(), "{cut} of {} bytes", bytes.len());
        }
    }
}
