//! The wrong objects of a study.

use super::options::WrongObject;
use crate::streams::stream;
use kndb_storage::Objects;
use rand::Rng;
use std::collections::BTreeSet;

/// The different objects, in order.
pub(crate) fn candidates(objects: &Objects<'_>) -> Vec<String> {
    let different: BTreeSet<&str> = objects.iter().map(|(_, object)| object).collect();
    different.into_iter().map(str::to_owned).collect()
}

/// A wrong object for a fact; `None` where there is none.
pub(crate) fn wrong<'a>(
    objects: &Objects<'a>,
    fact: &str,
    language: &str,
    seed: u64,
    rule: WrongObject,
) -> Option<&'a str> {
    let own = objects.of(fact)?;
    let wrong: Vec<&str> = match rule {
        WrongObject::OfOtherFact => objects.false_of(fact).into_iter().map(|(_, object)| object).collect(),
        WrongObject::AnyOtherLabel => {
            let different: BTreeSet<&str> = objects.iter().map(|(_, object)| object).collect();
            different.into_iter().filter(|object| *object != own).collect()
        }
    };
    if wrong.is_empty() {
        return None;
    }
    let place = stream(seed, "wrong object", &[language, fact]).random_range(0..wrong.len());
    Some(wrong[place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::{FactBatch, FactRow, Snapshot, Store};
    use std::sync::Arc;

    /// A store with facts of one relation: subject, object, their ids.
    fn snapshot(facts: &[(&str, &str, &str, Option<&str>)]) -> (tempfile::TempDir, Arc<Snapshot>) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let row =
            |(number, &(subject, object, subject_uri, object_uri)): (usize, &(&str, &str, &str, Option<&str>))| {
                FactRow {
                    id: format!("f{number}"),
                    relation: "P37".into(),
                    language: "en".into(),
                    subject: subject.into(),
                    object: object.into(),
                    subject_uri: (!subject_uri.is_empty()).then(|| subject_uri.into()),
                    object_uri: object_uri.map(str::to_owned),
                }
            };
        let facts = facts.iter().enumerate().map(row).collect();
        store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
        let snapshot = store.snapshot().expect("a snapshot");
        (folder, snapshot)
    }

    fn objects(snapshot: &Snapshot) -> Objects<'_> {
        let (relation, language) = (snapshot.relation("P37"), snapshot.language("en"));
        snapshot.objects(relation.expect("was added"), language.expect("was added")).expect("reads")
    }

    #[test]
    fn wrong_objects_are_as_common_as_right_ones_unless_the_released_rule_is_asked_for() {
        let (_folder, snapshot) = snapshot(&[
            ("Belgium", "French", "Q31", Some("Q150")),
            ("belgium ", "Dutch", "", None),
            ("Kingdom of Belgium", "German", "Q31", Some("Q188")),
            ("Austria", "Standard German", "Q40", Some("Q188")),
            ("Japan", "Japanese", "Q17", None),
            ("Brazil", "Portuguese", "Q155", None),
            ("Portugal", "Portuguese", "Q45", None),
            ("Luxembourg", "FRENCH", "Q32", None),
        ]);
        let languages = objects(&snapshot);
        let draws = |rule| -> Vec<&str> {
            (0..300).map(|seed| wrong(&languages, "f0", "en", seed, rule).expect("a wrong object")).collect()
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
        let (_folder, snapshot) = snapshot(&[("France", "Europe", "", None), ("Spain", "Europe", "", None)]);
        let continents = objects(&snapshot);
        assert_eq!(wrong(&continents, "f0", "en", 1, WrongObject::OfOtherFact), None);
        assert_eq!(wrong(&continents, "f0", "en", 1, WrongObject::AnyOtherLabel), None);
        assert_eq!(candidates(&continents), ["Europe"]);
    }
}
