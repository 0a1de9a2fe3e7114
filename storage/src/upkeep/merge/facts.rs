//! Facts of several stores in one dictionary: what one has and another lacks is added, what two say differently is refused.

use super::Source;
use crate::dictionary::build::{Draft, DraftFact};
use crate::error::{Error, Result};
use crate::ids::{FactId, LanguageId, RelationId};
use crate::language::{canonical, same};
use crate::snapshot::Snapshot;
use crate::store::Store;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The facts of all stores, in the numbers of the one that they go into.
pub(super) struct Union {
    draft: Draft,
    languages: Vec<String>,
    relations: Vec<String>,
    /// Relations that a source has: one that was dropped comes back with it.
    wanted: BTreeSet<String>,
    relation_names: BTreeMap<(String, String), String>,
    changed: bool,
    pub new_facts: u64,
    pub new_labels: u64,
}

/// A source's numbers in those of the store that it goes into; `None` for what is not taken.
pub(super) struct Translation {
    pub facts: Vec<Option<FactId>>,
    pub languages: Vec<LanguageId>,
}

impl Union {
    /// What is in the store before.
    pub(super) fn of(into: &Snapshot) -> Result<Self> {
        Ok(Self {
            draft: Draft::of_snapshot(into)?,
            languages: into.catalogue.languages.clone(),
            relations: into.catalogue.relations.clone(),
            wanted: BTreeSet::new(),
            relation_names: into.catalogue.relation_names.clone(),
            changed: false,
            new_facts: 0,
            new_labels: 0,
        })
    }

    /// Takes in the facts of a source, or some of them.
    pub(super) fn absorb(&mut self, source: &Source, some: Option<&RoaringBitmap>) -> Result<Translation> {
        let from = &source.snapshot;
        let facts = some.map_or_else(|| from.facts(), Clone::clone);
        let languages = from.languages().map(|(_, name)| self.language(name)).collect::<Result<_>>()?;
        let mut translation = Translation { facts: vec![None; from.catalogue.counters.next_fact as usize], languages };
        let mut relations = BTreeSet::new();
        for fact in facts.iter().map(FactId) {
            relations.extend(from.fact_relation(fact)?);
            source.stop.look()?;
            if let Some(place) = translation.facts.get_mut(fact.0 as usize) {
                *place = Some(self.fact(source, fact)?);
            }
        }
        if some.is_none() {
            relations.extend(from.relations().map(|(id, _)| id));
        }
        self.labels(source, &translation)?;
        self.relabelled(source, &translation)?;
        for relation in relations {
            self.of_relation(source, relation, &translation)?;
        }
        Ok(translation)
    }

    fn language(&mut self, name: &str) -> Result<LanguageId> {
        let known = self.languages.iter().position(|known| known == name);
        let known = known.or_else(|| self.languages.iter().position(|known| same(known, name)));
        let id = known.unwrap_or_else(|| {
            self.languages.push(canonical(name).into_owned());
            self.changed = true;
            self.languages.len() - 1
        });
        let limit = u64::from(u16::MAX);
        u16::try_from(id).map(LanguageId).map_err(|_| Error::Full { what: "number of languages", limit })
    }

    fn relation(&mut self, name: &str) -> RelationId {
        self.wanted.insert(name.to_owned());
        let known = self.relations.iter().position(|known| known == name);
        RelationId(known.unwrap_or_else(|| {
            self.relations.push(name.to_owned());
            self.changed = true;
            self.relations.len() - 1
        }) as u32)
    }

    fn fact(&mut self, source: &Source, fact: FactId) -> Result<FactId> {
        let from = &source.snapshot;
        let id = from.external_id(fact)?;
        let relation = from.fact_relation(fact)?.map(|relation| self.relation(from.relation_name(relation)));
        let (subject_uri, object_uri) = from.uris(fact)?;
        let number = match self.draft.by_id.get(id) {
            Some(&known) => {
                let came_back = self.draft.dropped.remove(known.0);
                self.new_facts += u64::from(came_back);
                self.changed |= came_back;
                known
            }
            None if self.draft.facts.len() as u64 >= u64::from(u32::MAX) - 1 => {
                return Err(Error::Full { what: "number of facts", limit: u64::from(u32::MAX) - 1 });
            }
            None => {
                (self.new_facts, self.changed) = (self.new_facts + 1, true);
                self.draft.push(DraftFact { id: id.to_owned(), ..DraftFact::default() })
            }
        };
        let stored = &mut self.draft.facts[number.0 as usize];
        if let Some(given) = relation {
            let before = stored.relation.replace(given);
            self.changed |= before.is_none();
            if let Some(before) = before.filter(|&before| before != given) {
                let name = |id: RelationId| self.relations[id.0 as usize].clone();
                return Err(source.differs(format!("the relation of fact {id:?}"), name(before), name(given)));
            }
        }
        for (stored, given, what) in
            [(&mut stored.subject_uri, subject_uri, "subject URI"), (&mut stored.object_uri, object_uri, "object URI")]
        {
            match (stored.as_deref(), given) {
                (Some(before), Some(given)) if before != given => {
                    return Err(source.differs(format!("the {what} of fact {id:?}"), before, given));
                }
                (None, Some(given)) => {
                    *stored = Some(given.to_owned());
                    self.changed = true;
                }
                _ => {}
            }
        }
        Ok(number)
    }

