//! What a run's model knows is counted by language and relation, from what its entries say.

use crate::toy::{Toy, entry, fact_row, neurons, shape, spec};
use kndb_storage::{
    Entry, EntryData, FactBatch, Knowledge, Known, LayerEvidence, Neuron, OnConflict, Origin, ScoreValues, Scores,
};

/// An entry with a p, a largest score, a rank (of objects of one token) and a number of tokens.
fn asked(fact: &str, language: &str, p: f32, largest: f32, rank: Option<u32>, tokens: u16) -> Entry {
    let evidence = vec![LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 }; shape().layers as usize];
    let values = ScoreValues::Sparse { neurons: vec![Neuron(3)], scores: vec![largest], floor: largest };
    let origin = Some(Origin { question: None, answer: None, rank, tokens: Some(tokens) });
    entry(fact, language, 0, EntryData::Scores(Scores { values, evidence, origin }))
}

/// Three capitals and a language, in English; two capitals in Chinese, one of two tokens.
fn toy() -> Toy {
    let toy = Toy::new();
    let facts = [("a", "P36"), ("b", "P36"), ("c", "P36"), ("d", "P37")];
    let rows = |language: &'static str| facts.map(|(id, relation)| fact_row(id, relation, language, id, "object"));
    let facts = rows("en").into_iter().chain(rows("zh")).collect();
    toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("facts");
    let run = toy.store.open_run(spec("first")).expect("a run");
    let entries = [
        asked("a", "en", 0.5, 0.4, Some(1), 1),
        asked("b", "en", 0.25, 0.2, Some(2), 1),
        asked("c", "en", 0.0625, 0.06, Some(9), 1),
        asked("d", "en", 0.75, 0.7, Some(1), 1),
        asked("a", "zh", 0.125, 0.1, Some(1), 1),
        asked("b", "zh", 0.001, 0.2, None, 2),
    ];
    run.append_batch(&entries, OnConflict::Refuse).expect("entries");
    toy
}

fn knowledge(toy: &Toy) -> Knowledge {
    let snapshot = toy.fresh().snapshot().expect("reads");
    let run = snapshot.runs().next().expect("a run").id;
    snapshot.knowledge(run, |_, _| true).expect("reads")
}

fn part<'k>(all: &'k Knowledge, language: &str, relation: Option<&str>) -> &'k Known {
    let mut parts = all.parts.iter();
    parts.find(|part| part.language == language && part.relation.as_deref() == relation).expect("the part")
}

#[test]
fn median_and_shares_are_of_a_language_and_of_each_relation() {
    let all = knowledge(&toy());
    // 0.0625, 0.25, 0.5, 0.75: between the second and the third; three of four from 0.1 on; two of four right.
    let en = part(&all, "en", None);
    assert_eq!((en.entries, en.with_p, en.median_p, en.from_a_tenth), (4, 4, Some(0.375), 3));
    assert_eq!((en.answered, en.right), (4, 2));
    let capitals = part(&all, "en", Some("P36"));
    assert_eq!((capitals.entries, capitals.median_p, capitals.right), (3, Some(0.25), 1));
    assert_eq!(part(&all, "en", Some("P37")).median_p, Some(0.75));
}

#[test]
fn objects_of_several_tokens_have_no_answer_and_are_counted_apart() {
    let all = knowledge(&toy());
    let zh = part(&all, "zh", None);
    assert_eq!((zh.entries, zh.answered, zh.right), (2, 1, 1));
    // 0.2 is above 100 · 0.001.
    assert_eq!((zh.several_tokens, zh.beyond_p), (1, 1));
}

#[test]
fn only_the_entries_that_were_picked_are_counted() {
    let snapshot = toy().store.snapshot().expect("reads");
    let run = snapshot.runs().next().expect("a run").id;
    let fact = snapshot.fact("b").expect("reads").expect("a fact");
    let found = snapshot.knowledge(run, |it, _| it == fact).expect("reads");
    assert_eq!(part(&found, "en", None).median_p, Some(0.25));
    assert_eq!(part(&found, "zh", None).entries, 1);
}

/// Neuron sets have no p, and sets of scores need not have one.
#[test]
fn a_run_without_the_measurement_says_so() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("first")).expect("a run");
    run.append(neurons("a", "en", &[1])).expect("an entry");
    let none = knowledge(&toy);
    assert!(none.parts.is_empty() && !none.is_known());
    let values = ScoreValues::Dense(vec![0.5; 120]);
    let bare = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
    run.append(entry("b", "en", 0, bare)).expect("an entry");
    run.append(neurons("c", "en", &[2])).expect("an entry");
    let none = knowledge(&toy);
    assert_eq!(part(&none, "en", None).with_p, 0);
    assert_eq!((part(&none, "en", None).entries, part(&none, "en", None).median_p), (1, None));
    assert!(!none.is_known());
}
