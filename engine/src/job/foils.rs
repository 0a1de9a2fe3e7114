//! Foils of many facts: what each fact's object is set against where F is a difference of logits.
//!
//! A fact's foils are the objects of its relation's other facts in the language of the question, but none that a fact says of the same
//! subject. Which of them is taken follows from external ids alone, so that every machine, every share of the facts and every language
//! takes the same as long as the store's facts of the relation are the same.

use super::selection::{Item, Selection};
use crate::attribute::Attribution;
use crate::error::{Error, Result};
use crate::preset::FoilRule;
use crate::question::{Question, Skip};
use kndb_storage::{FactId, LabelTest, LanguageId, Objects, RelationId, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// How foils are drawn, as runs name it: a run whose foils were drawn otherwise is not gone on with.
pub(crate) const DRAWN_BY: &str = "xxh3 of both facts";

/// So many of the names that would do are told.
const TOLD: usize = 12;

/// Objects of a relation in a language, read once.
type Read<'a> = BTreeMap<(RelationId, LanguageId), Arc<Objects<'a>>>;

/// Where the foils of a job's facts come from.
pub(crate) struct Foils<'a> {
    snapshot: &'a Snapshot,
    /// Of one object for all facts: those facts of each relation whose object it is.
    only: Option<BTreeMap<RelationId, BTreeSet<&'a str>>>,
    read: Mutex<Read<'a>>,
}

impl Selection {
    /// Whether foils can be taken from the store by this rule: cheap, so that it can be known before a model is loaded.
    ///
    /// # Errors
    /// An object that no fact of the selected relations has, or a name of several objects.
    pub fn check_foil(&self, snapshot: &Snapshot, rule: &FoilRule) -> Result<()> {
        Foils::new(snapshot, self, rule).map(|_| ())
    }
}

impl<'a> Foils<'a> {
    /// By a rule, among the relations that are selected.
    pub(crate) fn new(snapshot: &'a Snapshot, selection: &Selection, rule: &FoilRule) -> Result<Self> {
        let only = match rule {
            FoilRule::Drawn => None,
            FoilRule::Object(object) => Some(facts_with(snapshot, selection, object)?),
        };
        Ok(Self { snapshot, only, read: Mutex::default() })
    }

    /// A question set against its foil: the first of the fact's, in the order of the draw, that its prompt can be set against.
    pub(crate) fn against(
        &self,
        attribution: &Attribution<'_>,
        item: Item,
        question: Question,
        [template, subject]: [&str; 2],
    ) -> Result<std::result::Result<Question, Skip>> {
        let fact = self.snapshot.external_id(item.fact)?;
        let objects = self.objects(item)?;
        let mut foils = objects.false_of(fact);
        if let Some(only) = &self.only {
            let facts = only.get(&item.relation);
            foils.retain(|(other, _)| facts.is_some_and(|facts| facts.contains(other)));
        }
        foils.sort_by_cached_key(|(other, _)| (place(fact, other), *other));
        let mut tried = BTreeSet::new();
        for (_, foil) in foils.into_iter().filter(|(_, foil)| tried.insert(*foil)) {
            // What cannot be asked itself is no foil either.
            if let Ok(question) = attribution.against(question.clone(), template, subject, foil) {
                return Ok(Ok(question));
            }
        }
        Ok(Err(Skip::NoFoil))
    }

    fn objects(&self, item: Item) -> Result<Arc<Objects<'a>>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(objects) = read.get(&(item.relation, item.language)) {
            return Ok(Arc::clone(objects));
        }
        let objects = Arc::new(self.snapshot.objects(item.relation, item.language)?);
        read.insert((item.relation, item.language), Arc::clone(&objects));
        Ok(objects)
    }
}

/// Where another fact comes in the order of a fact's foils.
fn place(fact: &str, other: &str) -> u64 {
    let mut both = Vec::with_capacity(fact.len() + other.len() + 1);
    both.extend_from_slice(fact.as_bytes());
    // In no external id.
    both.push(0);
    both.extend_from_slice(other.as_bytes());
    xxh3_64(&both)
}

/// The facts of each selected relation with an object, which is named by its label in any language or by its id.
fn facts_with<'a>(
    snapshot: &'a Snapshot,
    selection: &Selection,
    object: &str,
) -> Result<BTreeMap<RelationId, BTreeSet<&'a str>>> {
    let named = snapshot.facts_with_object(LabelTest::Is(object))?;
    let (mut found, mut uris, mut known) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let relations = selection.relation_ids(snapshot)?;
    let facts_of = |relation: RelationId| -> Result<Vec<FactId>> {
        Ok(snapshot.facts_of_relation(relation)?.iter().map(FactId).collect())
    };
    for &relation in &relations {
        for fact in facts_of(relation)? {
            let uri = snapshot.uris(fact)?.1;
            if named.contains(fact.0) || uri == Some(object) {
                uris.extend(uri);
                found.entry(relation).or_insert_with(BTreeSet::new).insert(snapshot.external_id(fact)?);
            } else if known.len() < TOLD {
                known.extend(snapshot.any_label(fact, None)?.map(|(_, other)| other.to_owned()));
            }
        }
    }
    if found.is_empty() {
        let expected = "an object of the selected relations, by its label or its id, or `drawn`; they have";
        return Err(Error::Unknown {
            what: "object",
            given: object.to_owned(),
            expected,
            known: known.into_iter().collect(),
        });
    }
    if uris.len() > 1 {
        let ids: Vec<&str> = uris.into_iter().collect();
        return Err(Error::Option {
            option: "foil",
            given: format!("{object:?}, the label of several objects"),
            expected: format!("the id of one of them: {}", ids.join(", ")),
        });
    }
    // Where the object has an id, its labels in other languages may stand at other facts.
    if let Some(uri) = uris.first() {
        for &relation in &relations {
            for fact in facts_of(relation)? {
                if snapshot.uris(fact)?.1 == Some(uri) {
                    found.entry(relation).or_insert_with(BTreeSet::new).insert(snapshot.external_id(fact)?);
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By Python's xxhash: `xxh3_64_intdigest(b"f1\0f2")`. Machines may run different versions of kndb: the order is for ever.
    #[test]
    fn the_place_of_a_foil_is_for_ever() {
        assert_eq!(place("f1", "f2"), 0x06ea_c828_a29f_7732);
        assert_eq!(place("f2", "f1"), 0x8b8f_ff5b_e819_230b);
        assert_eq!(place("P36-1", "P36-2"), 0x07e5_4c0a_a673_e8ac);
    }
}