    fn labels(&mut self, source: &Source, translation: &Translation) -> Result<()> {
        let Some((_, dictionary)) = source.snapshot.dictionary_file() else { return Ok(()) };
        for language in dictionary.languages() {
            let Some(&to) = translation.languages.get(usize::from(language.0)) else { continue };
            let mut conflict = None;
            let labels = self.draft.labels.entry(to).or_default();
            let (changed, new) = (&mut self.changed, &mut self.new_labels);
            dictionary.for_each_label(language, |fact, subject, object| {
                let Some(Some(fact)) = translation.facts.get(fact.0 as usize) else { return };
                match labels.get(fact) {
                    Some((s, o)) if (s.as_str(), o.as_str()) == (subject, object) => {}
                    Some(before) => {
                        let given = (subject.to_owned(), object.to_owned());
                        conflict.get_or_insert_with(|| (*fact, before.clone(), given));
                    }
                    None => {
                        labels.insert(*fact, (subject.to_owned(), object.to_owned()));
                        (*changed, *new) = (true, *new + 1);
                    }
                }
            })?;
            if labels.is_empty() {
                self.draft.labels.remove(&to);
            }
            if let Some((fact, before, given)) = conflict {
                let id = &self.draft.facts[fact.0 as usize].id;
                let what = format!("the label of fact {id:?} in {}", self.languages[usize::from(to.0)]);
                return Err(source.differs(what, format!("{before:?}"), format!("{given:?}")));
            }
        }
        Ok(())
    }

    /// Which labels were replaced: entries that were asked with the old ones may come along.
    fn relabelled(&mut self, source: &Source, translation: &Translation) -> Result<()> {
        let Some((_, dictionary)) = source.snapshot.dictionary_file() else { return Ok(()) };
        for language in dictionary.relabelled_languages() {
            let Some(&to) = translation.languages.get(usize::from(language.0)) else { continue };
            for fact in dictionary.relabelled(language)? {
                if let Some(Some(fact)) = translation.facts.get(fact as usize) {
                    self.changed |= self.draft.relabelled.entry(to).or_default().insert(fact.0);
                }
            }
        }
        Ok(())
    }

    /// Templates, candidates and names of a relation.
    fn of_relation(&mut self, source: &Source, relation: RelationId, translation: &Translation) -> Result<()> {
        let from = &source.snapshot;
        let name = from.relation_name(relation);
        let to = self.relation(name);
        let mut templates: BTreeMap<LanguageId, Vec<&str>> = BTreeMap::new();
        for (_, language, _, text) in from.templates().filter(|(of, ..)| *of == relation) {
            templates.entry(language).or_default().push(text);
        }
        for (language, texts) in templates {
            let Some(&language) = translation.languages.get(usize::from(language.0)) else { continue };
            let shown = self.languages[usize::from(language.0)].clone();
            let stored = self.draft.templates.entry((to, language)).or_default();
            // Entries know their templates by number: so each must have the number that it has.
            for (number, text) in texts.into_iter().enumerate() {
                match stored.get(number) {
                    Some(before) if before == text => {}
                    Some(before) => {
                        let what = format!("template {number} of {name} in {shown}");
                        return Err(source.differs(what, format!("{before:?}"), format!("{text:?}")));
                    }
                    None => {
                        stored.push(text.to_owned());
                        self.changed = true;
                    }
                }
            }
        }
        for (language, &number) in from.languages().map(|(id, _)| id).zip(&translation.languages) {
            let Some((subjects, objects)) = from.candidates(relation, language)? else { continue };
            let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let given = (owned(subjects), owned(objects));
            match self.draft.candidates.get(&(to, number)) {
                Some(before) if *before == given => {}
                Some(before) => {
                    let what = format!("the candidates of {name} in {}", self.languages[usize::from(number.0)]);
                    let count = |(subjects, objects): &(Vec<String>, Vec<String>)| {
                        format!("a list of {} subjects and {} objects", subjects.len(), objects.len())
                    };
                    return Err(source.differs(what, count(before), count(&given)));
                }
                None => {
                    self.draft.candidates.insert((to, number), given);
                    self.changed = true;
                }
            }
        }
        for (language, called) in from.names_of_relation(name) {
            match self.relation_names.get(&(name.to_owned(), language.to_owned())) {
                Some(before) if before == called => {}
                Some(before) => {
                    return Err(source.differs(format!("what {name} is called in {language}"), before, called));
                }
                None => {
                    self.relation_names.insert((name.to_owned(), language.to_owned()), called.to_owned());
                    self.changed = true;
                }
            }
        }
        Ok(())
    }

    /// Commits it in the place of the store's facts, if it says more than these; `false` where they have changed since.
    pub(super) fn commit(&self, store: &Store, before: &Snapshot) -> Result<bool> {
        if !self.changed {
            return Ok(true);
        }
        let old = &before.catalogue;
        let still = |now: &crate::catalogue::Locked| {
            let now = now.now();
            let same = now.languages == old.languages
                && now.relations == old.relations
                && now.relation_names == old.relation_names;
            Ok(same.then_some(()))
        };
        let done = store.replace_dictionary(before, &self.draft, still, |locked, ()| {
            for name in &self.languages {
                locked.language(name)?;
            }
            for name in self.relations.iter().filter(|name| self.wanted.contains(*name)) {
                locked.relation(name)?;
            }
            for ((relation, language), name) in &self.relation_names {
                if old.relation_names.get(&(relation.clone(), language.clone())) != Some(name) {
                    locked.set_relation_name(relation, language, name);
                }
            }
            Ok(())
        })?;
        Ok(done.is_some())
    }
}

impl Source {
    /// The error for what this source says differently from those before it.
    pub(super) fn differs(&self, what: String, before: impl ToString, given: impl ToString) -> Error {
        let (before, given) = (before.to_string(), given.to_string());
        // Which of those before it is found out by [`super::said_by`].
        Error::StoresDiffer { what, before, other: PathBuf::new().into(), given, from: self.path.clone() }
    }
}
