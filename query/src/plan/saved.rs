//! Saved sets (`let`): their members, read from a file. [`crate::run::save`] writes them.
//!
//! The bytes are the portable ones of roaring bitmaps: 32-bit for neurons and facts; for pairs 64-bit, `fact << 32 | neuron`, which is a
//! number of facts, then each fact and the bitmap of its neurons.

use crate::error::{ErrorKind, QueryError};
use crate::plan::kinds::Kind;
use kndb_storage::SavedSet;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::io::{Error, Read};
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
