//! The knowledge neurons of the store's facts that have the words of requests.

use crate::editbench::requests::Request;
use crate::error::StudyError;
use crate::statements::Sets;
use kndb_storage::{FactId, Neuron, Snapshot};
use std::collections::HashMap;

/// The subject and the object of a fact.
type Words = (String, String);

/// The store's facts in a language with their knowledge neurons, by their words.
pub(super) struct KnownNeurons<'n> {
    /// Relations and neurons of the facts that have the same words.
    by_words: HashMap<Words, Vec<(String, &'n [Neuron])>>,
    language: &'n str,
}

impl<'n> KnownNeurons<'n> {
    pub(super) fn read(snapshot: &Snapshot, name: &'n str, sets: &'n Sets) -> Result<Self, StudyError> {
        let mut by_words = HashMap::<Words, Vec<(String, &'n [Neuron])>>::new();
        let Some(language) = snapshot.language(name) else { return Ok(Self { by_words, language: name }) };
        for fact in snapshot.facts() {
            let fact = FactId(fact);
            let (Some((subject, object)), Some(relation)) =
                (snapshot.label(fact, language)?, snapshot.fact_relation(fact)?)
            else {
                continue;
            };
            let neurons = sets.get(snapshot.external_id(fact)?).map(Vec::as_slice).unwrap_or_default();
            let words = (subject.trim().to_owned(), object.trim().to_owned());
            let relation = snapshot.relation_name(relation).to_owned();
            by_words.entry(words).or_default().push((relation, neurons));
        }
        Ok(Self { by_words, language: name })
    }

    /// Those of the one fact with the request's subject and old object, and its relation where it names one.
    pub(super) fn of(&self, request: &Request) -> Result<Vec<Neuron>, String> {
        let words = (request.subject.trim().to_owned(), request.old.as_deref().unwrap_or_default().trim().to_owned());
        let facts = self.by_words.get(&words).map(Vec::as_slice).unwrap_or_default();
        let is_same = |relation: &str| request.relation.is_empty() || request.relation == relation;
        let mut facts = facts.iter().filter(|(relation, _)| is_same(relation)).map(|(_, neurons)| *neurons);
        let language = self.language;
        match (facts.next(), facts.next()) {
            (None, _) => Err(format!("no fact of the store with its words, to have neurons of ({language})")),
            // Which of them is meant is not said, whichever has neurons.
            (_, Some(_)) => Err(format!("several facts of the store with its words ({language})")),
            (Some([]), None) => Err(format!("no knowledge neurons ({language})")),
            (Some(neurons), None) => Ok(neurons.to_vec()),
        }
    }
}
