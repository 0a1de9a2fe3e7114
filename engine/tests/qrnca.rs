//! Query-relevant neurons of runs in a store.

use kndb_engine::Result;
use kndb_engine::derived::{Qrnca, QrncaJob, QrncaLanguage, QrncaSummary};
use kndb_storage::{Entry, EntryData, FactBatch, FactId, FactRow, Keep, RunSpec, ScoreValues, Scores, Shape, Store};
use std::collections::BTreeMap;

/// Two layers of three neurons.
const NEURONS: usize = 6;

/// A store with facts f0, f1, … of two relations in turn, and a run of their scores: fact, prompt, scores.
fn filled(keep: Keep, entries: &[(&str, u16, [f32; NEURONS])]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let fact = |number: usize| FactRow {
        id: format!("f{number}"),
        relation: if number.is_multiple_of(2) { "P36".into() } else { "P37".into() },
        language: "en".into(),
        subject: format!("land {number}"),
        object: "town".into(),
        subject_uri: None,
        object_uri: None,
    };
    store.add_facts(FactBatch { facts: (0..8).map(fact).collect(), ..FactBatch::default() }).expect("facts");
    let shape = Shape::new(2, 3).expect("a shape");
    let writer = store.open_run(RunSpec { keep, ..RunSpec::new("ig", "m", shape) }).expect("a run");
    for &(fact, prompt, scores) in entries {
        let values = ScoreValues::Dense(scores.to_vec());
        let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
        writer.append(Entry { fact: fact.into(), language: "en".into(), prompt, data }).expect("an entry");
    }
    writer.finish().expect("finishes");
    (folder, store)
}

fn job() -> QrncaJob {
    QrncaJob {
        run: "ig-qrnca".into(),
        source: "ig".into(),
        qrnca: Qrnca { common: 0.5, ..Qrnca::default() },
        languages: Vec::new(),
        relations: Vec::new(),
    }
}

/// By fact its neurons, best first, with their scores.
fn found(store: &Store) -> BTreeMap<String, Vec<(u32, f32)>> {
    let snapshot = store.snapshot().expect("a snapshot");
    let run = snapshot.run_named("ig-qrnca").expect("a run");
    assert!(run.finished);
    let mut all = BTreeMap::new();
    for slot in snapshot.slots().filter(|slot| slot.run == run.id) {
        for part in snapshot.parts(slot).expect("opens") {
            for (local, fact) in (0..).zip(part.part.facts().expect("facts")) {
                let view = part.part.scores(local).expect("scores");
                let scores = (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank))).collect();
                let id = snapshot.external_id(FactId(u32::from_le_bytes(*fact))).expect("an id");
                all.insert(id.to_owned(), scores);
            }
        }
    }
    all
}

/// Of four facts: neuron 0 is in all clusters, 1 in two, 2 to 4 in one. Fact f0 has two templates. f3 is not positive in all.
const ENTRIES: [(&str, u16, [f32; NEURONS]); 5] = [
    ("f0", 0, [1.0, 0.5, 0.0, 0.0, 0.0, -0.5]),
    ("f0", 1, [1.0, 0.0, 0.25, 0.0, 0.0, -0.25]),
    ("f1", 0, [1.0, 0.5, 0.0, 0.0, 0.0, 0.5]),
    ("f2", 0, [1.0, 0.0, 0.0, 0.75, 0.25, 0.0]),
    ("f3", 0, [1.0, 0.0, 0.0, 0.0, 0.0, -2.0]),
];

#[test]
fn a_run_is_made_of_sums_over_templates_and_of_what_few_facts_share() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    let summary = job().run(&store).expect("the job runs");
    // f0: 2, 1/2 and 1/4 of 2 in all; above 0.2 of 2 is no 1/4, and nothing below 0. f1: 1, 1/2, 1/2 of 2. f2: 1, 3/4, 1/4 of 2. f3 sums to −1.
    // Clusters: {0, 1}, {0, 1, 5}, {0, 3, 4}; ica of neuron 0 ln 3/4 < 0, of 1 ln 1 = 0, of 3, 4, 5 ln 3/2.
    let times_ica = |na: f64| (na * 1.5f64.ln()) as f32;
    let found = found(&store);
    assert!(!found.contains_key("f0"), "no neuron of it is left");
    assert_eq!(found["f1"], [(5, times_ica(0.25))]);
    assert_eq!(found["f2"], [(3, times_ica(0.375)), (4, times_ica(0.125))]);
    assert!(!found.contains_key("f3"));
    let of = QrncaLanguage { language: "en".into(), facts: 4, not_normalised: 1, without_neurons: 1, neurons: 3 };
    assert_eq!(of.kept(), 2);
    assert_eq!(summary, QrncaSummary { languages: vec![of] });
    let snapshot = store.snapshot().expect("a snapshot");
    let spec = &snapshot.run_named("ig-qrnca").expect("a run").spec;
    let parameter =
        |name: &str| spec.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((parameter("source"), parameter("best"), parameter("clusters en")), (Some("ig"), Some("20"), Some("3")));
    assert_eq!(spec.method, "qrnca");
}

