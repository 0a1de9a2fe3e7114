//! The search index: labels of subjects and objects in all languages, ids, names of relations, looked through while somebody types.
//!
//! All texts lie folded in one buffer, which is searched for the wanted letters from front to back: some ten megabytes for the labels of mLAMA
//! in 53 languages, which take a processor milliseconds. Made once for the facts of a store, and again when they change; entries of runs
//! change nothing of it. Not for statements: `subject~"…"` is the language's.

mod build;
mod find;
mod folding;

use std::sync::{Arc, Mutex, PoisonError};

use kndb_storage::{Snapshot, Store};

use crate::server::stop::Stop;
pub(crate) use build::Index;
pub(crate) use find::{Found, Hit};

/// The index of a store's newest facts.
#[derive(Default)]
pub(crate) struct Labels(Mutex<Option<Arc<Index>>>);

impl Labels {
    /// The index of a snapshot, made if it is not there. Others who want it meanwhile wait for it: it is made once.
    ///
    /// # Errors
    /// When the facts cannot be read, or `stop` says so.
    pub(crate) fn of(&self, snapshot: &Snapshot, stop: &dyn Fn() -> bool) -> kndb_storage::Result<Option<Arc<Index>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept.as_ref().filter(|index| index.is_of(snapshot)) {
            return Ok(Some(Arc::clone(index)));
        }
        let made = Index::of(snapshot, stop)?.map(Arc::new);
        if let Some(index) = &made {
            *kept = Some(Arc::clone(index));
        }
        Ok(made)
    }

    /// Makes the index before somebody asks. What fails here is told to whoever asks.
    pub(crate) fn get_ready(&self, store: &Store, stop: &Stop) {
        if let Ok(snapshot) = store.snapshot() {
            let _ = self.of(&snapshot, &|| stop.is_asked());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folding::folded;
    use super::*;
    use kndb_storage::{FactBatch, FactId, FactRow};
    use std::collections::BTreeSet;

    /// Facts with short labels of few letters in three languages, so that every text is found in many places.
    fn store() -> (tempfile::TempDir, Store) {
        const LETTERS: [&str; 8] = ["a", "B", "é", " ", "国", "o", "ß", "ר"];
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let mut seed = 42_u32;
        let mut text = || -> String {
            (0..4)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    LETTERS[(seed >> 29) as usize]
                })
                .collect()
        };
        let mut facts = Vec::new();
        for language in ["en", "zh", "he"] {
            for number in 0..150 {
                facts.push(FactRow {
                    id: format!("id-{number:03}"),
                    relation: format!("P{}", number % 3),
                    language: language.into(),
                    subject: text() + "x",
                    object: text() + "y",
                    subject_uri: Some(format!("Q{}", number % 40)),
                    object_uri: None,
                });
            }
        }
        store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
        (folder, store)
    }

    /// All texts of a fact.
    fn texts(snapshot: &Snapshot, fact: FactId) -> Vec<String> {
        let labels = snapshot.languages().filter_map(|(language, _)| snapshot.label(fact, language).expect("reads"));
        let mut all: Vec<&str> = labels.flat_map(|(subject, object)| [subject, object]).collect();
        let (subject, object) = snapshot.uris(fact).expect("reads");
        all.extend(subject.into_iter().chain(object));
        all.push(snapshot.external_id(fact).expect("reads"));
        all.into_iter().map(folded).collect()
    }

    #[test]
    fn what_is_found_is_what_reading_every_text_finds_and_each_once_on_one_page() {
        let (_folder, store) = store();
        let snapshot = store.snapshot().expect("reads");
        let labels = Labels::default();
        let index = labels.of(&snapshot, &|| false).expect("reads").expect("nobody stops it");
        let all: Vec<(FactId, Vec<String>)> =
            snapshot.facts().into_iter().map(|fact| (FactId(fact), texts(&snapshot, FactId(fact)))).collect();
        let mut found_some = 0;
        for wanted in
            ["a", "B", "e", "É", "国", "国国", "ab", "ba", "o a", "aß", "ר", "x", "id-01", "Q3", "q39", "a y", "zz"]
        {
            let whole = folded(wanted);
            let words: Vec<&str> = whole.split_whitespace().collect();
            let holds = |texts: &[String], part: &str| texts.iter().any(|text| text.contains(part));
            let is_found = |texts: &[String]| {
                holds(texts, &whole) || words.len() > 1 && words.iter().all(|word| holds(texts, word))
            };
            let expected: BTreeSet<u32> =
                all.iter().filter(|(_, texts)| is_found(texts)).map(|(fact, _)| fact.0).collect();
            let mut told = Vec::new();
            loop {
                let page = index.find(&snapshot, wanted, told.len(), 7);
                assert_eq!(page.count, Some(expected.len() as u64), "{wanted}");
                if page.facts.is_empty() {
                    break;
                }
                told.extend(page.facts.iter().map(|hit| hit.fact.0));
            }
            assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), expected, "{wanted}");
            assert_eq!(told.len(), expected.len(), "{wanted}: each once");
            found_some += usize::from(!expected.is_empty());
            // The whole text before its begin, the begin before the rest.
            let near = |fact: u32| {
                let texts = &all.iter().find(|(of, _)| of.0 == fact).expect("a fact").1;
                if texts.contains(&whole) {
                    0
                } else if texts.iter().any(|text| text.starts_with(&whole)) {
                    1
                } else {
                    2
                }
            };
            assert!(told.iter().map(|fact| near(*fact)).is_sorted(), "{wanted}");
        }
        assert!(found_some >= 14, "{found_some}");
    }

    #[test]
    fn an_index_is_made_again_when_facts_change_and_not_when_entries_come() {
        let (_folder, store) = store();
        let labels = Labels::default();
        let of = |store: &Store| labels.of(&store.snapshot().expect("reads"), &|| false).expect("reads").expect("made");
        let first = of(&store);
        let shape = kndb_storage::Shape::new(1, 4).expect("a shape");
        let run = store.open_run(kndb_storage::RunSpec::new("run", "toy", shape)).expect("a run");
        let data = kndb_storage::EntryData::Neurons(vec![kndb_storage::Neuron(1)]);
        run.append(kndb_storage::Entry { fact: "later".into(), language: "en".into(), prompt: 0, data })
            .expect("an entry");
        assert!(Arc::ptr_eq(&first, &of(&store)));
        let found = first.find(&store.snapshot().expect("reads"), "LATER", 0, 7);
        assert_eq!((found.count, found.facts.len()), (Some(1), 1), "its id is looked through");
        let relation_names = vec![kndb_storage::RelationNameRow {
            relation: "P1".into(),
            language: "en".into(),
            name: "flows into".into(),
        }];
        store.add_facts(FactBatch { relation_names, ..FactBatch::default() }).expect("a name");
        let renamed = of(&store);
        assert!(!Arc::ptr_eq(&first, &renamed));
        let found = renamed.find(&store.snapshot().expect("reads"), "flows", 0, 7);
        assert_eq!(found.relations.len(), 1);
        let stopped = Labels::default().of(&store.snapshot().expect("reads"), &|| true).expect("reads");
        assert!(stopped.is_none(), "it ends when it is asked to");
    }
}
