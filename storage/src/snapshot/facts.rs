//! Facts of a snapshot: ids, labels, templates, candidates.

use super::Snapshot;
use crate::dictionary::read::{Dictionary, LabelTest};
use crate::error::Result;
use crate::ids::{FactId, FileId, LanguageId, PromptId, RelationId};
use roaring::RoaringBitmap;

impl Snapshot {
    /// Number of facts that only a run has named: no labels, no relation.
    pub fn unlabelled_fact_count(&self) -> Result<u64> {
        Ok(self.unlabelled_facts()?.len())
    }

    /// Facts that have no labels and no relation.
    pub(crate) fn unlabelled_facts(&self) -> Result<RoaringBitmap> {
        self.unlabelled_among(&self.facts())
    }

    /// Those of some facts that have no labels and no relation.
    pub(crate) fn unlabelled_among(&self, facts: &RoaringBitmap) -> Result<RoaringBitmap> {
        let mut bare = RoaringBitmap::new();
        for fact in facts {
            if self.fact_relation(FactId(fact))?.is_none() {
                bare.insert(fact);
            }
        }
        Ok(bare)
    }

    pub(super) fn dictionary(&self) -> Option<&Dictionary> {
        self.dictionary.as_ref().map(|(_, dictionary)| &**dictionary)
    }

    /// The fact with an external id.
    pub fn fact(&self, id: &str) -> Result<Option<FactId>> {
        let found = self.fact_or_dropped(id)?;
        Ok(found.filter(|fact| !self.catalogue.dropped_facts.contains(fact.0)))
    }

    /// The same with forgotten facts, which still have their numbers.
    pub(crate) fn fact_or_dropped(&self, id: &str) -> Result<Option<FactId>> {
        let new = self
            .new_ids
            .get_or_init(|| self.catalogue.new_facts.iter().map(|(&fact, id)| (id.clone(), fact)).collect());
        match (new.get(id), self.dictionary()) {
            (Some(&fact), _) => Ok(Some(fact)),
            (None, Some(dictionary)) => dictionary.find(id),
            (None, None) => Ok(None),
        }
    }

    /// The external id of a fact.
    pub fn external_id(&self, fact: FactId) -> Result<&str> {
        match (self.catalogue.new_facts.get(&fact), self.dictionary()) {
            (Some(id), _) => Ok(id),
            (None, Some(dictionary)) => dictionary.external_id(fact),
            (None, None) => Ok(""),
        }
    }

    /// The relation of a fact.
    pub fn fact_relation(&self, fact: FactId) -> Result<Option<RelationId>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.relation(fact))
    }

    /// Language-independent ids of a fact's subject and object.
    pub fn uris(&self, fact: FactId) -> Result<(Option<&str>, Option<&str>)> {
        let Some(dictionary) = self.dictionary() else { return Ok((None, None)) };
        Ok((dictionary.subject_uri(fact)?, dictionary.object_uri(fact)?))
    }

    /// Subject and object of a fact in a language.
    pub fn label(&self, fact: FactId, language: LanguageId) -> Result<Option<(&str, &str)>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.label(fact, language))
    }

    /// Subject and object in the language asked for, else in English, else in any.
    pub fn any_label(&self, fact: FactId, language: Option<LanguageId>) -> Result<Option<(&str, &str)>> {
        let Some(dictionary) = self.dictionary() else { return Ok(None) };
        let first = [language, self.language("en")].into_iter().flatten();
        for language in first.chain(dictionary.languages()) {
            if let Some(label) = dictionary.label(fact, language)? {
                return Ok(Some(label));
            }
        }
        Ok(None)
    }

    /// Hands on every label in a language: fact, subject, object.
    ///
    /// # Errors
    /// When the file of facts is damaged.
    pub fn for_each_label(&self, language: LanguageId, each: impl FnMut(FactId, &str, &str)) -> Result<()> {
        self.dictionary().map_or(Ok(()), |dictionary| dictionary.for_each_label(language, each))
    }

    /// The file that facts, labels and templates are in, `None` where there are none: another file once any of them has changed. For what is
    /// made of them and kept.
    pub fn facts_file(&self) -> Option<FileId> {
        self.dictionary.as_ref().map(|(file, _)| *file)
    }

    /// Languages that have labels, with how many.
    pub fn label_counts(&self) -> Vec<(LanguageId, u64)> {
        let counts = |d: &Dictionary| d.languages().map(|l| (l, d.label_count(l))).collect();
        self.dictionary().map_or_else(Vec::new, counts)
    }

    /// Facts of a relation.
    pub fn facts_of_relation(&self, relation: RelationId) -> Result<RoaringBitmap> {
        self.dictionary().map_or_else(|| Ok(RoaringBitmap::new()), |d| d.of_relation(relation))
    }

    /// Facts whose subject has a matching label in any language.
    pub fn facts_with_subject(&self, test: LabelTest<'_>) -> Result<RoaringBitmap> {
        self.facts_with_label(true, test, &|| false).map(Option::unwrap_or_default)
    }

    /// Facts whose object has a matching label in any language.
    pub fn facts_with_object(&self, test: LabelTest<'_>) -> Result<RoaringBitmap> {
        self.facts_with_label(false, test, &|| false).map(Option::unwrap_or_default)
    }

    /// The same of subjects, or else of objects; `None` where `stop` says so, which is asked every few thousand labels.
    ///
    /// # Errors
    /// When what is read is damaged.
    pub fn facts_with_label(
        &self,
        subject: bool,
        test: LabelTest<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<RoaringBitmap>> {
        self.dictionary().map_or_else(|| Ok(Some(RoaringBitmap::new())), |d| d.with_label(subject, test, stop))
    }

    /// Every label of subjects once, or else of objects, in any language: for suggestions.
    pub fn distinct_labels(&self, subject: bool) -> Result<Vec<&str>> {
        self.dictionary().map_or_else(|| Ok(Vec::new()), |dictionary| dictionary.distinct_labels(subject))
    }

    /// All prompt templates: relation, language, number, text.
    pub fn templates(&self) -> impl Iterator<Item = (RelationId, LanguageId, PromptId, &str)> {
        self.dictionary().into_iter().flat_map(Dictionary::templates)
    }

    /// Candidate subjects and objects of a relation in a language.
    pub fn candidates(&self, relation: RelationId, language: LanguageId) -> Result<Option<(Vec<&str>, Vec<&str>)>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.candidates(relation, language))
    }

    /// Bytes of the dictionary file.
    pub fn dictionary_bytes(&self) -> u64 {
        self.dictionary().map_or(0, Dictionary::size)
    }

    pub(crate) fn dictionary_file(&self) -> Option<(FileId, &Dictionary)> {
        self.dictionary.as_ref().map(|(file, dictionary)| (*file, &**dictionary))
    }
}