#[test]
fn made_again_it_is_the_same_and_made_otherwise_it_is_refused() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    job().run(&store).expect("the job runs");
    let before = found(&store);
    job().run(&store).expect("the same again");
    assert_eq!(found(&store), before);
    let other = QrncaJob { qrnca: Qrnca::default(), ..job() };
    assert!(other.run(&store).expect_err("a refusal").to_string().contains("common"));
}

#[test]
fn facts_of_other_relations_are_no_clusters() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    // f0 and f2 are of P36. Of two clusters, what is in one has ica ln 2/2 = 0.
    let told = QrncaJob { relations: vec!["P36".into()], ..job() }.run(&store).expect_err("a refusal").to_string();
    assert!(told.contains("of which 2 facts of a language are chosen") && told.contains("3 facts or more"), "{told}");
    // f1 and f3 are of P37, and f3 has no cluster: f1 alone has ica ln 1/2.
    let told = QrncaJob { relations: vec!["P37".into()], ..job() }.run(&store).expect_err("a refusal").to_string();
    assert!(told.contains("3 facts or more"), "{told}");
}

#[test]
fn a_run_in_which_no_fact_has_a_neuron_is_refused_and_nothing_is_stored() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    let none = QrncaJob { qrnca: Qrnca { common: 0.0, ..Qrnca::default() }, ..job() };
    let told = none.run(&store).expect_err("a refusal").to_string();
    assert!(told.starts_with("common is 0; expected a larger share") && told.contains("of 3 clusters"), "{told}");
    let (_other, unsummed) = filled(Keep::All, &ENTRIES[4..]);
    let told = job().run(&unsummed).expect_err("a refusal").to_string();
    assert!(told.contains("of whose 1 chosen facts none has scores that sum to more than 0"), "{told}");
    for store in [store, unsummed] {
        assert!(store.snapshot().expect("a snapshot").run_named("ig-qrnca").is_none());
    }
}

#[test]
fn a_run_of_texts_or_of_query_relevant_neurons_is_no_source() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    job().run(&store).expect("the job runs");
    let again = QrncaJob { source: "ig-qrnca".into(), run: "twice".into(), ..job() };
    let told = again.run(&store).expect_err("a refusal").to_string();
    assert!(told.contains("which has query-relevant neurons already"), "{told}");
    let shape = Shape::new(2, 3).expect("a shape");
    for (name, method) in [("acts-share", "activation-statistics"), ("acts-lape", "lape")] {
        let spec = RunSpec { method: method.into(), ..RunSpec::new(name, "m", shape) };
        store.open_run(spec).expect("a run").finish().expect("finishes");
        let told = QrncaJob { source: name.into(), ..job() }.run(&store).expect_err("a refusal").to_string();
        assert!(told.contains("is of texts, not of facts"), "{told}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let empty = Store::create(folder.path().join("store")).expect("a store");
    let told = job().run(&empty).expect_err("a refusal").to_string();
    assert_eq!(told, "there is no run \"ig\"; expected one of the store's, of which there is none");
}

#[test]
fn a_source_that_did_not_keep_what_is_summed_is_refused() {
    let (_folder, store) = filled(Keep::Share(0.01), &ENTRIES);
    let told = job().run(&store).expect_err("a refusal").to_string();
    assert!(told.contains("f0") && told.contains("--keep all"), "{told}");
    // Of one template, the floor only has to be below the threshold.
    let third = ("f4", 0, [1.0, 0.0, 0.0, 0.0, 0.75, 0.25]);
    let single = [&ENTRIES[2..], &[third]].concat();
    let (_folder, store) = filled(Keep::Share(0.01), &single);
    job().run(&store).expect("one template a fact");
    let (_folder, store) = filled(Keep::Share(0.3), &single);
    assert!(job().run(&store).expect_err("a refusal").to_string().contains("all scores above 0.2"));
    assert!(store.snapshot().expect("a snapshot").run_named("ig-qrnca").is_none());
}

#[test]
fn names_and_options_that_mean_nothing_are_refused() {
    let (_folder, store) = filled(Keep::All, &ENTRIES);
    let told = |result: Result<QrncaSummary>| result.expect_err("a refusal").to_string();
    assert!(told(QrncaJob { source: "kn".into(), ..job() }.run(&store)).contains("there is no run \"kn\""));
    assert!(
        told(QrncaJob { languages: vec!["zh".into()], ..job() }.run(&store)).contains("there is no language \"zh\"")
    );
    assert!(
        told(QrncaJob { relations: vec!["P1".into()], ..job() }.run(&store)).contains("there is no relation \"P1\"")
    );
    for qrnca in [
        Qrnca { tau: 1.0, ..Qrnca::default() },
        Qrnca { best: 0, ..Qrnca::default() },
        Qrnca { common: 1.5, ..Qrnca::default() },
    ] {
        assert!(QrncaJob { qrnca, ..job() }.run(&store).is_err(), "{qrnca:?}");
    }
}
