//! What the page says of scores that were asked with other labels than the store has now.

use kndb_report::{PageOptions, page};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, LayerEvidence, Origin, RunSpec, ScoreValues, Scores, Shape, Store,
    TemplateRow, question_hash,
};

fn facts(object: &str) -> FactBatch {
    FactBatch {
        facts: vec![FactRow {
            id: "f".into(),
            relation: "P36".into(),
            language: "en".into(),
            subject: "France".into(),
            object: object.into(),
            subject_uri: None,
            object_uri: None,
        }],
        templates: vec![TemplateRow { relation: "P36".into(), language: "en".into(), text: "[X]: [Y]".into() }],
        ..FactBatch::default()
    }
}

#[test]
fn scores_that_were_asked_with_other_labels_are_counted_beside_their_residuals() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    store.add_facts(facts("Paris")).expect("a fact");
    let run = store.open_run(RunSpec::new("first", "toy", Shape::new(1, 3).expect("a shape"))).expect("a run");
    let question = Some(question_hash("[X]: [Y]", "France", "Paris", 0));
    let origin = Some(Origin { question, ..Origin::default() });
    let evidence = vec![LayerEvidence { probability: 0.75, baseline: 0.25, residual: 0.25 }];
    let data = EntryData::Scores(Scores { values: ScoreValues::Dense(vec![0.5, 0.25, 0.0]), evidence, origin });
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let told = "1 entry was asked with other labels, or another template, than the store has now (en 1).";
    assert!(!written(&store).contains(told));
    store.add_facts(facts("Lutetia")).expect("another label");
    assert!(written(&store).contains(told));
}

fn written(store: &Store) -> String {
    page(store, &PageOptions::default()).expect("a page")
}
