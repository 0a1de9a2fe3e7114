//! One run and language of a source: what its prompts, or its groups, say of each fact.

use super::counts::often;
use super::eval::{GroupsOfSlots, Reference};
use super::floor::{Cut, neurons};
use super::sets::{Pairs, Where};
use super::world::Key;
use kndb_query::{Comparison, ConditionKey, Source, Test};
use std::collections::{BTreeMap, BTreeSet};

impl Reference<'_> {
    /// One run and language: the neurons that enough of a fact's prompts found.
    pub fn cell(
        &self,
        source: &Source,
        run: usize,
        language: &str,
        slots: &BTreeSet<Where>,
        counting: &BTreeSet<&Key>,
    ) -> Pairs {
        let spec = &self.world.runs[run];
        let mut cut = Cut { sign: source.sign(), tau: spec.tau_of(language), score: None, rank: None };
        let preset = (spec.prompt_share, spec.prompt_share_strict);
        let wanted = source.bounds(ConditionKey::Prompts);
        for condition in &source.conditions {
            let Test::Number(op, number) = condition.test else { continue };
            let bound = (number.value, matches!(op, Comparison::Greater | Comparison::Less));
            match condition.key {
                ConditionKey::Tau => cut.tau = number.value,
                // Scores are 32 bits, and so is what they are compared with; no bound here is beyond them.
                ConditionKey::Score => cut.score = Some((f64::from(bound.0 as f32), bound.1)),
                ConditionKey::Rank if op == Comparison::Less => cut.rank = Some(number.value as u32 - 1),
                ConditionKey::Rank => cut.rank = Some(number.value as u32),
                _ => {}
            }
        }
        let mut cell = Pairs { found: Some(BTreeMap::new()), through: true, ..Pairs::default() };
        for fact in 0..self.world.facts.len() {
            let mut of_prompts = Vec::new();
            for slot in slots {
                let key = Key { run, language: language.to_owned(), prompt: slot.2, fact };
                if let Some(attribution) = self.world.entries.get(&key).filter(|_| counting.contains(&key)) {
                    let (set, doubt) = neurons(attribution, spec, cut);
                    cell.doubts.insert(fact, cell.doubt(fact).or(doubt));
                    of_prompts.push((slot, set));
                }
            }
            let all = of_prompts.len();
            if all == 0 {
                continue;
            }
            cell.attributed.insert(fact);
            let candidates: BTreeSet<u32> = of_prompts.iter().flat_map(|(_, set)| set).copied().collect();
            let enough = |neuron: &u32| {
                let count = of_prompts.iter().filter(|(_, set)| set.contains(neuron)).count();
                if !wanted.is_empty() {
                    return count > 0 && wanted.iter().all(|wanted| often(*wanted, count, all));
                }
                let reached = count as f64 / all as f64 - preset.0;
                if preset.1 { reached > 1e-9 } else { reached > -1e-9 }
            };
            let members: BTreeSet<u32> = candidates.into_iter().filter(enough).collect();
            for (slot, set) in of_prompts {
                let here = cell.found.get_or_insert_default().entry(slot.clone()).or_default();
                here.insert(fact, &set & &members);
            }
            if !members.is_empty() {
                cell.members.insert(fact, members);
            }
        }
        cell
    }
}

/// One run and language of `dkn`: the neurons of all groups.
pub fn group_cell(groups: &GroupsOfSlots, slots: &BTreeSet<Where>) -> Pairs {
    let mut cell = Pairs { found: Some(BTreeMap::new()), through: true, ..Pairs::default() };
    for (slot, groups) in groups.iter().filter(|(slot, _)| slots.contains(*slot)) {
        for (&fact, (list, doubt)) in groups {
            let neurons: BTreeSet<u32> = list.iter().flat_map(|group| &group.neurons).copied().collect();
            cell.attributed.insert(fact);
            cell.doubts.insert(fact, cell.doubt(fact).or(*doubt));
            if !neurons.is_empty() {
                cell.members.entry(fact).or_default().extend(&neurons);
            }
            cell.found.get_or_insert_default().entry(slot.clone()).or_default().insert(fact, neurons);
        }
    }
    cell
}
