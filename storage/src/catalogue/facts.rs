//! Changes of what the catalogue says of facts and relations: new ones, forgotten ones, and what relations are called.

use super::{DROPPED_FACTS, DROPPED_RELATIONS, Locked, Table, relation_name_key};
use crate::error::{Error, Result};
use crate::ids::{FactId, RelationId};
use roaring::RoaringBitmap;

impl Locked {
    pub(crate) fn add_new_fact(&mut self, id: &str) -> Result<FactId> {
        let counters = self.counters();
        let fact = FactId(counters.next_fact);
        counters.next_fact = counters
            .next_fact
            .checked_add(1)
            .filter(|&next| next < u32::MAX)
            .ok_or(Error::Full { what: "number of facts", limit: u64::from(u32::MAX) - 1 })?;
        self.put(Table::NewFacts, &fact.0.to_be_bytes(), &id);
        self.now.new_facts.insert(fact, id.to_owned());
        Ok(fact)
    }

    /// Forgets facts: their numbers stay taken.
    pub(crate) fn drop_facts(&mut self, facts: &RoaringBitmap) {
        let dropped = &self.now.dropped_facts | facts;
        self.set_dropped_facts(dropped);
    }

    /// Facts that are wanted again are no longer forgotten. Whoever names facts in a commit calls this: they may have been
    /// forgotten since their numbers were looked up.
    pub(crate) fn revive(&mut self, facts: impl IntoIterator<Item = FactId>) {
        let mut dropped = self.now.dropped_facts.clone();
        for fact in facts {
            dropped.remove(fact.0);
        }
        self.set_dropped_facts(dropped);
    }

    pub(crate) fn set_dropped_facts(&mut self, dropped: RoaringBitmap) {
        if dropped != self.now.dropped_facts {
            self.put_bitmap(DROPPED_FACTS, &dropped);
            self.now.dropped_facts = dropped;
        }
    }

    pub(crate) fn drop_relation(&mut self, relation: RelationId) {
        if self.now.dropped_relations.insert(relation.0) {
            self.put_bitmap(DROPPED_RELATIONS, &self.now.dropped_relations.clone());
        }
    }

    pub(super) fn put_bitmap(&mut self, key: &[u8], numbers: &RoaringBitmap) {
        if numbers.is_empty() {
            self.remove(Table::Dropped, key);
        } else {
            self.put_bytes(Table::Dropped, key, &crate::packed::to_bytes(numbers));
        }
    }

    pub(crate) fn set_relation_name(&mut self, relation: &str, language: &str, name: &str) {
        self.put(Table::RelationNames, &relation_name_key(relation, language), &name);
        self.now.relation_names.insert((relation.to_owned(), language.to_owned()), name.to_owned());
    }

    /// Removes what a relation is called, in all languages.
    pub(crate) fn remove_relation_names(&mut self, relation: &str) {
        let of = |(known, _): &&(String, String)| known == relation;
        let keys: Vec<_> = self.now.relation_names.keys().filter(of).cloned().collect();
        for key in keys {
            self.remove(Table::RelationNames, &relation_name_key(&key.0, &key.1));
            self.now.relation_names.remove(&key);
        }
    }

    /// The facts below `next` are in the dictionary now.
    pub(crate) fn remove_new_facts_below(&mut self, next: u32) {
        let sealed: Vec<FactId> = self.now.new_facts.range(..FactId(next)).map(|(&fact, _)| fact).collect();
        for fact in sealed {
            self.remove(Table::NewFacts, &fact.0.to_be_bytes());
            self.now.new_facts.remove(&fact);
        }
    }
}
