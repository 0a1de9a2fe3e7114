//! Facts into the store: ids that a run names first, and the labels, templates and candidates of a [`FactBatch`].

use crate::catalogue::{FileRecord, Locked};
use crate::dictionary::build::Draft;
use crate::error::{Error, Result};
use crate::facts::{FactBatch, FactsAdded};
use crate::files::{DICTIONARY, file_path};
use crate::ids::FactId;
use crate::labels::Names;
use crate::language::canonical;
use crate::relations::RelationNameRow;
use crate::snapshot::Snapshot;
use crate::store::{Store, TRIES, check_name};

/// Facts without labels wait in the catalogue up to this many.
const NEW_FACTS_LIMIT: usize = 2_048;

impl Store {
    /// The ids of facts by their external ids; unknown ones are registered without labels.
    pub fn fact_ids(&self, ids: &[&str]) -> Result<Vec<FactId>> {
        let snapshot = self.for_writing()?;
        let found = ids.iter().map(|id| snapshot.fact(id)).collect::<Result<Vec<_>>>()?;
        if found.iter().all(Option::is_some) {
            return Ok(found.into_iter().flatten().collect());
        }
        let ids = self.write(|locked| {
            // Others may have named some of these facts since, or forgotten them.
            let now = self.snapshot_under(locked)?;
            let mut added = std::collections::HashMap::new();
            let ids = ids.iter().map(|&id| match (now.fact_or_dropped(id)?, added.get(id)) {
                (Some(fact), _) | (None, Some(&fact)) => Ok(fact),
                (None, None) => {
                    check_name("fact id", id)?;
                    let fact = locked.add_new_fact(id)?;
                    added.insert(id, fact);
                    Ok(fact)
                }
            });
            let ids = ids.collect::<Result<Vec<_>>>()?;
            locked.revive(ids.iter().copied());
            Ok(ids)
        })?;
        if self.for_writing()?.catalogue.new_facts.len() > NEW_FACTS_LIMIT {
            self.add_facts(FactBatch::default())?;
        }
        Ok(ids)
    }

    /// Adds facts, labels, templates, candidates and names of relations in one commit.
    pub fn add_facts(&self, batch: FactBatch) -> Result<FactsAdded> {
        for row in &batch.relation_names {
            check_name("relation", &row.relation)?;
            check_name("language", &row.language)?;
            check_name("name of a relation", &row.name)?;
        }
        if batch.only_names() && !batch.relation_names.is_empty() {
            // Nothing was prepared: a name counts, whatever was there.
            let names = self.write(|locked| Ok(set_names(&batch.relation_names, locked)))?;
            return Ok(FactsAdded { relation_names: names, ..FactsAdded::default() });
        }
        let wanted = Names::wanted(&batch);
        for _ in 0..TRIES {
            let mut added = FactsAdded::default();
            let snapshot = self.for_writing()?;
            let names = wanted.names(&snapshot.catalogue);
            let draft = Draft::of_snapshot(&snapshot).and_then(|mut draft| {
                names.apply(&batch, &mut draft, &mut added)?;
                Ok(draft)
            })?;
            // Others may have registered names meanwhile, with the numbers that these were to have.
            let same = |locked: &Locked| Ok((wanted.names(locked.now()) == names).then_some(()));
            let committed = self.replace_dictionary(&snapshot, &draft, same, |locked, ()| {
                wanted.register(locked)?;
                Ok(set_names(&batch.relation_names, locked))
            })?;
            if let Some(names) = committed {
                return Ok(FactsAdded { relation_names: names, ..added });
            }
        }
        Err(self.overtaken())
    }

    /// Writes a draft that was made from a snapshot, and commits it in the dictionary's place together with what `change` does.
    /// `None`, and nothing is changed, where something that the draft was made from has changed since, or `still` says so.
    pub(crate) fn replace_dictionary<S, T>(
        &self,
        snapshot: &Snapshot,
        draft: &Draft,
        still: impl FnOnce(&Locked) -> Result<Option<S>>,
        change: impl FnOnce(&mut Locked, S) -> Result<T>,
    ) -> Result<Option<T>> {
        let building = self.building()?;
        let (out, bytes) = draft.write(building.writer()?).map_err(Error::io("write", building.path()))?;
        building.sync(out)?;
        self.write(|locked| {
            let now = locked.now();
            let dictionary = now.files.iter().find(|(_, r)| matches!(r, FileRecord::Dictionary { .. }));
            let dictionary = dictionary.map(|(&file, _)| file);
            // Facts that came meanwhile may stay in the catalogue, if no fact of the draft has their ids. Facts that were
            // forgotten meanwhile would come back.
            let (before, after) = (snapshot.catalogue.counters.next_fact, now.counters.next_fact);
            let facts = draft.facts.len() as u32;
            let same = dictionary == snapshot.dictionary_file().map(|(file, _)| file)
                && (after == before || facts == before)
                && now.dropped_facts == snapshot.catalogue.dropped_facts;
            if !same {
                return Ok(None);
            }
            let Some(found) = still(locked)? else { return Ok(None) };
            if let Some(old) = dictionary {
                locked.remove_file(old);
            }
            let file = locked.next_file();
            building.rename(&file_path(self.path(), file, DICTIONARY))?;
            locked.set_file(file, FileRecord::Dictionary { facts, bytes });
            locked.counters().next_fact = after.max(facts);
            locked.remove_new_facts_below(facts);
            locked.set_dropped_facts(draft.dropped.clone());
            change(locked, found).map(Some)
        })
    }
}

/// Puts names of relations into the catalogue; how many are new or other than before.
pub(crate) fn set_names(rows: &[RelationNameRow], locked: &mut Locked) -> u64 {
    let mut changed = 0;
    for RelationNameRow { relation, language, name } in rows {
        let language = canonical(language).into_owned();
        let before = locked.now().relation_names.get(&(relation.clone(), language.clone()));
        if before != Some(name) {
            locked.set_relation_name(relation, &language, name);
            changed += 1;
        }
    }
    changed
}
