//! Brings a [`FactBatch`] into the draft of a new dictionary.

use crate::catalogue::{Catalogue, Locked};
use crate::dictionary::build::{Draft, DraftFact};
use crate::error::{Error, Result};
use crate::facts::{FactBatch, FactRow, FactsAdded};
use crate::ids::{LanguageId, RelationId};
use crate::language::{canonical, same};
use crate::store::{check_name, named_language};
use std::collections::{BTreeMap, BTreeSet};

/// The languages and relations a batch names.
pub(crate) struct Wanted {
    languages: BTreeSet<String>,
    relations: BTreeSet<String>,
}

/// The same, with their ids.
#[derive(PartialEq)]
pub(crate) struct Names {
    languages: BTreeMap<String, LanguageId>,
    relations: BTreeMap<String, RelationId>,
}

impl Names {
    pub(crate) fn wanted(batch: &FactBatch) -> Wanted {
        let facts = batch.facts.iter().map(|row| (&row.language, &row.relation));
        let templates = batch.templates.iter().map(|row| (&row.language, &row.relation));
        let candidates = batch.candidates.iter().map(|row| (&row.language, &row.relation));
        let (mut languages, mut relations) = (BTreeSet::new(), BTreeSet::new());
        for (language, relation) in facts.chain(templates).chain(candidates) {
            let language = canonical(language);
            if !languages.contains(&*language) {
                languages.insert(language.into_owned());
            }
            if !relations.contains(relation) {
                relations.insert(relation.clone());
            }
        }
        Wanted { languages, relations }
    }

    /// Adds every row of the batch to the draft.
    pub(crate) fn apply(&self, batch: &FactBatch, draft: &mut Draft, added: &mut FactsAdded) -> Result<()> {
        for row in &batch.facts {
            self.add_fact(row, draft, added)?;
        }
        for row in &batch.templates {
            let texts =
                draft.templates.entry((self.relation(&row.relation), self.language(&row.language))).or_default();
            if !texts.contains(&row.text) {
                if texts.len() > usize::from(u16::MAX) {
                    return Err(Error::Full { what: "number of templates of a relation", limit: u64::from(u16::MAX) });
                }
                texts.push(row.text.clone());
                added.new_templates += 1;
            }
        }
        for row in &batch.candidates {
            let key = (self.relation(&row.relation), self.language(&row.language));
            draft.candidates.insert(key, (row.subjects.clone(), row.objects.clone()));
            added.candidate_lists += 1;
        }
        Ok(())
    }

    fn add_fact(&self, row: &FactRow, draft: &mut Draft, added: &mut FactsAdded) -> Result<()> {
        check_name("fact id", &row.id)?;
        let relation = self.relation(&row.relation);
        let fact = match draft.by_id.get(&row.id) {
            Some(&fact) => {
                // One that was forgotten comes back under its old number.
                added.new_facts += u64::from(draft.dropped.remove(fact.0));
                fact
            }
            None => {
                if draft.facts.len() as u64 >= u64::from(u32::MAX) - 1 {
                    return Err(Error::Full { what: "number of facts", limit: u64::from(u32::MAX) - 1 });
                }
                added.new_facts += 1;
                draft.push(DraftFact { id: row.id.clone(), ..DraftFact::default() })
            }
        };
        let stored = &mut draft.facts[fact.0 as usize];
        if let Some(other) = stored.relation.replace(relation).filter(|&other| other != relation) {
            let name = self.relations.iter().find(|&(_, &id)| id == other).map(|(name, _)| name.clone());
            return Err(Error::RelationDiffers {
                fact: row.id.clone(),
                stored: name.unwrap_or_else(|| format!("{other:?}")),
                given: row.relation.clone(),
            });
        }
        for (stored, given) in [(&mut stored.subject_uri, &row.subject_uri), (&mut stored.object_uri, &row.object_uri)]
        {
            if given.is_some() {
                stored.clone_from(given);
            }
        }
        let label = (row.subject.clone(), row.object.clone());
        let language = self.language(&row.language);
        match draft.labels.entry(language).or_default().insert(fact, label.clone()) {
            None => added.new_labels += 1,
            Some(before) if before == label => added.same_labels += 1,
            Some(_) => {
                draft.relabelled.entry(language).or_default().insert(fact.0);
                added.changed_labels += 1;
            }
        }
        Ok(())
    }

    fn language(&self, name: &str) -> LanguageId {
        let exact = self.languages.get(name);
        let found = exact.or_else(|| self.languages.iter().find(|(known, _)| same(known, name)).map(|(_, id)| id));
        // Every language of the batch is wanted, so it is there.
        found.copied().unwrap_or(LanguageId(u16::MAX))
    }

    fn relation(&self, name: &str) -> RelationId {
        self.relations[name]
    }
}

impl Wanted {
    /// The ids these names have, or will have once they are registered. All relations come along, for messages.
    pub(crate) fn names(&self, catalogue: &Catalogue) -> Names {
        let languages = numbered(&self.languages, &catalogue.languages, same);
        let relations = numbered(&self.relations, &catalogue.relations, |known, name| known == name);
        Names {
            languages: languages.map(|(name, id)| (name.clone(), LanguageId(id as u16))).collect(),
            relations: relations.map(|(name, id)| (name.clone(), RelationId(id as u32))).collect(),
        }
    }

    /// Registers what is not known yet.
    pub(crate) fn register(&self, locked: &mut Locked) -> Result<()> {
        for name in &self.languages {
            named_language(locked, name)?;
        }
        for name in &self.relations {
            check_name("relation", name)?;
            locked.relation(name)?;
        }
        Ok(())
    }
}

/// Known names with their numbers, then the wanted ones that are not known with the numbers after those.
fn numbered<'a>(
    wanted: &'a BTreeSet<String>,
    known: &'a [String],
    same: fn(&str, &str) -> bool,
) -> impl Iterator<Item = (&'a String, usize)> {
    let new = wanted.iter().filter(move |name| !known.iter().any(|known| same(known, name)));
    known.iter().chain(new).enumerate().map(|(id, name)| (name, id))
}
