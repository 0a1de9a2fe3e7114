//! Facts in several stores: numbers for those that the store of a plan does not have, and what other stores say of facts.
//!
//! A fact is the same in two stores if it has the same id (its UUID); its numbers differ. Not for members of sets: those are
//! translated once, before a plan is made ([`crate::attached`]).

use kndb_storage::{FactId, Result, Snapshot};
use std::sync::Arc;

/// What the stores beside that of a plan know.
pub(crate) struct Elsewhere {
    /// Each with the number that its fact 0 has here. Strangers, facts that the plan's store does not have, are numbered behind its
    /// own, store by store.
    stores: Vec<(u32, Arc<Snapshot>)>,
    /// Where the numbers of strangers begin.
    first: u32,
    /// Whether the other stores' labels come before those of the plan's own.
    labels_first: bool,
}

impl Elsewhere {
    /// For a plan of the store in hand that names others; `None` where they have more facts together than there are numbers.
    pub(crate) fn of_attached(own: &Snapshot, stores: Vec<Arc<Snapshot>>) -> Option<Self> {
        let first = own.end_of_facts();
        let mut end = first;
        let numbered = stores.into_iter().map(|store| {
            let begin = end;
            // The last number stands for nothing.
            end = end.checked_add(store.end_of_facts()).filter(|&end| end < u32::MAX)?;
            Some((begin, store))
        });
        Some(Self { stores: numbered.collect::<Option<_>>()?, first, labels_first: false })
    }

    /// For a plan of an attached store alone: facts are called as in the store in hand, where that knows them.
    pub(crate) fn in_hand(own: &Snapshot, hand: Arc<Snapshot>) -> Self {
        Self { stores: vec![(u32::MAX, hand)], first: own.end_of_facts(), labels_first: true }
    }

    /// The number of a fact that the plan's own store does not have: all stores that have it know it by one.
    pub(crate) fn stranger(&self, store: usize, fact: FactId, id: &str) -> Result<u32> {
        for (begin, earlier) in &self.stores[..store] {
            if let Some(there) = earlier.fact(id)? {
                return Ok(begin + there.0);
            }
        }
        Ok(self.stores[store].0 + fact.0)
    }

    /// Whether a number is one of a stranger.
    pub(crate) fn is_stranger(&self, fact: u32) -> bool {
        fact >= self.first
    }

    /// The store that a stranger is from, and its number there.
    pub(crate) fn home(&self, fact: u32) -> Option<(&Arc<Snapshot>, FactId)> {
        if !self.is_stranger(fact) {
            return None;
        }
        let (begin, store) = self.stores.iter().rfind(|(begin, _)| *begin <= fact)?;
        Some((store, FactId(fact - begin)))
    }

    /// The first answer of the plan's own store and the others.
    pub(super) fn ask<'s, T>(
        &'s self,
        own: &'s Snapshot,
        fact: u32,
        of_labels: bool,
        ask: impl Fn(&'s Snapshot, FactId) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let home = self.home(fact);
        let in_own = || if home.is_none() { ask(own, FactId(fact)) } else { Ok(None) };
        let own_first = !(self.labels_first && of_labels);
        if own_first && let found @ Some(_) = in_own()? {
            return Ok(found);
        }
        let id = match home {
            Some((store, fact)) => store.external_id(fact)?,
            None => own.external_id(FactId(fact))?,
        };
        for (_, store) in &self.stores {
            if let Some(fact) = store.fact(id)?
                && let found @ Some(_) = ask(store, fact)?
            {
                return Ok(found);
            }
        }
        if own_first { Ok(None) } else { in_own() }
    }
}
