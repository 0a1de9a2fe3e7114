//! Small stores for tests.

use kndb_storage::{FactBatch, FactRow, Store};

/// A store in a folder of its own, with facts of P36 by id, English subject and object.
pub fn store_of(facts: &[(&str, &str, &str)]) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let row = |&(id, subject, object): &(&str, &str, &str)| FactRow {
        id: id.into(),
        relation: "P36".into(),
        language: "en".into(),
        subject: subject.into(),
        object: object.into(),
        subject_uri: None,
        object_uri: None,
    };
    let batch = FactBatch { facts: facts.iter().map(row).collect(), ..FactBatch::default() };
    store.add_facts(batch).expect("facts are added");
    (store, folder)
}
