//! Neurons as JSON files write them: `[layer, unit]`, in lists and in lists of lists.
//!
//! What is read is raw numbers; [`neuron_set`] and [`neuron_groups`] check them against the model.

use std::fmt;

use kndb_storage::{Group, Neuron, Shape};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Unexpected, Visitor};

use crate::error::{ImportError, Location};

/// A whole number from 0; `10.0` counts as one, `-1` and `1.5` do not.
struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeVisitor).map(Whole)
    }
}

/// 2^64: no number from there on is read as it is written.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a layer or neuron, which is a whole number from 0")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        u64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
        let whole = value as u64;
        if value >= TOO_LARGE {
            return Err(E::custom(
                "a layer or neuron of 2^64 or more; expected a whole number from 0, within the model",
            ));
        }
        if whole as f64 == value && value.is_sign_positive() {
            return Ok(whole);
        }
        Err(E::invalid_value(Unexpected::Float(value), &self))
    }
}

/// `[layer, unit]`.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    layer: u64,
    unit: u64,
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairVisitor;

        impl<'de> Visitor<'de> for PairVisitor {
            type Value = Pair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a neuron as the two numbers [layer, neuron]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pair, A::Error> {
                let Some(Whole(layer)) = seq.next_element()? else {
                    return Err(A::Error::invalid_length(0, &self));
                };
                let Some(Whole(unit)) = seq.next_element()? else {
                    return Err(A::Error::invalid_length(1, &self));
                };
                if seq.next_element::<IgnoredAny>()?.is_some() {
                    return Err(A::Error::invalid_length(3, &self));
                }
                Ok(Pair { layer, unit })
            }
        }

        deserializer.deserialize_seq(PairVisitor)
    }
}

impl Pair {
    fn neuron(self, shape: Shape) -> Option<Neuron> {
        shape.neuron(u32::try_from(self.layer).ok()?, u32::try_from(self.unit).ok()?)
    }
}

/// Neurons of a fact, each once and ascending; repeats are dropped and counted.
pub(crate) fn neuron_set(
    fact: &str,
    pairs: &[Pair],
    shape: Shape,
    at: impl Fn() -> Box<Location>,
) -> Result<(Vec<Neuron>, u64), ImportError> {
    let mut neurons = pairs
        .iter()
        .map(|pair| {
            pair.neuron(shape).ok_or_else(|| ImportError::NeuronOutside {
                at: at(),
                fact: fact.to_owned(),
                layer: pair.layer,
                neuron: pair.unit,
                shape,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    neurons.sort_unstable();
    neurons.dedup();
    let dropped = (pairs.len() - neurons.len()) as u64;
    Ok((neurons, dropped))
}

/// Groups of a fact, each once, in the file's order; repeated groups are dropped and counted.
pub(crate) fn neuron_groups(
    fact: &str,
    groups: &[Vec<Pair>],
    shape: Shape,
    at: impl Fn() -> Box<Location>,
) -> Result<(Vec<Group>, u64), ImportError> {
    let mut seen = std::collections::HashSet::with_capacity(groups.len());
    let mut kept = Vec::with_capacity(groups.len());
    let mut dropped = 0;
    for group in groups {
        let (neurons, repeated) = neuron_set(fact, group, shape, &at)?;
        dropped += repeated;
        if neurons.len() < 2 {
            return Err(ImportError::Row {
                at: at(),
                reason: "a group of fewer than two neurons".to_owned(),
                found: format!("a group of {} neuron(s) of fact `{fact}`", neurons.len()),
                expected: "two different neurons or more in each degenerate group".to_owned(),
            });
        }
        if seen.insert(neurons.clone()) {
            kept.push(Group { neurons, evidence: None });
        } else {
            dropped += 1;
        }
    }
    Ok((kept, dropped))
}

/// A fact's neurons and groups as bytes, to compare it with a second coming.
pub(crate) fn content(neurons: &[Neuron], groups: &[Group]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 * neurons.len());
    let mut list = |neurons: &[Neuron]| {
        bytes.extend_from_slice(&(neurons.len() as u64).to_le_bytes());
        bytes.extend(neurons.iter().flat_map(|neuron| neuron.0.to_le_bytes()));
    };
    list(neurons);
    groups.iter().for_each(|group| list(&group.neurons));
    bytes
}
