//! The objects of a relation in one language: which are candidates, and which are wrong for a fact.

use super::options::WrongObject;
use crate::streams::stream;
use kndb_storage::{FactId, LanguageId, RelationId, Result, Snapshot};
use rand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Labels of every fact of a relation, whether or not it is studied.
pub(crate) struct Objects {
    /// In the order of their external ids.
    facts: BTreeMap<String, Labels>,
}

struct Labels {
    object: String,
    folded_subject: String,
    folded_object: String,
    subject_uri: Option<String>,
    object_uri: Option<String>,
}

impl Objects {
    pub(crate) fn read(snapshot: &Snapshot, relation: RelationId, language: LanguageId) -> Result<Self> {
        let mut facts = BTreeMap::new();
        for fact in snapshot.facts_of_relation(relation)?.iter().map(FactId) {
            let Some((subject, object)) = snapshot.label(fact, language)? else { continue };
            let (subject_uri, object_uri) = snapshot.uris(fact)?;
            let [subject_uri, object_uri] = [subject_uri, object_uri].map(|uri| uri.map(str::to_owned));
            let labels = Labels {
                object: object.to_owned(),
                folded_subject: folded(subject),
                folded_object: folded(object),
                subject_uri,
                object_uri,
            };
            facts.insert(snapshot.external_id(fact)?.to_owned(), labels);
        }
        Ok(Self { facts })
    }

    /// The different objects, in order.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let different: BTreeSet<&String> = self.facts.values().map(|labels| &labels.object).collect();
        different.into_iter().cloned().collect()
    }

    /// A wrong object for a fact; `None` where there is none.
    pub(crate) fn wrong(&self, fact: &str, language: &str, seed: u64, rule: WrongObject) -> Option<&str> {
        let own = self.facts.get(fact)?;
        let mut wrong: Vec<&str> = match rule {
            WrongObject::OfOtherFact => self.not_true_of(own),
            WrongObject::AnyOtherLabel => self.facts.values().map(|labels| labels.object.as_str()).collect(),
        };
        if rule == WrongObject::AnyOtherLabel {
            wrong.sort_unstable();
            wrong.dedup();
            wrong.retain(|object| *object != own.object);
        }
        if wrong.is_empty() {
            return None;
        }
        let place = stream(seed, "wrong object", &[language, fact]).random_range(0..wrong.len());
        Some(wrong[place])
    }

    /// The objects, as often as facts have them, without those that some fact says of the same subject.
    fn not_true_of(&self, own: &Labels) -> Vec<&str> {
        let same_subject = |labels: &&Labels| {
            labels.folded_subject == own.folded_subject
                || own.subject_uri.is_some() && labels.subject_uri == own.subject_uri
        };
        let of_subject: Vec<&Labels> = self.facts.values().filter(same_subject).collect();
        let objects: BTreeSet<&String> = of_subject.iter().map(|labels| &labels.folded_object).collect();
        let uris: BTreeSet<&String> = of_subject.iter().filter_map(|labels| labels.object_uri.as_ref()).collect();
        let is_true = |other: &Labels| {
            objects.contains(&other.folded_object) || other.object_uri.as_ref().is_some_and(|uri| uris.contains(uri))
        };
        self.facts.values().filter(|other| !is_true(other)).map(|other| other.object.as_str()).collect()
    }
}

/// Labels that differ in case or in blanks around them say the same.
fn folded(label: &str) -> String {
    label.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(facts: &[(&str, &str, &str, Option<&str>)]) -> Objects {
        let row =
            |(number, &(subject, object, subject_uri, object_uri)): (usize, &(&str, &str, &str, Option<&str>))| {
                let labels = Labels {
                    object: object.into(),
                    folded_subject: folded(subject),
                    folded_object: folded(object),
                    subject_uri: (!subject_uri.is_empty()).then(|| subject_uri.into()),
                    object_uri: object_uri.map(str::to_owned),
                };
                (format!("f{number}"), labels)
            };
        Objects { facts: facts.iter().enumerate().map(row).collect() }
    }

    #[test]
    fn what_is_true_of_the_subject_is_never_wrong() {
        let languages = objects(&[
            ("Belgium", "French", "Q31", Some("Q150")),
            ("belgium ", "Dutch", "", None),
            ("Kingdom of Belgium", "German", "Q31", Some("Q188")),
            ("Austria", "Standard German", "Q40", Some("Q188")),
            ("Japan", "Japanese", "Q17", None),
            ("Brazil", "Portuguese", "Q155", None),
            ("Portugal", "Portuguese", "Q45", None),
            ("Luxembourg", "FRENCH", "Q32", None),
        ]);
        let belgium = &languages.facts["f0"];
        // Dutch by the label, German by the subject's id, Standard German by the object's id, FRENCH by its letters.
        assert_eq!(languages.not_true_of(belgium), ["Japanese", "Portuguese", "Portuguese"]);
        let draws = |rule| -> Vec<&str> {
            (0..300).map(|seed| languages.wrong("f0", "en", seed, rule).expect("a wrong object")).collect()
        };
        let sound = draws(WrongObject::OfOtherFact);
        let portuguese = sound.iter().filter(|object| **object == "Portuguese").count();
        // Two of three; four standard errors.
        assert!((168..=232).contains(&portuguese), "{portuguese}");
        assert_eq!(sound.len() - portuguese, sound.iter().filter(|object| **object == "Japanese").count());
        // The released rule: every other label, as likely as the others, whether true or not.
        let released: BTreeSet<&str> = draws(WrongObject::AnyOtherLabel).into_iter().collect();
        assert_eq!(
            released.into_iter().collect::<Vec<_>>(),
            ["Dutch", "FRENCH", "German", "Japanese", "Portuguese", "Standard German"]
        );
    }

    #[test]
    fn a_relation_with_one_object_has_no_wrong_one() {
        let continents = objects(&[("France", "Europe", "", None), ("Spain", "Europe", "", None)]);
        assert_eq!(continents.wrong("f0", "en", 1, WrongObject::OfOtherFact), None);
        assert_eq!(continents.wrong("f0", "en", 1, WrongObject::AnyOtherLabel), None);
        assert_eq!(continents.candidates(), ["Europe"]);
    }
}
