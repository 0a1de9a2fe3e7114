//! `langs`, `prompts`, `runs` of rows by neuron: in how many of them the neuron was found, whichever of the row's facts had it there.
//!
//! A percentage is one of the languages (prompts, runs) asked for in which any fact of the row has an entry.

use super::found::each_prompt;
use super::groups::Group;
use super::keys::FactKeys;
use super::partition::Splits;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::plan::{Pairs, Source};
use crate::run::domain::Execution;
use crate::run::eval::Worker;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, HashMap};

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;
/// Bytes of a neuron in a bitmap, about.
const NEURON: u64 = 4;

/// Of the facts of one key, and one part of the set.
#[derive(Default)]
struct Places {
    /// By number of a language, a prompt, a run: the neurons that were found there, perhaps none.
    neurons: [BTreeMap<u32, RoaringBitmap>; 3],
}

/// Where the neurons of all rows were found.
#[derive(Default)]
pub(super) struct Spread(HashMap<(u32, u16), Places>);

impl Spread {
    /// One more walk over the facts.
    pub(super) fn of<'s>(
        execution: &mut Execution<'s>,
        pairs: &Pairs<'s>,
        facts: &[u32],
        keys: &FactKeys<'s>,
        splits: &Splits,
    ) -> Result<Self, QueryError> {
        let Some(source) = pairs.only_source() else { return Ok(Self::default()) };
        let entries: Vec<_> = (0..splits.len()).map(|number| splits.entries(number, source)).collect();
        let memory = execution.memory;
        let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
            let mut spread = Self::default();
            for &fact in facts {
                memory.interrupt.check()?;
                for (number, entries) in (0_u16..).zip(&entries) {
                    let row = (keys.of(fact), number);
                    spread.add(worker, (source, entries), fact, row, memory)?;
                }
            }
            Ok(spread)
        };
        let mut shares = execution.in_parallel(facts, FACTS_A_THREAD, work)?.into_iter();
        let mut all = shares.next().unwrap_or_default();
        shares.for_each(|share| all.merge(share));
        Ok(all)
    }

    fn add<'s>(
        &mut self,
        worker: &mut Worker<'_, 's>,
        (source, entries): (&Source<'s>, &[(usize, Option<usize>)]),
        fact: u32,
        row: (u32, u16),
        memory: &Memory,
    ) -> Result<(), QueryError> {
        if source.facts.as_ref().is_some_and(|filter| !filter.accepts(fact)) {
            return Ok(());
        }
        each_prompt(worker, source, entries, fact, |marks, neurons| {
            let places = &mut self.0.entry(row).or_default().neurons;
            let mut new = 0;
            for (places, (_, number)) in places.iter_mut().zip(marks) {
                let known = places.entry(number).or_default();
                new += neurons.iter().filter(|&&neuron| known.insert(neuron)).count() as u64;
            }
            memory.take(NEURON * new, "where the neurons of this result were found")
        })
    }

    fn merge(&mut self, other: Self) {
        for (row, places) in other.0 {
            let mine = &mut self.0.entry(row).or_default().neurons;
            for (mine, theirs) in mine.iter_mut().zip(places.neurons) {
                theirs.into_iter().for_each(|(number, neurons)| *mine.entry(number).or_default() |= neurons);
            }
        }
    }

    /// In how many languages, prompts and runs the neuron of a row was found.
    pub(super) fn found(&self, group: &Group) -> [u32; 3] {
        let Some(places) = self.0.get(&(group.fact, group.split)) else { return [0; 3] };
        let has = |neurons: &&RoaringBitmap| neurons.contains(group.neuron);
        places.neurons.each_ref().map(|places| places.values().filter(has).count() as u32)
    }

    /// In how many of them the facts of a row have an entry.
    pub(super) fn all(&self, group: &Group) -> [u32; 3] {
        let places = self.0.get(&(group.fact, group.split));
        places.map_or([0; 3], |places| places.neurons.each_ref().map(|places| places.len() as u32))
    }
}
