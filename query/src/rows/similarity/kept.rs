//! The parts of a set, read once: with `between` each language is compared with every other one, and its neurons would be read for each.
//!
//! As far as the statement's memory reaches, by fact; what is not kept is read when it is wanted.

use super::layered::Layered;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::plan::Pairs;
use crate::rows::partition::Splits;
use crate::run::domain::Execution;
use crate::run::eval::Worker;

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 64;
/// Of what is left of the statement's memory so much may be kept: the rest is for the rows.
const SHARE: u64 = 2;

/// The neurons of some facts in each part of a set.
#[derive(Default)]
pub(super) struct Kept {
    parts: usize,
    /// Ascending.
    facts: Vec<u32>,
    /// Fact by fact, part by part.
    sets: Vec<Layered>,
}

impl Kept {
    /// Reads all parts of a set, fact by fact, while there is room.
    pub(super) fn of<'s>(
        execution: &mut Execution<'s>,
        pairs: &Pairs<'s>,
        splits: &Splits,
        facts: &[u32],
    ) -> Result<Self, QueryError> {
        let (width, memory, parts) = (execution.shape.width, execution.memory, splits.len());
        let most = memory.left() / SHARE / execution.threads_for(facts, FACTS_A_THREAD) as u64;
        let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
            let (mut kept, mut bytes) = (Self::default(), 0);
            for &fact in facts {
                memory.interrupt.check()?;
                for number in 0..parts as u16 {
                    let mut set = Layered::default();
                    splits.part(worker, pairs, number, fact, &mut set.neurons)?;
                    set.arrange(width);
                    set.fit();
                    bytes += set.bytes();
                    kept.sets.push(set);
                }
                if bytes > most {
                    kept.sets.truncate(kept.facts.len() * parts);
                    break;
                }
                kept.facts.push(fact);
            }
            Ok((kept, bytes.min(most)))
        };
        let mut all = Self { parts, ..Self::default() };
        for (mut share, bytes) in execution.in_parallel(facts, FACTS_A_THREAD, work)? {
            memory.take(bytes, "the neurons of the parts of this set")?;
            all.facts.append(&mut share.facts);
            all.sets.append(&mut share.sets);
        }
        Ok(all)
    }

    pub(super) fn get(&self, fact: u32, part: u16) -> Option<&Layered> {
        let at = self.facts.binary_search(&fact).ok()?;
        self.sets.get(at * self.parts + usize::from(part))
    }
}

/// Bytes of the marks of one thread.
pub(super) fn take_marks(memory: &Memory, threads: usize, bytes: u64) -> Result<(), QueryError> {
    memory.take(threads as u64 * bytes, "the bitmaps that sets are compared with")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_by_fact_and_part() {
        let set = |neuron| Layered::of(vec![neuron], 10);
        let kept = Kept { parts: 2, facts: vec![3, 9], sets: [31, 32, 91, 92].map(set).into() };
        let of = |fact, part| kept.get(fact, part).map(|set| set.neurons.clone());
        assert_eq!([of(3, 0), of(9, 1), of(4, 0)], [Some(vec![31]), Some(vec![92]), None]);
    }
}
