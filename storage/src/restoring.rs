//! What another store had, into a new one: names and facts in the same order, runs as they were.
//!
//! Orders matter, because answers are in them where nothing else decides. Not for a store that holds something: that is what
//! [`Store::merge`] is for.

use crate::dictionary::build::{Draft, DraftFact};
use crate::error::{Error, Result};
use crate::facts::{FactBatch, FactsAdded};
use crate::labels::Names;
use crate::registering::set_names;
use crate::run::Run;
use crate::store::{Store, check_name, named_language};
use crate::writer::RunWriter;
use std::collections::HashSet;

/// Everything that a store says about facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// All languages, in the order of their numbers.
    pub languages: Vec<String>,
    /// All relations, in the order of their numbers.
    pub relations: Vec<String>,
    /// All facts, in the order of their numbers.
    pub facts: Vec<RestoredFact>,
    /// Labels, templates, candidates, names of relations.
    pub about: FactBatch,
    /// Facts whose label in a language was replaced at some time: [`crate::Snapshot::relabelled`].
    pub relabelled: Vec<(String, String)>,
}

/// A fact without its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoredFact {
    /// External id.
    pub id: String,
    /// Its relation; a fact that only a run has named has none.
    pub relation: Option<String>,
    /// Language-independent id of the subject, where known.
    pub subject_uri: Option<String>,
    /// Of the object.
    pub object_uri: Option<String>,
}

impl Store {
    /// Brings facts into a store that is empty, in the order in which another store had them. The languages, relations and facts that
    /// labels and entries name must be listed.
    ///
    /// # Errors
    /// [`Error::AlreadyThere`] when the store holds something; names that cannot be one, or are there twice, or are not listed.
    pub fn restore_facts(&self, all: &Restored) -> Result<()> {
        let wrong = |what, name: &str, expected| Error::Name { what, name: name.chars().take(100).collect(), expected };
        self.write(|locked| {
            let now = locked.now();
            if !now.runs.is_empty()
                || now.counters.next_fact > 0
                || !now.languages.is_empty()
                || !now.relations.is_empty()
            {
                let found = "a store that holds something".to_owned();
                return Err(Error::AlreadyThere { path: self.path().to_owned(), found });
            }
            for (number, name) in all.languages.iter().enumerate() {
                if usize::from(named_language(locked, name)?.0) != number {
                    return Err(wrong("language", name, "each language once"));
                }
            }
            for (number, name) in all.relations.iter().enumerate() {
                check_name("relation", name)?;
                if locked.relation(name)?.0 as usize != number {
                    return Err(wrong("relation", name, "each relation once"));
                }
            }
            Ok(())
        })?;
        let wanted = Names::wanted(&all.about);
        let snapshot = self.for_writing()?;
        let names = wanted.names(&snapshot.catalogue);
        let mut draft = Draft::of_snapshot(&snapshot)?;
        let mut seen = HashSet::with_capacity(all.facts.len());
        for RestoredFact { id, relation, subject_uri, object_uri } in &all.facts {
            check_name("fact id", id)?;
            if !seen.insert(id.as_str()) {
                return Err(wrong("fact id", id, "each fact once"));
            }
            let listed = |name: &String| {
                snapshot.relation(name).ok_or_else(|| wrong("relation", name, "a relation that is listed"))
            };
            let relation = relation.as_ref().map(listed).transpose()?;
            let (subject_uri, object_uri) = (subject_uri.clone(), object_uri.clone());
            draft.push(DraftFact { id: id.clone(), relation, subject_uri, object_uri });
        }
        names.apply(&all.about, &mut draft, &mut FactsAdded::default())?;
        if let Some(fact) = draft.facts.get(all.facts.len()) {
            return Err(wrong("fact id", &fact.id, "a fact that is listed"));
        }
        for (id, language) in &all.relabelled {
            let language =
                snapshot.language(language).ok_or_else(|| wrong("language", language, "a language that is listed"))?;
            let fact = draft.by_id.get(id).ok_or_else(|| wrong("fact id", id, "a fact that is listed"))?;
            draft.relabelled.entry(language).or_default().insert(fact.0);
        }
        // Nobody else knows of this store's names yet; another who filled it at this moment is noticed by the facts.
        let still = |locked: &crate::catalogue::Locked| {
            let unchanged = wanted.names(locked.now()) == names && locked.now().counters.next_fact == 0;
            Ok(unchanged.then_some(()))
        };
        let done = self.replace_dictionary(&snapshot, &draft, still, |locked, ()| {
            wanted.register(locked)?;
            for row in &all.about.relation_names {
                check_name("relation", &row.relation)?;
                check_name("language", &row.language)?;
                check_name("name of a relation", &row.name)?;
            }
            Ok(set_names(&all.about.relation_names, locked))
        })?;
        done.map(drop).ok_or_else(|| self.overtaken())
    }

    /// Begins a run that another store had, with the tool that made it and the time when it was begun; its number is the next one.
    ///
    /// # Errors
    /// [`Error::RunExists`]; parameters that no run can have; another shape than a run of the same model has.
    pub fn restore_run(&self, run: &Run) -> Result<RunWriter> {
        if self.for_writing()?.run_named(&run.spec.name).is_some() {
            return Err(Error::RunExists { run: run.spec.name.clone() });
        }
        let opened = self.open_run(run.spec.clone())?.run().id;
        self.write(|locked| {
            // Nobody else looks at a store that is being filled; one that did would see the run as this process had begun it.
            let mut there =
                locked.now().runs.get(&opened).cloned().ok_or_else(|| locked.now().unknown_run(&run.spec.name))?;
            (there.begun, there.tool) = (run.begun, run.tool.clone());
            locked.set_run(&there);
            Ok(RunWriter::new(self.clone(), there))
        })
    }
}
