//! Saved sets (`let`): members as bytes and back.

use crate::error::{ErrorKind, QueryError};
use crate::kinds::Kind;
use kndb_storage::SavedSet;
use roaring::{RoaringBitmap, RoaringTreemap};
use std::collections::BTreeMap;
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

    /// The word a [`SavedSet`] has for the kind.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Pairs(_) => "pairs",
            Self::Neurons(_) => "neurons",
            Self::Facts(_) => "facts",
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Pairs(pairs) => pairs.values().map(RoaringBitmap::len).sum(),
            Self::Neurons(set) | Self::Facts(set) => set.len(),
        }
    }

    /// Portable roaring bytes: 64-bit with `fact << 32 | neuron` for pairs, 32-bit otherwise.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, QueryError> {
        let mut bytes = Vec::new();
        match self {
            Self::Pairs(pairs) => {
                let pairs = pairs.iter().map(|(&fact, neurons)| (fact, neurons.clone()));
                RoaringTreemap::from_bitmaps(pairs).serialize_into(&mut bytes)
            }
            Self::Neurons(set) | Self::Facts(set) => set.serialize_into(&mut bytes),
        }
        .map_err(QueryError::storage)?;
        Ok(bytes)
    }
}

pub(crate) fn read_members(set: &SavedSet, bytes: &[u8]) -> Result<Members, QueryError> {
    let damaged = |e: std::io::Error| {
        QueryError::new(ErrorKind::Storage, format!("the members of @{} cannot be read: {e}", set.name))
    };
    match set.kind.as_str() {
        "pairs" => RoaringTreemap::deserialize_from(bytes).map(|pairs| {
            Members::Pairs(Arc::new(pairs.bitmaps().map(|(fact, neurons)| (fact, neurons.clone())).collect()))
        }),
        "neurons" => RoaringBitmap::deserialize_from(bytes).map(Members::Neurons),
        "facts" => RoaringBitmap::deserialize_from(bytes).map(Members::Facts),
        other => Err(std::io::Error::other(format!("unknown kind {other:?}"))),
    }
    .map_err(damaged)
}
