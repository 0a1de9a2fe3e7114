//! Small models: what is kept, in every precision, for scores of every kind.

use super::expected::{Truth, check_everywhere};
use crate::toy::{Random, Toy, few};
use kndb_storage::{Keep, RunSpec, ScoreType, Shape};
use proptest::prelude::*;

/// Scores of one fact: heavy-tailed, all alike, none positive, tiny, or a few steps with many twins.
fn truth(random: &mut Random, number: usize, shape: Shape) -> Truth {
    let kind = random.below(6);
    let scores = (0..shape.neurons() as u32).map(|neuron| {
        let score = random.score();
        let score = match kind {
            0 => -score.abs(),
            1 => (score * 4.0).round() / 4.0,
            2 => score * f32::MIN_POSITIVE * 8.0,
            3 => 0.125,
            _ => score,
        };
        (neuron, score)
    });
    let mut scores: Vec<(u32, f32)> = scores.collect();
    let mut floor = None;
    if random.below(3) == 0 {
        let low = random.score();
        scores.retain(|&(_, score)| score >= low || random.below(8) == 0);
        // Sparse scores come in any order.
        for at in (1..scores.len()).rev() {
            scores.swap(at, random.below(at as u64 + 1) as usize);
        }
        // What was left out scored less than this.
        floor = Some(low);
    }
    let unique = format!("fact {number:03}");
    Truth { fact: unique, scores, floor }
}

fn keeps() -> impl Strategy<Value = Keep> {
    prop_oneof![
        Just(Keep::All),
        (0.001..=1.0_f64).prop_map(Keep::Share),
        Just(Keep::Share(0.01)),
        Just(Keep::Share(0.25)),
        (1..200_u32).prop_map(Keep::Top),
    ]
}

fn score_types() -> impl Strategy<Value = ScoreType> {
    prop_oneof![Just(ScoreType::F32), Just(ScoreType::F16), Just(ScoreType::Bf16)]
}

proptest! {
    #![proptest_config(few(24))]

    #[test]
    fn every_reading_equals_the_recomputation(
        seed: u64,
        keep in keeps(),
        score_type in score_types(),
        layers in 1..5_u32,
        width in 1..60_u32,
    ) {
        let toy = Toy::new();
        let shape = Shape::new(layers, width).expect("small");
        let spec = RunSpec { keep, score_type, ..RunSpec::new("run", "model", shape) };
        let mut random = Random(seed);
        let truths: Vec<Truth> = (0..12).map(|number| truth(&mut random, number, shape)).collect();
        check_everywhere(&toy.store, &spec, &truths);
    }
}
