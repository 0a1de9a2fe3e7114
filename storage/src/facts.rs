//! What a writer hands to the store about facts: labels, prompt templates, candidate answers, names of relations.

use crate::relations::RelationNameRow;

/// Labels of a fact in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// External id (a UUID in LAMA and mLAMA), the same in every language.
    pub id: String,
    /// Relation (`P36`).
    pub relation: String,
    /// Language of the labels.
    pub language: String,
    /// Label of the subject.
    pub subject: String,
    /// Label of the object.
    pub object: String,
    /// Language-independent id of the subject (`Q142`), where known.
    pub subject_uri: Option<String>,
    /// Language-independent id of the object, where known.
    pub object_uri: Option<String>,
}

/// A prompt template with `[X]` for the subject and `[Y]` for the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
    /// Its relation.
    pub relation: String,
    /// Its language.
    pub language: String,
    /// Its text.
    pub text: String,
}

/// Candidate subjects and objects of a relation in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatesRow {
    /// Their relation.
    pub relation: String,
    /// Their language.
    pub language: String,
    /// Labels that can stand for the subject.
    pub subjects: Vec<String>,
    /// Labels that can stand for the object.
    pub objects: Vec<String>,
}

/// Rows to add to the dictionary in one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactBatch {
    /// Facts with their labels.
    pub facts: Vec<FactRow>,
    /// Templates; a text that (relation, language) has already keeps its number, a new one gets the next.
    pub templates: Vec<TemplateRow>,
    /// Candidates; they replace those of the same (relation, language).
    pub candidates: Vec<CandidatesRow>,
    /// Names of relations; they replace those of the same (relation, language).
    pub relation_names: Vec<RelationNameRow>,
}

impl FactBatch {
    /// Whether it says nothing about facts: the dictionary stays as it is.
    pub(crate) fn only_names(&self) -> bool {
        self.facts.is_empty() && self.templates.is_empty() && self.candidates.is_empty()
    }
}

/// What adding a [`FactBatch`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FactsAdded {
    /// Facts that were not in the store.
    pub new_facts: u64,
    /// Labels (fact, language) that were not in the store.
    pub new_labels: u64,
    /// Labels that were there with another text and now have the given one.
    pub changed_labels: u64,
    /// Labels that were there already.
    pub same_labels: u64,
    /// Templates that were not in the store.
    pub new_templates: u64,
    /// Candidate lists written.
    pub candidate_lists: u64,
    /// Names of relations that were not in the store, or were there with another text.
    pub relation_names: u64,
}
