//! Facts into the store: ids that a run names first, and the labels, templates and candidates of a [`FactBatch`].

use crate::catalogue::FileRecord;
use crate::dictionary::build::{Draft, DraftFact};
use crate::error::{Error, Result};
use crate::facts::{FactBatch, FactsAdded};
use crate::ids::FactId;
use crate::labels::Names;
use crate::snapshot::{DICTIONARY, file_path};
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
            let now = self.snapshot_under(locked)?;
            let mut added = std::collections::HashMap::new();
            let ids = ids.iter().map(|&id| match (now.fact(id)?, added.get(id)) {
                (Some(fact), _) | (None, Some(&fact)) => Ok(fact),
                (None, None) => {
                    check_name("fact id", id)?;
                    let fact = locked.add_new_fact(id)?;
                    added.insert(id, fact);
                    Ok(fact)
                }
            });
            ids.collect::<Result<Vec<_>>>()
        })?;
        if self.for_writing()?.catalogue.new_facts.len() > NEW_FACTS_LIMIT {
            self.add_facts(FactBatch::default())?;
        }
        Ok(ids)
    }

    /// Adds facts, labels, templates and candidates in one commit.
    pub fn add_facts(&self, batch: FactBatch) -> Result<FactsAdded> {
        for _ in 0..TRIES {
            let snapshot = self.for_writing()?;
            let (mut draft, mut added) = (Draft::default(), FactsAdded::default());
            if let Some((_, dictionary)) = snapshot.dictionary_file() {
                draft = Draft::of(dictionary)?;
            }
            for id in snapshot.catalogue.new_facts.values() {
                draft.push(DraftFact { id: id.clone(), ..DraftFact::default() });
            }
            let wanted = Names::wanted(&batch);
            let names = wanted.names(&snapshot.catalogue);
            names.apply(&batch, &mut draft, &mut added)?;
            let building = self.building()?;
            let (out, bytes) = draft.write(building.writer()?).map_err(Error::io("write", building.path()))?;
            building.sync(out)?;
            let committed = self.write(|locked| {
                let now = locked.now();
                let dictionary = now.files.iter().find(|(_, r)| matches!(r, FileRecord::Dictionary { .. }));
                let dictionary = dictionary.map(|(&file, _)| file);
                // Facts that came meanwhile may stay in the catalogue, if no fact of the draft has their ids.
                let (before, after) = (snapshot.catalogue.counters.next_fact, now.counters.next_fact);
                let facts = draft.facts.len() as u32;
                let same = dictionary == snapshot.dictionary_file().map(|(file, _)| file)
                    && (after == before || facts == before)
                    && wanted.names(now) == names;
                if !same {
                    return Ok(false);
                }
                wanted.register(locked)?;
                if let Some(old) = dictionary {
                    locked.remove_file(old);
                }
                let file = locked.next_file();
                building.rename(&file_path(self.path(), file, DICTIONARY))?;
                locked.set_file(file, FileRecord::Dictionary { facts, bytes });
                locked.counters().next_fact = after.max(facts);
                locked.remove_new_facts_below(facts);
                Ok(true)
            })?;
            if committed {
                return Ok(added);
            }
        }
        Err(self.overtaken())
    }
}
