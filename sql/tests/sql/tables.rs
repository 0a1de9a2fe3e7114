//! The tables that are not of scores.

use kndb_sql::{Settings, Sql};
use kndb_storage::{
    CandidatesRow, Entry, EntryData, FactBatch, FactRow, Group, GroupEvidence, Keep, LayerEvidence, Neuron, Origin,
    RelationNameRow, RunSpec, ScoreValues, Scores, Shape, Store, TemplateRow,
};

use crate::world::asked;

/// A store with a row of everything.
fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let label = |language: &str, subject: &str, object: &str| FactRow {
        id: "f1".into(),
        relation: "P36".into(),
        language: language.into(),
        subject: subject.into(),
        object: object.into(),
        subject_uri: Some("Q142".into()),
        object_uri: None,
    };
    let (relation, language) = ("P36".to_owned(), "en".to_owned());
    store
        .add_facts(FactBatch {
            facts: vec![label("en", "France", "Paris"), label("zh", "法国", "巴黎")],
            templates: vec![TemplateRow {
                relation: relation.clone(),
                language: language.clone(),
                text: "[X] has [Y] .".into(),
            }],
            candidates: vec![CandidatesRow {
                relation: relation.clone(),
                language: language.clone(),
                subjects: vec!["France".into()],
                objects: vec!["Paris".into(), "Rome".into()],
            }],
            relation_names: vec![RelationNameRow { relation, language, name: "capital".into() }],
        })
        .expect("facts");
    let shape = Shape::new(2, 4).expect("a shape");
    let open =
        |name: &str, keep: Keep| store.open_run(RunSpec { keep, ..RunSpec::new(name, "toy", shape) }).expect("a run");
    let entry =
        |language: &str, data: EntryData| Entry { fact: "f1".into(), language: language.into(), prompt: 0, data };
    let run = open("signed", Keep::Signed(0.5));
    let values = vec![0.5, -0.25, 0.125, 0.0, -0.5, 0.25, 0.375, 0.0625];
    let layer = |probability| LayerEvidence { probability, baseline: 0.125, residual: 0.0 };
    let origin = Origin { question: None, answer: Some("Lyon".into()), rank: Some(3), tokens: Some(1) };
    let evidence = vec![layer(0.25), layer(0.25)];
    let scores = Scores { values: ScoreValues::Dense(values), evidence, origin: Some(origin) };
    run.append(entry("en", EntryData::Scores(scores))).expect("scores");
    run.finish().expect("complete");
    let run = open("sets", Keep::All);
    run.append(entry("en", EntryData::Neurons([1, 6].map(Neuron).to_vec()))).expect("a set");
    let evidence = GroupEvidence { probability: 0.5, after_each: vec![0.375, 0.25], after_all: 0.125 };
    let groups = vec![Group { neurons: vec![Neuron(1), Neuron(6)], evidence: Some(evidence) }];
    run.append(entry("en", EntryData::Groups(groups))).expect("groups");
    (folder, store)
}

fn rows(text: &str) -> Vec<String> {
    let (_folder, store) = store();
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    asked(&sql, text).into_iter().map(|row| row.join("|")).collect()
}

#[test]
fn facts_and_what_is_said_of_them_are_tables() {
    assert_eq!(rows("SELECT * FROM facts"), ["f1|P36|Q142|"]);
    assert_eq!(rows("SELECT * FROM labels ORDER BY lang"), ["f1|en|France|Paris|false", "f1|zh|法国|巴黎|false"]);
    assert_eq!(rows("SELECT * FROM templates"), ["P36|en|0|[X] has [Y] ."]);
    assert_eq!(rows("SELECT objects FROM candidates"), ["[Paris, Rome]"]);
    assert_eq!(rows("SELECT * FROM relation_names"), ["P36|en|capital|false"]);
}

#[test]
fn names_of_relations_that_are_built_in_are_told_as_such() {
    let rows = asked(&crate::world::WORLD.sql, "SELECT * FROM relation_names ORDER BY relation");
    let rows: Vec<String> = rows.into_iter().map(|row| row.join("|")).collect();
    assert_eq!(rows, ["P1303|en|instrument|true", "P19|en|place of birth|true", "P36|en|capital|true"]);
    // One that is stored counts, and hides what is built in.
    let (_folder, store) = store();
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    assert_eq!(asked(&sql, "SELECT count(*) FROM relation_names WHERE built_in")[0], ["0"]);
}

#[test]
fn runs_say_what_they_hold() {
    let text = "SELECT run, model, layers, width, keep, finished, entries, scores FROM runs ORDER BY run";
    // From half of the maximum, 0.5, up, and from minus that down: 0.25, 0.375, 0.5, and -0.25, -0.5.
    assert_eq!(rows(text), ["sets|toy|2|4|all|false|2|0", "signed|toy|2|4|signed:share:0.5|true|1|5"]);
    assert_eq!(rows("SELECT count(*) FROM scores"), ["5"]);
}

#[test]
fn negative_scores_that_a_run_keeps_have_a_share_and_no_rank() {
    let text = "SELECT layer, neuron, score, share, rank FROM scores ORDER BY score DESC";
    assert_eq!(
        rows(text),
        ["0|0|0.5|1.0|1", "1|2|0.375|0.75|2", "1|1|0.25|0.5|3", "0|1|-0.25|-0.5|", "1|0|-0.5|-1.0|"]
    );
    assert_eq!(rows("SELECT score FROM scores WHERE share < 0 AND score < -0.25"), ["-0.5"]);
    assert_eq!(rows("SELECT score FROM scores WHERE rank >= 1 AND score < 0"), [""; 0]);
}

#[test]
fn entries_groups_and_sets_are_tables() {
    let text = "SELECT run, lang, relation, fact, prompt, kind, p, answer, rank, kept, kept_negative FROM entries ORDER BY run, kind";
    assert_eq!(
        rows(text),
        ["sets|en|P36|f1|0|groups||||1|0", "sets|en|P36|f1|0|set||||2|0", "signed|en|P36|f1|0|scores|0.25|Lyon|3|3|2"]
    );
    let text = "SELECT layer, neuron, p, p_after_all, p_after FROM groups ORDER BY neuron";
    assert_eq!(rows(text), ["0|1|0.5|0.125|0.375", "1|2|0.5|0.125|0.25"]);
    assert_eq!(rows("SELECT layer, neuron FROM sets ORDER BY layer"), ["0|1", "1|2"]);
    assert_eq!(rows("SELECT count(*) FROM groups"), ["2"]);
    assert_eq!(rows("SELECT neuron FROM groups WHERE lang = 'en' AND layer = 1"), ["2"]);
}

#[test]
fn tables_join() {
    let text = "
        SELECT l.subject, s.layer, s.neuron FROM scores s JOIN labels l USING (fact, lang)
        WHERE l.object = 'Paris' AND s.rank = 1";
    assert_eq!(rows(text), ["France|0|0"]);
}

#[test]
fn notes_of_a_statement_within_come_with_the_answer() {
    let (_folder, store) = store();
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    let mut answer = sql.query("SELECT * FROM kn('run=sets')").expect("an answer");
    answer.by_ref().for_each(|batch| drop(batch.expect("a batch")));
    let notes = answer.notes();
    assert!(notes.iter().any(|note| note.contains("\"sets\" is not finished")), "{notes:?}");
}
