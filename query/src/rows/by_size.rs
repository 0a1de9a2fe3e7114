//! `by size`: how many facts have how many neurons in a set.
//!
//! Facts that were attributed and have none are there, as size 0: a histogram without them would begin where it likes.

use super::groups::Group;
use super::keys::FactKeys;
use super::partition::Splits;
use super::tally::{Counts, Split, Tally, TallyPlan};
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::run::domain::Execution;
use crate::run::eval::Worker;
use roaring::RoaringBitmap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;

/// Key of the facts, split, size.
type RowKey = (u32, u16, u32);

/// One worker's counts.
#[derive(Default)]
struct Share {
    tallies: HashMap<RowKey, Tally>,
    /// Facts without any neuron: how many, and the first of them.
    empty: HashMap<(u32, u16), (u64, u32)>,
    pairs: u64,
}

/// The rows, and the pairs of everything. `asked` has the facts of each split, all of which have keys.
pub(super) fn sizes<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    keys: &mut FactKeys<'s>,
    splits: &Splits,
    asked: &[RoaringBitmap],
) -> Result<(Vec<Group>, u64), QueryError> {
    let facts: Vec<u32> = asked.iter().fold(RoaringBitmap::new(), |all, part| all | part).iter().collect();
    let plan = TallyPlan::new(execution.shape, Split::Whole, false);
    let (known, memory) = (&*keys, execution.memory);
    let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
        let mut share = Share::default();
        let mut lists = Vec::new();
        for &fact in facts {
            share.pairs += splits.neurons(worker, pairs, fact, &mut lists)?;
            for (number, neurons) in lists.iter().enumerate().filter(|(number, _)| asked[*number].contains(fact)) {
                let (key, split) = (known.of(fact), number as u16);
                if neurons.is_empty() {
                    let empty = share.empty.entry((key, split)).or_insert((0, fact));
                    empty.0 += 1;
                    continue;
                }
                let (tally, before) = match share.tallies.entry((key, split, neurons.len() as u32)) {
                    Entry::Occupied(known) => {
                        let before = known.get().bytes();
                        (known.into_mut(), before)
                    }
                    Entry::Vacant(free) => (free.insert(Tally::new(&plan)), 0),
                };
                tally.add(&plan, fact, neurons);
                memory.take(tally.bytes().saturating_sub(before), "the counters of this result's groups")?;
            }
        }
        Ok::<_, QueryError>(share)
    };
    let mut shares = execution.in_parallel(&facts, FACTS_A_THREAD, work)?.into_iter();
    let mut sum = shares.next().unwrap_or_default();
    for share in shares {
        for (key, tally) in share.tallies {
            match sum.tallies.entry(key) {
                Entry::Occupied(mut mine) => mine.get_mut().merge(tally),
                Entry::Vacant(free) => drop(free.insert(tally)),
            }
        }
        // Shares come in the order of their facts, so the first of the first share stays.
        for (key, (count, first)) in share.empty {
            sum.empty.entry(key).or_insert((0, first)).0 += count;
        }
        sum.pairs += share.pairs;
    }
    Ok((groups(&sum, &plan, keys), sum.pairs))
}

fn groups(sum: &Share, plan: &TallyPlan, keys: &mut FactKeys<'_>) -> Vec<Group> {
    let mut first: HashMap<u32, u32> = HashMap::new();
    let mut named = |key: u32, fact: u32| {
        let of_key = first.entry(key).or_insert(fact);
        *of_key = fact.min(*of_key);
    };
    let mut groups = Vec::with_capacity(sum.tallies.len() + sum.empty.len());
    for (&(key, split, size), tally) in &sum.tallies {
        named(key, tally.first);
        let counts = tally.groups(plan, None).first().map_or_else(Counts::default, |&(_, counts)| counts);
        groups.push(Group::new((key, split, size), counts));
    }
    for (&(key, split), &(facts, fact)) in &sum.empty {
        named(key, fact);
        groups.push(Group::new((key, split, 0), Counts { pairs: 0, facts, neurons: 0 }));
    }
    first.into_iter().for_each(|(key, fact)| keys.name_after(key, fact));
    groups
}
