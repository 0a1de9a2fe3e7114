//! Entries that do not fit their run are refused, and say why.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, dense, entry, groups, neurons, scores, shape, spec};
use kndb_storage::{
    EntryData, Error, Group, GroupEvidence, LayerEvidence, Neuron, OnConflict, RunSpec, ScoreType, ScoreValues, Scores,
};

fn dense_of(values: Vec<f32>) -> EntryData {
    EntryData::Scores(Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None })
}

fn sparse(neurons: &[u32], scores: &[f32], floor: f32) -> EntryData {
    let neurons = neurons.iter().copied().map(Neuron).collect();
    let values = ScoreValues::Sparse { neurons, scores: scores.to_vec(), floor };
    EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None })
}

fn group(neurons: &[u32], each: usize) -> EntryData {
    let evidence = GroupEvidence { probability: 0.5, after_each: vec![0.5; each], after_all: 0.1 };
    let neurons = neurons.iter().copied().map(Neuron).collect();
    EntryData::Groups(vec![Group { neurons, evidence: Some(evidence) }])
}

fn refused(run: RunSpec, data: EntryData, expected: &str) {
    let toy = Toy::new();
    let run = toy.store.open_run(run).expect("new");
    let batch = [scores("good", "en", 1), entry("bad", "en", 4, data.clone())];
    let job = run.job("import", OnConflict::Refuse).expect("begins");
    let results = [
        run.append(batch[1].clone()),
        run.append_batch(&batch, OnConflict::Replace).map(drop),
        job.append(&batch).map(drop),
    ];
    for result in results {
        let error = result.expect_err(expected);
        assert!(matches!(&error, Error::Entry { fact, prompt: 4, .. } if fact == "bad"), "{error}");
        let text = error.to_string();
        assert!(text.contains(expected), "{text}\nshould contain\n{expected}");
    }
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!((snapshot.fact_count(), snapshot.languages().len(), snapshot.slots().count()), (0, 0, 0));
}

#[test]
fn scores_of_another_shape() {
    refused(spec("run"), dense_of(vec![0.5; 119]), "119 scores, expected 3 layers × 40 = 120");
    refused(spec("run"), dense_of(vec![0.5; 121]), "121 scores");
    refused(spec("run"), dense_of(Vec::new()), "0 scores");
    refused(
        spec("run"),
        sparse(&[1, 120], &[0.5, 0.25], 0.1),
        "neuron-120, expected a neuron of 3 layers × 40, below 120",
    );
    refused(spec("run"), sparse(&[1, 2], &[0.5], 0.1), "2 neurons, expected 1 scores");
}

#[test]
fn scores_that_are_no_numbers() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut values = vec![0.5; 120];
        values[85] = bad;
        refused(spec("run"), dense_of(values), &format!("score {bad} of neuron 2:5, expected finite scores"));
        refused(spec("run"), sparse(&[41, 3], &[bad, 0.5], 0.1), &format!("score {bad} of neuron 1:1"));
    }
    refused(spec("run"), sparse(&[1], &[0.5], f32::NAN), "floor NaN");
}

#[test]
fn scores_that_the_runs_score_type_cannot_hold() {
    let mut values = vec![0.5; 120];
    values[1] = 1e6;
    let half = RunSpec { score_type: ScoreType::F16, ..spec("run") };
    refused(half, dense_of(values.clone()), "score 1000000 of neuron 0:1");
    values[1] = -f32::MAX;
    let brain = RunSpec { score_type: ScoreType::Bf16, ..spec("run") };
    refused(brain, dense_of(values.clone()), "of neuron 0:1");
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(entry("f", "en", 0, dense_of(values))).expect("f32 holds it");
}

#[test]
fn a_neuron_twice_or_outside() {
    refused(spec("run"), sparse(&[7, 3, 7], &[0.5, 0.25, 0.5], 0.1), "neuron 0:7 twice, expected each neuron once");
    for (data, expected) in [
        (neurons("bad", "en", &[4, 4]).data, "neuron 0:4 twice"),
        (neurons("bad", "en", &[u32::MAX]).data, "below 120"),
        (group(&[1, 120], 2), "below 120"),
        (group(&[9, 9], 2), "neuron 0:9 twice"),
    ] {
        refused(spec("run"), data, expected);
    }
}

#[test]
fn groups_of_one_and_evidence_of_another_length() {
    refused(spec("run"), group(&[3], 1), "a group of 1, expected two neurons or more");
    refused(spec("run"), group(&[], 0), "a group of 0");
    refused(spec("run"), group(&[3, 4], 3), "3 probabilities, expected one for each of 2");
    let mut given = dense(1, shape());
    given.evidence.push(LayerEvidence { probability: 0.5, baseline: 0.1, residual: 0.0 });
    refused(spec("run"), EntryData::Scores(given), "evidence of 4 layers, expected none, or 3");
}

#[test]
fn names_that_cannot_be_written_down() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    for (fact, language) in [("", "en"), ("a\nb", "en"), ("f", ""), ("f", "e\0n"), (&"x".repeat(1_001), "en")] {
        let error = run.append(scores(fact, language, 1)).expect_err("a bad name");
        assert!(matches!(error, Error::Name { .. }), "{error}");
    }
    run.append(scores(&"é".repeat(500), "日本語", 1)).expect("1,000 bytes of any script");
}

#[test]
fn empty_entries_are_entries() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let empty = [
        neurons("a", "en", &[]),
        groups("a", "en", &[]),
        entry("b", "en", 0, sparse(&[], &[], 0.25)),
        entry("c", "en", 0, dense_of(vec![0.0; 120])),
    ];
    run.append_batch(&empty, OnConflict::Refuse).expect("appends");
    let unsealed = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(unsealed.entries.len(), 4);
    run.seal().expect("seals");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &unsealed, "sealed");
}
