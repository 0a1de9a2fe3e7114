//! One catalogue in the place of another: of a backup, of a store that is repaired.

use super::{Catalogue, DROPPED_FACTS, DROPPED_RELATIONS, Locked, SET_VERSION};
use crate::error::Result;
use crate::keys::Table;

impl Locked {
    /// Says what another catalogue says, and nothing else; the commit of it will have the number `commit`. Fails where an entry that
    /// waits is damaged.
    pub(crate) fn adopt(&mut self, other: &Catalogue, commit: u64) -> Result<()> {
        for old in self.db.iter().keys().flatten() {
            self.batch.remove(old);
        }
        self.now = Catalogue::default();
        self.touched.clear();
        if let Some(id) = other.store {
            self.set_store(id);
        }
        *self.counters() = other.counters;
        // The commit counts on.
        self.counters().epoch = commit.saturating_sub(1);
        other.runs.values().for_each(|run| self.set_run(run));
        other.lost.iter().for_each(|(&run, of_run)| self.set_lost(run, of_run.clone()));
        for (id, name) in (0_u16..).zip(&other.languages) {
            self.put(Table::Languages, &id.to_be_bytes(), name);
        }
        for (id, name) in (0_u32..).zip(&other.relations) {
            self.put(Table::Relations, &id.to_be_bytes(), name);
        }
        (self.now.languages, self.now.relations) = (other.languages.clone(), other.relations.clone());
        other.files.iter().for_each(|(&file, &record)| self.set_file(file, record));
        other.sums.iter().for_each(|(&file, &sum)| self.set_sum(file, sum));
        other.jobs.iter().for_each(|(&job, record)| self.set_job(job, record.clone()));
        other.tombstones.iter().for_each(|(&(file, part), locals)| self.add_tombstones(file, part, locals));
        for (fact, id) in &other.new_facts {
            self.put(Table::NewFacts, &fact.0.to_be_bytes(), id);
        }
        self.now.new_facts.clone_from(&other.new_facts);
        for record in other.sets.values() {
            self.put_record(Table::SetHeads, record.set.name.as_bytes(), SET_VERSION, record);
        }
        self.now.sets.clone_from(&other.sets);
        for ((relation, language), name) in &other.relation_names {
            self.set_relation_name(relation, language, name);
        }
        self.put_bitmap(DROPPED_FACTS, &other.dropped_facts);
        self.put_bitmap(DROPPED_RELATIONS, &other.dropped_relations);
        self.now.dropped_facts.clone_from(&other.dropped_facts);
        self.now.dropped_relations.clone_from(&other.dropped_relations);
        for (&(run, key), waiting) in &other.unsealed {
            self.set_unsealed(run, key, waiting.bytes()?);
        }
        Ok(())
    }
}
