//! The rows of `scores`, `sets` and `groups` that belong to an entry.

use super::rows::{Row, Rows};
use crate::error::Result;
use kndb_storage::{Group, GroupEvidence, Neuron, Shape};
use std::collections::BTreeMap;

/// Scores of a fact by prompt, or neurons (with a score of 0, which says nothing).
pub(super) type ByPrompt = BTreeMap<u16, Vec<(Neuron, f32)>>;

fn neuron(row: Row<'_>, shape: Shape) -> Result<Neuron> {
    let (layer, unit): (u32, u32) = (row.has_number("layer")?, row.has_number("neuron")?);
    shape.neuron(layer, unit).ok_or_else(|| row.wrong(format!("neuron {layer}:{unit}"), format!("one of {shape}")))
}

/// Takes the rows of a fact from the front of a partition's file.
pub(super) fn of_fact(rows: Option<&mut Rows>, fact: &str, shape: Shape) -> Result<ByPrompt> {
    let mut found = ByPrompt::new();
    let Some(rows) = rows else { return Ok(found) };
    while let Some(row) = rows.peek().filter(|row| row.text("fact") == Some(fact)) {
        let score = row.float("score").unwrap_or_default();
        let neuron = neuron(row, shape)?;
        found.entry(row.has_number("prompt")?).or_default().push((neuron, score));
        rows.advance()?;
    }
    Ok(found)
}

/// Takes the groups of an entry from the front of `groups`.
pub(super) fn groups(rows: &mut Rows, place: [Option<&str>; 4], prompt: u16, shape: Shape) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    while let Some(row) = rows.peek() {
        let of = ["run", "lang", "relation", "fact"].map(|name| row.text(name));
        if of != place || row.has_number::<u16>("prompt")? != prompt {
            break;
        }
        let number: usize = row.has_number("group")?;
        if number == groups.len() {
            groups.push(Group { neurons: Vec::new(), evidence: None });
        }
        let count = groups.len();
        let Some(group) = groups.last_mut().filter(|_| number + 1 == count) else {
            return Err(
                row.wrong(format!("group {number}"), format!("group {} or the one after it", count.saturating_sub(1)))
            );
        };
        let neuron = neuron(row, shape)?;
        match (row.float("p"), row.float("p_after_all"), row.float("p_after")) {
            (None, None, None) if group.evidence.is_none() => {}
            (Some(probability), Some(after_all), Some(after)) => {
                if group.evidence.is_none() && group.neurons.is_empty() {
                    group.evidence = Some(GroupEvidence { probability, after_each: Vec::new(), after_all });
                }
                let same = |evidence: &&mut GroupEvidence| {
                    (evidence.probability.to_bits(), evidence.after_all.to_bits())
                        == (probability.to_bits(), after_all.to_bits())
                };
                let Some(evidence) = group.evidence.as_mut().filter(same) else {
                    return Err(row.wrong("another p than before", "one p a group"));
                };
                evidence.after_each.push(after);
            }
            _ => return Err(row.wrong("some of p, p_after_all and p_after", "all of them, or none")),
        }
        group.neurons.push(neuron);
        rows.advance()?;
    }
    Ok(groups)
}
