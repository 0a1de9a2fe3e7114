//! What relations are called: names of the data, names of the user, and those that are built in.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row};
use kndb_storage::{Error, FactBatch, FoundRelation, RelationNameRow, Snapshot};

fn row(relation: &str, language: &str, name: &str) -> RelationNameRow {
    RelationNameRow { relation: relation.into(), language: language.into(), name: name.into() }
}

/// One fact of each relation.
fn with_relations(relations: &[&str]) -> Toy {
    let toy = Toy::new();
    let fact = |relation: &&str| fact_row(&format!("fact of {relation}"), relation, "en", "France", "Paris");
    let facts = relations.iter().map(fact).collect();
    toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("adds");
    toy
}

fn name(toy: &Toy, rows: Vec<RelationNameRow>) -> u64 {
    let batch = FactBatch { relation_names: rows, ..FactBatch::default() };
    toy.store.add_facts(batch).expect("names").relation_names
}

/// Ids of the relations that a text means.
fn meant(snapshot: &Snapshot, text: &str) -> Vec<String> {
    let ids = match snapshot.find_relation(text) {
        FoundRelation::None => Vec::new(),
        FoundRelation::One(one) => vec![one],
        FoundRelation::Several(several) => several,
    };
    ids.into_iter().map(|id| snapshot.relation_name(id).to_owned()).collect()
}

fn shown(snapshot: &Snapshot, relation: &str, language: Option<&str>) -> String {
    snapshot.relation_shown(snapshot.relation(relation).expect("is there"), language)
}

#[test]
fn wikidata_s_names_are_built_in() {
    let toy = with_relations(&["P36", "P1412", "mine"]);
    let snapshot = toy.store.snapshot().expect("reads");
    for text in ["P36", "capital", "Capital", "CAPITAL"] {
        assert_eq!(meant(&snapshot, text), ["P36"], "{text}");
    }
    assert_eq!(meant(&snapshot, "languages_spoken,_written or signed"), ["P1412"]);
    assert_eq!(meant(&snapshot, "languages spoken"), ["P1412"], "its shorter name");
    for text in ["p36", "capital of", "place of birth", "", "mi ne"] {
        assert_eq!(meant(&snapshot, text), [""; 0], "{text}");
    }
    assert_eq!(shown(&snapshot, "P36", None), "P36 (capital)");
    assert_eq!(shown(&snapshot, "P36", Some("zh")), "P36 (capital)");
    assert_eq!(shown(&snapshot, "mine", None), "mine");
}

#[test]
fn stored_names_are_found_in_every_language_and_shown_in_one() {
    let toy = with_relations(&["P36", "mine"]);
    let rows = vec![row("P36", "zh", "首都"), row("mine", "de", "Hauptfluss"), row("later", "en", "capital")];
    assert_eq!(name(&toy, rows.clone()), 3);
    assert_eq!(name(&toy, rows), 0, "the same again");
    let snapshot = toy.fresh().snapshot().expect("reads");
    for text in ["首都", "capital"] {
        assert_eq!(meant(&snapshot, text), ["P36"], "{text}: a relation that is not there yet has no say");
    }
    assert_eq!(shown(&snapshot, "P36", Some("zh")), "P36 (首都)");
    assert_eq!(shown(&snapshot, "P36", Some("fr")), "P36 (capital)");
    assert_eq!(shown(&snapshot, "mine", Some("zh")), "mine (Hauptfluss)", "better than none");
    assert_eq!(name(&toy, vec![row("P36", "en", "seat of government")]), 1);
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!(shown(&snapshot, "P36", None), "P36 (seat of government)");
    assert_eq!(meant(&snapshot, "capital"), ["P36"], "the built-in name is still understood");
}

#[test]
fn a_language_of_a_name_is_one_language_however_it_is_spelled() {
    let toy = with_relations(&["P36"]);
    assert_eq!(name(&toy, vec![row("P36", "zh_hans", "首都")]), 1);
    assert_eq!(name(&toy, vec![row("P36", "zh-Hans", "首都")]), 0, "the same");
    assert_eq!(shown(&toy.fresh().snapshot().expect("reads"), "P36", Some("ZH-hans")), "P36 (首都)");
}

#[test]
fn an_id_wins_over_a_name_and_a_stored_name_over_a_built_in_one() {
    let toy = with_relations(&["P36", "P19", "P20", "capital"]);
    let snapshot = toy.store.snapshot().expect("reads");
    assert_eq!(meant(&snapshot, "capital"), ["capital"]);
    assert_eq!(meant(&snapshot, "Capital"), ["P36"], "an id is exact");
    name(&toy, vec![row("P20", "en", "Place of Birth")]);
    assert_eq!(meant(&toy.fresh().snapshot().expect("reads"), "place of birth"), ["P20"]);
}

#[test]
fn a_name_of_two_relations_is_both() {
    let toy = with_relations(&["P19", "place_of_birth"]);
    let snapshot = toy.store.snapshot().expect("reads");
    assert_eq!(meant(&snapshot, "place of birth"), ["P19", "place_of_birth"]);
    assert_eq!(meant(&snapshot, "place_of_birth"), ["place_of_birth"], "an id");
    assert_eq!(shown(&snapshot, "place_of_birth", None), "place_of_birth", "its name says the same");
}

#[test]
fn a_name_that_cannot_be_stored_is_refused_with_the_whole_batch() {
    let toy = with_relations(&["P36"]);
    let before = Contents::of(&toy.store).expect("reads");
    for bad in [row("P36", "en", ""), row("P36", "en", "a\nb"), row("P36", "", "a"), row("P\0", "en", "a")] {
        let facts = vec![fact_row("f9", "P19", "en", "Bach", "Eisenach")];
        let batch =
            FactBatch { facts, relation_names: vec![row("P36", "de", "Hauptstadt"), bad], ..FactBatch::default() };
        let error = toy.store.add_facts(batch).expect_err("a bad name");
        assert!(matches!(error, Error::Name { .. }), "{error}");
    }
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "nothing of the batch stays");
}

#[test]
fn long_names_and_many_of_them_are_read_back() {
    let toy = with_relations(&["P36"]);
    let long = "é".repeat(490);
    let languages: Vec<String> = (0..40).map(|number| format!("x-{number}")).collect();
    name(&toy, languages.iter().map(|language| row("P36", language, &format!("{long}{language}"))).collect());
    let snapshot = toy.fresh().snapshot().expect("reads");
    let mut expected: Vec<_> =
        languages.iter().map(|language| (language.as_str(), format!("{long}{language}"))).collect();
    expected.sort();
    let found: Vec<_> = snapshot.names_of_relation("P36").map(|(language, name)| (language, name.to_owned())).collect();
    assert_eq!(found, expected);
    assert_eq!(snapshot.names_of_relation("P3").count(), 0);
}
