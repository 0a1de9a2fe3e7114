//! What can be read of a damaged dictionary. The ids must be whole: without them nobody knows whose the entries are.

use super::build::{Draft, DraftFact};
use super::read::Dictionary;
use crate::error::Result;
use crate::ids::FactId;
use roaring::RoaringBitmap;

impl Draft {
    /// All that is whole of a dictionary whose ids are; and what is lost, a line each.
    pub(crate) fn salvage(dictionary: &Dictionary, ids: &[String], languages: &[String]) -> (Self, Vec<String>) {
        let (mut draft, mut lost) = (Self::default(), Vec::new());
        for id in ids {
            draft.push(DraftFact { id: id.clone(), ..DraftFact::default() });
        }
        let mut columns = |what: &str, set: &mut dyn FnMut(&mut DraftFact, FactId) -> Result<()>| {
            let mut changed = draft.facts.clone();
            let done = (0..).zip(&mut changed).try_for_each(|(fact, stored)| set(stored, FactId(fact)));
            match dictionary.proved_strings().and(done) {
                Ok(()) => draft.facts = changed,
                Err(_) => lost.push(what.to_owned()),
            }
        };
        columns("URIs of subjects and objects", &mut |stored, fact| {
            stored.subject_uri = dictionary.subject_uri(fact)?.map(str::to_owned);
            stored.object_uri = dictionary.object_uri(fact)?.map(str::to_owned);
            Ok(())
        });
        let relations: Result<Vec<_>> = (0..ids.len() as u32).map(|fact| dictionary.relation(FactId(fact))).collect();
        let relations = relations.unwrap_or_else(|_| {
            lost.push("relations and labels of all facts".into());
            Vec::new()
        });
        for (stored, relation) in draft.facts.iter_mut().zip(&relations) {
            stored.relation = *relation;
        }
        let name = |language: crate::ids::LanguageId| {
            languages.get(usize::from(language.0)).map_or_else(|| format!("number {language}"), Clone::clone)
        };
        // Whoever's label may have been replaced is looked at, and whoever's is lost: it may come again as another.
        let everybody = || (0..ids.len() as u32).collect::<RoaringBitmap>();
        for language in dictionary.relabelled_languages() {
            let found = dictionary.relabelled(language).unwrap_or_else(|_| {
                lost.push(format!("which facts had their labels in {} replaced: any may have", name(language)));
                everybody()
            });
            draft.relabelled.insert(language, found);
        }
        for language in dictionary.languages().filter(|_| relations.is_empty()) {
            draft.relabelled.insert(language, everybody());
        }
        for language in dictionary.languages().filter(|_| !relations.is_empty()) {
            let mut labels = std::collections::BTreeMap::new();
            let read = dictionary.for_each_label(language, |fact, subject, object| {
                labels.insert(fact, (subject.to_owned(), object.to_owned()));
            });
            let known = labels.keys().all(|fact| (fact.0 as usize) < ids.len());
            match dictionary.proved_strings().and(read) {
                Ok(()) if known => drop(draft.labels.insert(language, labels)),
                _ => {
                    draft.relabelled.insert(language, everybody());
                    lost.push(format!("labels of {} facts in {}", dictionary.label_count(language), name(language)));
                }
            }
        }
        for (relation, language, _, text) in dictionary.templates() {
            draft.templates.entry((relation, language)).or_default().push(text.to_owned());
        }
        for (relation, language) in dictionary.candidate_lists() {
            let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
            match dictionary.proved_strings().and_then(|()| dictionary.candidates(relation, language)) {
                Ok(Some((subjects, objects))) => {
                    draft.candidates.insert((relation, language), (owned(subjects), owned(objects)));
                }
                _ => lost.push(format!("candidates of relation number {relation} in {}", name(language))),
            }
        }
        (draft, lost)
    }
}
