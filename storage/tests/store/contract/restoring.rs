//! What another store had comes into a new one as it was: names in their order, scores without choosing among them again.

use crate::toy::{Toy, fact_row, shape, spec};
use kndb_storage::{
    Entry, EntryData, Error, FactBatch, Keep, LayerEvidence, LayerSummary, Neuron, OnConflict, Restored, RestoredFact,
    Run, RunId, RunSpec, StoredScores,
};

fn layers() -> Vec<LayerSummary> {
    let evidence = LayerEvidence { probability: 0.5, baseline: f32::NAN, residual: 0.25 };
    // The largest score of the last layer was not kept, nor any of it.
    [0.75, 2.0, 0.5].map(|max| LayerSummary { max, sum: 1.0, evidence }).to_vec()
}

fn stored() -> StoredScores {
    StoredScores {
        scores: vec![(Neuron(3), 0.75), (Neuron(41), 2.0), (Neuron(2), 0.75)],
        floor: 0.6,
        max: 2.0,
        negative: vec![(Neuron(80), -0.5), (Neuron(42), -1.5)],
        ceiling: -0.4,
        layers: layers(),
        origin: None,
    }
}

fn append(toy: &Toy, stored: StoredScores) -> Result<(), Error> {
    let run = toy.store.open_run(RunSpec { keep: Keep::Signed(0.3), ..spec("run") }).expect("a run");
    let data = EntryData::Stored(stored);
    let entry = Entry { fact: "fact".into(), language: "en".into(), prompt: 0, data };
    run.append_batch(&[entry], OnConflict::Refuse).map(drop)
}

#[test]
fn scores_that_a_store_has_chosen_are_kept_as_they_are() {
    let toy = Toy::new();
    append(&toy, stored()).expect("appended");
    let snapshot = toy.fresh().snapshot().expect("a snapshot");
    let slot = snapshot.slots().next().expect("an entry");
    let part = snapshot.parts(slot).expect("parts")[0];
    let view = part.part.scores(0).expect("scores");
    let ranked: Vec<_> = (0..view.len()).map(|rank| (view.neuron(rank), view.score(rank))).collect();
    assert_eq!(ranked, [(Neuron(41), 2.0), (Neuron(2), 0.75), (Neuron(3), 0.75)]);
    assert_eq!(view.negative().collect::<Vec<_>>(), [(Neuron(42), -1.5), (Neuron(80), -0.5)]);
    assert_eq!((view.floor(), view.max(), view.ceiling()), (0.6, 2.0, -0.4));
    let layer = view.layers().nth(2).expect("a layer");
    assert_eq!((layer.max, layer.sum, layer.evidence.residual), (0.5, 1.0, 0.25));
    assert!(layer.evidence.baseline.is_nan());
}

#[test]
fn scores_that_no_store_can_have_chosen_are_refused() {
    type Change = fn(&mut StoredScores);
    let changes: [(&str, Change); 8] = [
        ("2 layers", |it| it.layers.truncate(2)),
        ("floor NaN", |it| it.floor = f32::NAN),
        ("a largest score of 2", |it| it.max = 3.0),
        ("neuron 1:2 twice", |it| it.negative.push((Neuron(42), -0.1))),
        ("score 0.5 among negative ones", |it| it.negative.push((Neuron(9), 0.5))),
        ("score 1", |it| it.scores.push((Neuron(81), 1.0))),
        ("score inf", |it| it.scores.push((Neuron(1), f32::INFINITY))),
        ("neuron-120", |it| it.scores.push((Neuron(120), 0.7))),
    ];
    for (said, change) in changes {
        let mut scores = stored();
        change(&mut scores);
        let told = append(&Toy::new(), scores).expect_err(said).to_string();
        assert!(told.contains(said), "{said}: {told}");
    }
}

fn restored() -> Restored {
    let fact = |id: &str, relation: Option<&str>| RestoredFact {
        id: id.into(),
        relation: relation.map(str::to_owned),
        ..RestoredFact::default()
    };
    Restored {
        languages: vec!["zh".into(), "en".into()],
        relations: vec!["P36".into(), "P19".into()],
        facts: vec![
            fact("named by a run", None),
            fact("b", Some("P36")),
            fact("a", Some("P19")),
            fact("c", Some("P19")),
        ],
        about: FactBatch {
            facts: vec![fact_row("a", "P19", "en", "France", "Paris"), fact_row("b", "P36", "zh", "法国", "巴黎")],
            ..FactBatch::default()
        },
        relabelled: vec![("b".into(), "en".into())],
    }
}

#[test]
fn facts_and_names_have_the_order_that_they_had() {
    let toy = Toy::new();
    toy.store.restore_facts(&restored()).expect("restored");
    let snapshot = toy.fresh().snapshot().expect("a snapshot");
    let ids: Vec<_> = snapshot
        .facts()
        .into_iter()
        .map(|fact| snapshot.external_id(kndb_storage::FactId(fact)).expect("an id"))
        .collect();
    assert_eq!(ids, ["named by a run", "b", "a", "c"]);
    assert_eq!(snapshot.languages().map(|(_, code)| code).collect::<Vec<_>>(), ["zh", "en"]);
    assert_eq!(snapshot.relations().map(|(_, id)| id).collect::<Vec<_>>(), ["P36", "P19"]);
    let en = snapshot.language("en").expect("English");
    assert_eq!(snapshot.relabelled(en).expect("labels").into_iter().collect::<Vec<_>>(), [1]);
    let c = snapshot.fact("c").expect("facts").expect("c");
    assert_eq!(snapshot.fact_relation(c).expect("facts"), snapshot.relation("P19"));
    assert!(toy.store.verify().expect("verified").problems.is_empty());
}

#[test]
fn what_is_named_twice_or_not_listed_is_refused() {
    let changes: [fn(&mut Restored); 5] = [
        |it| it.languages.push("EN".into()),
        |it| it.relations.push("P36".into()),
        |it| it.facts.push(it.facts[0].clone()),
        |it| it.about.facts.push(fact_row("d", "P19", "en", "Spain", "Madrid")),
        |it| it.relabelled.push(("b".into(), "fr".into())),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut all = restored();
        change(&mut all);
        assert!(Toy::new().store.restore_facts(&all).is_err(), "change {number}");
    }
    let toy = Toy::new();
    toy.store.restore_facts(&restored()).expect("into an empty store");
    assert!(matches!(toy.store.restore_facts(&restored()), Err(Error::AlreadyThere { .. })));
}

#[test]
fn a_run_has_its_time_and_its_tool_again() {
    let toy = Toy::new();
    let run = Run { id: RunId(7), spec: spec("run"), tool: "kndb 0.0.1".into(), begun: 1_000, finished: true };
    toy.store.restore_run(&run).expect("a run").finish().expect("complete");
    let snapshot = toy.fresh().snapshot().expect("a snapshot");
    let there = snapshot.run_named("run").expect("the run");
    assert_eq!(
        (there.tool.as_str(), there.begun, there.finished, there.spec.shape),
        ("kndb 0.0.1", 1_000, true, shape())
    );
    assert!(matches!(toy.store.restore_run(&run), Err(Error::RunExists { .. })));
}
