//! Sets around a question that is asked elsewhere: what they leave of facts and neurons.

mod toy;

use kndb_query::within::Found;
use kndb_query::{ErrorKind, Settings, Within};
use kndb_storage::{FactId, Neuron};
use toy::{SHAPE, Toy};

/// Beside a run of the toy store.
fn found(toy: &Toy, run: &str, only: &[&str], without: &[&str]) -> Result<Found, (ErrorKind, String)> {
    let texts = |sets: &[&str]| sets.iter().map(|&set| set.to_owned()).collect::<Vec<_>>();
    let within = Within::read(&texts(only), &texts(without)).expect("sets");
    let snapshot = toy.store.snapshot().expect("a snapshot");
    let run = snapshot.run_named(run).expect("the run");
    within.found(&toy.store, &Settings::default(), run).map_err(|(error, text)| (error.kind, text))
}

fn neuron(layer: u32, unit: u32) -> Neuron {
    SHAPE.neuron(layer, unit).expect("a neuron")
}

#[test]
fn facts_choose_facts_neurons_neurons_and_pairs_each_facts_own() {
    let toy = Toy::new();
    let all = found(&toy, "bert, en", &[], &[]).expect("nothing to find");
    assert!(all.takes(FactId(14)) && all.allowed(FactId(0)).has(neuron(0, 0)) && !all.chooses_facts());

    let some =
        found(&toy, "bert, en", &["facts[relation=P36]", "neurons(7..9:*)"], &["kn[lang=en]", "facts[subject=Peru]"]);
    let some = some.expect("sets");
    assert_eq!([0, 7, 12].map(|fact| some.takes(FactId(fact))), [true, false, false]);
    // Of fact 0 7:0 and 9:852 are taken out, and layer 11 was never in; 7:1 is fact 1's.
    let left = |fact: u32, layer, unit| some.allowed(FactId(fact)).has(neuron(layer, unit));
    assert_eq!(
        [left(0, 7, 0), left(0, 9, 852), left(0, 7, 1), left(0, 11, 1), left(1, 7, 1)],
        [false, false, true, false, false]
    );
    assert_eq!(some.allowed(FactId(0)).of_layer(7, SHAPE.width), 999);
    assert_eq!(some.allowed(FactId(0)).of_layer(11, SHAPE.width), 0);
    assert_eq!(all.allowed(FactId(0)).of_layer(11, SHAPE.width), 1_000);

    let pairs = found(&toy, "bert, en", &["kn[lang=de]"], &[]).expect("sets");
    assert_eq!([0, 1, 5].map(|fact| pairs.allowed(FactId(fact)).has(neuron(7, 1))), [false, true, false]);
    assert!(pairs.takes(FactId(5)), "pairs choose no facts");
}

#[test]
fn a_source_without_a_run_is_of_the_run_beside_it() {
    let toy = Toy::new();
    // 9:852 is a knowledge neuron of three facts in the small run, and of all in the other.
    let common = ["kn by neuron having facts >= 4"];
    let left = |run: &str| found(&toy, run, &[], &common).expect("sets").allowed(FactId(0)).has(neuron(9, 852));
    assert_eq!((left("bert-zh"), left("bert, en")), (true, false));
}

#[test]
fn what_cannot_stand_beside_the_run_is_refused() {
    let toy = Toy::new();
    for (set, kind) in
        [("entries", ErrorKind::Kind), ("kn by layer", ErrorKind::Kind), ("kn[lang=xx]", ErrorKind::Missing)]
    {
        let (found, text) = found(&toy, "bert, en", &[set], &[]).expect_err(set);
        assert_eq!(found, kind, "{text}");
    }
}

#[test]
fn the_record_of_what_was_chosen_changes_with_it_alone() {
    let toy = Toy::new();
    let snapshot = toy.store.snapshot().expect("a snapshot");
    let written = |only: &str| found(&toy, "bert, en", &[only], &[]).expect("sets").written(&snapshot).expect("ids");
    assert_eq!(written("neurons(9:852)"), written("neurons of (kn & neurons(9:*))"));
    assert_ne!(written("neurons(9:852)"), written("neurons(9:851)"));
    assert_ne!(written("facts[relation=P37]"), written("facts[relation=P36]"));
    assert_ne!(written("kn[lang=en]"), written("kn[lang=zh]"));
}
