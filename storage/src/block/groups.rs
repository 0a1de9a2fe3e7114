//! Degenerate groups as bytes: one piece, always read whole.

use crate::entry::{Group, GroupEvidence};
use crate::ids::Neuron;

/// Writes groups; neurons of a group ascend, groups in the order given.
pub(crate) fn encode(groups: &[Group]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend((groups.len() as u32).to_le_bytes());
    for group in groups {
        let mut order: Vec<usize> = (0..group.neurons.len()).collect();
        order.sort_unstable_by_key(|&at| group.neurons[at]);
        let probabilities: Vec<f32> = match &group.evidence {
            None => Vec::new(),
            Some(evidence) => [evidence.probability, evidence.after_all]
                .into_iter()
                .chain(order.iter().map(|&at| evidence.after_each[at]))
                .collect(),
        };
        bytes.extend((order.len() as u32).to_le_bytes());
        bytes.extend((probabilities.len() as u32).to_le_bytes());
        bytes.extend(order.iter().flat_map(|&at| group.neurons[at].0.to_le_bytes()));
        bytes.extend(probabilities.iter().flat_map(|probability| probability.to_le_bytes()));
    }
    bytes
}

/// Reads groups back.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<Group>, String> {
    let mut rest = bytes;
    let wrong = || format!("{} bytes that are no group block", bytes.len());
    let mut words = |count: usize| {
        let len = count.checked_mul(4).ok_or_else(wrong)?;
        let (words, after) = rest.split_at_checked(len).ok_or_else(wrong)?;
        rest = after;
        Ok::<&[[u8; 4]], String>(words.as_chunks().0)
    };
    let number = |word: &[[u8; 4]]| word.first().map_or(0, |&word| u32::from_le_bytes(word) as usize);
    let count = number(words(1)?);
    let mut groups = Vec::new();
    for _ in 0..count {
        let (neurons, probabilities) = (number(words(1)?), number(words(1)?));
        groups.push(group(words(neurons)?, words(probabilities)?)?);
    }
    if rest.is_empty() { Ok(groups) } else { Err(format!("{} bytes after {count} groups", rest.len())) }
}

/// A group of its numbers.
pub(super) fn group(neurons: &[[u8; 4]], probabilities: &[[u8; 4]]) -> Result<Group, String> {
    let neurons: Vec<Neuron> = neurons.iter().map(|&neuron| Neuron(u32::from_le_bytes(neuron))).collect();
    let p: Vec<f32> = probabilities.iter().map(|&probability| f32::from_le_bytes(probability)).collect();
    let evidence = match p.as_slice() {
        [] => None,
        [probability, after_all, after_each @ ..] if after_each.len() == neurons.len() => {
            Some(GroupEvidence { probability: *probability, after_all: *after_all, after_each: after_each.to_vec() })
        }
        _ => return Err(format!("{} probabilities for {} neurons", p.len(), neurons.len())),
    };
    Ok(Group { neurons, evidence })
}
