//! Models of every size: neuron ids of two and of four bytes, one and several containers a fact.

use super::expected::{Truth, check_everywhere};
use crate::toy::{Random, Toy};
use kndb_storage::{Keep, RunSpec, ScoreType, Shape};

fn spec(layers: u32, width: u32) -> RunSpec {
    RunSpec { keep: Keep::All, ..RunSpec::new("run", "model", Shape::new(layers, width).expect("fits")) }
}

/// `level` of the scores are large: sets of more than 4,096 neurons are bitmaps, not lists.
fn dense(spec: &RunSpec, facts: u64, level: u64) -> Vec<Truth> {
    let fact = |seed: u64| {
        let mut random = Random(seed);
        let score = |random: &mut Random| {
            let small = random.score() / 16.0;
            if random.below(16) < level { small.abs() + random.below(4) as f32 / 4.0 } else { small }
        };
        let scores = (0..spec.shape.neurons() as u32).map(|neuron| (neuron, score(&mut random))).collect();
        Truth { fact: format!("fact {seed:03}"), scores, floor: None }
    };
    (0..facts).map(fact).collect()
}

#[test]
fn as_many_neurons_as_two_bytes_name() {
    let spec = spec(16, 4_096);
    for level in [1, 12] {
        check_everywhere(&Toy::new().store, &spec, &dense(&spec, 4, level));
    }
}

#[test]
fn one_neuron_more_takes_four_bytes_and_a_second_container() {
    let spec = RunSpec { score_type: ScoreType::Bf16, ..spec(1, 65_537) };
    check_everywhere(&Toy::new().store, &spec, &dense(&spec, 3, 8));
}

#[test]
fn several_containers_a_fact() {
    let spec = RunSpec { keep: Keep::Share(0.05), ..spec(3, 60_000) };
    check_everywhere(&Toy::new().store, &spec, &dense(&spec, 3, 2));
}

/// Some neurons of a large model, those at container borders always among them.
fn sparse(spec: &RunSpec, facts: u64, listed: u64) -> Vec<Truth> {
    let fact = |seed: u64| {
        let mut random = Random(seed);
        let mut neurons: Vec<u32> = (0..listed).map(|_| random.below(spec.shape.neurons()) as u32).collect();
        let last = (spec.shape.neurons() - 1) as u32;
        neurons.extend([0, 65_535, 65_536, 131_071, 131_072, last - 1, last]);
        neurons.sort_unstable();
        neurons.dedup();
        let scores = neurons.into_iter().map(|neuron| (neuron, 0.02 + random.score().abs())).collect();
        Truth { fact: format!("fact {seed:03}"), scores, floor: Some(0.02) }
    };
    (0..facts).map(fact).collect()
}

#[test]
fn more_than_a_million_neurons() {
    let spec = spec(80, 28_672);
    check_everywhere(&Toy::new().store, &spec, &sparse(&spec, 5, 2_000));
    let halves = RunSpec { score_type: ScoreType::F16, keep: Keep::Top(700), ..spec };
    check_everywhere(&Toy::new().store, &halves, &sparse(&halves, 3, 2_000));
}

#[test]
fn so_many_facts_that_a_segment_has_several_parts() {
    // 2^28 neurons are 4,096 containers: 16 facts fill the 2^16 container keys of a part.
    let spec = spec(1 << 10, 1 << 18);
    let toy = Toy::new();
    check_everywhere(&toy.store, &spec, &sparse(&spec, 34, 20));
    let snapshot = toy.store.snapshot().expect("reads");
    let slot = snapshot.slots().next().expect("is there");
    assert_eq!(snapshot.parts(slot).expect("opens").len(), 3);
}
