//! The objects of a relation in one language: which are false of a subject. For drawing wrong answers, not for queries.

use crate::error::Result;
use crate::ids::{FactId, LanguageId, RelationId};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Labels of every fact of a relation in a language, in the order of the facts' external ids.
#[derive(Clone, Debug, Default)]
pub struct Objects<'a> {
    facts: BTreeMap<&'a str, Labels<'a>>,
}

#[derive(Clone, Debug)]
struct Labels<'a> {
    object: &'a str,
    folded_subject: String,
    folded_object: String,
    subject_uri: Option<&'a str>,
    object_uri: Option<&'a str>,
}

impl<'a> Labels<'a> {
    fn new(subject: &str, object: &'a str, subject_uri: Option<&'a str>, object_uri: Option<&'a str>) -> Self {
        Self { object, folded_subject: folded(subject), folded_object: folded(object), subject_uri, object_uri }
    }
}

impl Snapshot {
    /// The objects of a relation in a language; none of facts that have no label there.
    ///
    /// # Errors
    /// When what is read is damaged.
    pub fn objects(&self, relation: RelationId, language: LanguageId) -> Result<Objects<'_>> {
        let mut facts = BTreeMap::new();
        for fact in self.facts_of_relation(relation)?.iter().map(FactId) {
            let Some((subject, object)) = self.label(fact, language)? else { continue };
            let (subject_uri, object_uri) = self.uris(fact)?;
            facts.insert(self.external_id(fact)?, Labels::new(subject, object, subject_uri, object_uri));
        }
        Ok(Objects { facts })
    }
}

impl<'a> Objects<'a> {
    /// Each fact's external id and object, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.facts.iter().map(|(&fact, labels)| (fact, labels.object))
    }

    /// The object of a fact.
    pub fn of(&self, fact: &str) -> Option<&'a str> {
        self.facts.get(fact).map(|labels| labels.object)
    }

    /// Those facts, with their objects, whose object no fact says of the same subject: subjects and objects are the same by their ids, or
    /// by their labels but for case and blanks around them. Nothing of a fact that is not there.
    pub fn false_of(&self, fact: &str) -> Vec<(&'a str, &'a str)> {
        let Some(own) = self.facts.get(fact) else { return Vec::new() };
        let same_subject = |labels: &&Labels<'_>| {
            labels.folded_subject == own.folded_subject
                || own.subject_uri.is_some() && labels.subject_uri == own.subject_uri
        };
        let of_subject: Vec<&Labels<'_>> = self.facts.values().filter(same_subject).collect();
        let objects: BTreeSet<&str> = of_subject.iter().map(|labels| labels.folded_object.as_str()).collect();
        let uris: BTreeSet<&str> = of_subject.iter().filter_map(|labels| labels.object_uri).collect();
        let is_true = |other: &Labels<'_>| {
            objects.contains(other.folded_object.as_str()) || other.object_uri.is_some_and(|uri| uris.contains(uri))
        };
        let wrong = self.facts.iter().filter(|(_, other)| !is_true(other));
        wrong.map(|(&fact, other)| (fact, other.object)).collect()
    }
}

/// Labels that differ in case or in blanks around them say the same.
fn folded(label: &str) -> String {
    label.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_true_of_the_subject_is_never_wrong() {
        let rows = [
            ("Belgium", "French", Some("Q31"), Some("Q150")),
            ("belgium ", "Dutch", None, None),
            ("Kingdom of Belgium", "German", Some("Q31"), Some("Q188")),
            ("Austria", "Standard German", Some("Q40"), Some("Q188")),
            ("Japan", "Japanese", Some("Q17"), None),
            ("Brazil", "Portuguese", Some("Q155"), None),
            ("Portugal", "Portuguese", Some("Q45"), None),
            ("Luxembourg", "FRENCH", Some("Q32"), None),
        ];
        let ids = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"];
        let labels = |&(subject, object, subject_uri, object_uri): &(&str, &'static str, _, _)| {
            Labels::new(subject, object, subject_uri, object_uri)
        };
        let objects = Objects { facts: ids.into_iter().zip(rows.iter().map(labels)).collect() };
        // Dutch by the label, German by the subject's id, Standard German by the object's id, FRENCH by its letters.
        assert_eq!(objects.false_of("f0"), [("f4", "Japanese"), ("f5", "Portuguese"), ("f6", "Portuguese")]);
        assert_eq!(objects.of("f1"), Some("Dutch"));
        assert_eq!((objects.false_of("f9"), objects.of("f9")), (Vec::new(), None));
    }
}
