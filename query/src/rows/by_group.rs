//! `by group`: how many facts have each degenerate group, and what was measured of it.
//!
//! A row's p, p after one neuron alone and p after the group are means: first over the places where a fact
//! has the group (languages, prompts, runs), then over the facts. Places without evidence do not count.

use super::groups::Group;
use super::keys::FactKeys;
use super::tally::Counts;
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::rows::partition::Splits;
use crate::run::degenerate::evidence_of;
use crate::run::domain::Execution;
use kndb_storage::{GroupEvidence, Neuron};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What rows are called where they take too much memory.
const GROUPS: &str = "the groups of this result";

/// The groups that rows are about, by number, and the evidence of each row.
#[derive(Default)]
pub(super) struct DegenerateGroups {
    neurons: Vec<Vec<Neuron>>,
    rows: HashMap<RowKey, Sums>,
    /// Times a fact's group was left out because the set has not all of its neurons.
    cut: u64,
}

/// Key of the facts, split, number of the group.
type RowKey = (u32, u16, u32);

/// What is added up for a row.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    facts: u64,
    measured: Mean,
}

/// The sums of p, p_alone and p_all, and of how many.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sums: [f64; 3],
    count: u32,
}

impl Mean {
    fn add(&mut self, values: [f64; 3]) {
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        self.count += 1;
    }

    fn values(self) -> Option<[f64; 3]> {
        (self.count > 0).then(|| self.sums.map(|sum| sum / f64::from(self.count)))
    }
}

impl DegenerateGroups {
    /// The neurons of a row's group.
    pub(super) fn neurons(&self, row: &Group) -> &[Neuron] {
        &self.neurons[row.neuron as usize]
    }

    /// What to say of groups that are not in a list of groups though some of their neurons are in the set.
    pub(super) fn note(&self) -> Option<String> {
        let which = match self.cut {
            0 => return None,
            1 => "one group of a fact is".to_owned(),
            several => format!("{several} groups of facts are"),
        };
        Some(format!("{which} not in the rows: this set has only some of the neurons, which are counted all the same"))
    }

    /// Means of p, p_alone and p_all, where any fact of the row was measured.
    pub(super) fn evidence(&self, row: &Group) -> Option<[f64; 3]> {
        self.rows.get(&(row.fact, row.split, row.neuron))?.measured.values()
    }
}

/// p, the least p after one neuron alone, p after all.
fn numbers(evidence: &GroupEvidence) -> [f64; 3] {
    let alone = evidence.after_each.iter().copied().fold(f32::INFINITY, f32::min);
    [evidence.probability, alone, evidence.after_all].map(f64::from)
}

/// Counts and evidence of every group, and the pairs of everything; the groups go to `found`.
pub(super) fn degenerate_groups<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    facts: &[u32],
    keys: &mut FactKeys<'s>,
    splits: &Splits,
    found: &mut DegenerateGroups,
) -> Result<(Vec<Group>, u64), QueryError> {
    let memory = execution.memory;
    let mut worker = execution.worker();
    let mut numbered: HashMap<Vec<Neuron>, u32> = HashMap::new();
    let mut named = HashSet::new();
    let mut total = 0;
    let mut all = Vec::new();
    for &fact in facts {
        all.clear();
        worker.pairs(pairs, fact, &mut all)?;
        total += all.len() as u64;
        for number in 0..splits.len() {
            let mut of_fact: BTreeMap<Vec<Neuron>, Mean> = BTreeMap::new();
            for group in splits.groups(&mut worker, pairs, number, fact)? {
                // A group that a filter cut neurons from is no longer that group.
                let within = group.neurons.iter().filter(|neuron| all.contains(&neuron.0)).count();
                found.cut += u64::from(0 < within && within < group.neurons.len());
                if within == group.neurons.len() {
                    let measured = evidence_of(&group).map(numbers);
                    let mean = of_fact.entry(group.neurons).or_default();
                    measured.into_iter().for_each(|values| mean.add(values));
                }
            }
            for (group, mean) in of_fact {
                let id = match numbered.entry(group) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        // Its neurons twice, and the places in two tables.
                        memory.take(8 * new.key().len() as u64 + 128, GROUPS)?;
                        found.neurons.push(new.key().clone());
                        *new.insert(found.neurons.len() as u32 - 1)
                    }
                };
                let key = keys.of(fact);
                if named.insert(key) {
                    keys.name_after(key, fact);
                }
                let row = match found.rows.entry((key, number as u16, id)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        // What is summed up for it, and later its counts.
                        memory.take(2 * size_of::<(RowKey, Sums)>() as u64, GROUPS)?;
                        new.insert(Sums::default())
                    }
                };
                row.facts += 1;
                mean.values().into_iter().for_each(|values| row.measured.add(values));
            }
        }
    }
    let groups = found.rows.iter().map(|(&(fact, split, neuron), row)| {
        let neurons = found.neurons[neuron as usize].len() as u64;
        Group::new((fact, split, neuron), Counts { pairs: row.facts * neurons, facts: row.facts, neurons })
    });
    Ok((groups.collect(), total))
}
