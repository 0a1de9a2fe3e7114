//! Sequential integrated gradients: parity with PyTorch in float64 on a tiny model of every architecture.
//!
//! The golden values are made by `fixtures/paths.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::methods::{Baseline, IntegratedGradients};
use kndb_engine::{Attribution, MethodOptions, Model, Options};
use reading::{PROMISED, difference, golden, load, numbers};

/// Error of F in float32, as a share of the largest F, that residuals and F(w′) may show.
const NOISE: f64 = 2e-5;

fn options(model: &Model, variant: &str) -> Options {
    let method = match variant {
        "sequential" => {
            let mut method = MethodOptions::named("sequential-integrated-gradients").expect("a method");
            if let MethodOptions::IntegratedGradients(integral) = &mut method {
                *integral = IntegratedGradients { tolerance: 0.0, ..integral.clone() };
            }
            method
        }
        other => panic!("no variant {other}"),
    };
    Options { method, preset: None, ..Options::preset("amig", model).expect("a preset") }
}

fn check(name: &str) {
    let model = load(name);
    let goldens = golden(name, "paths.json");
    let mut compared = 0;
    for question in goldens["questions"].as_array().expect("questions") {
        let text = |field: &str| question[field].as_str().expect("a text");
        for (variant, expected) in question["found"].as_object().expect("variants") {
            let options = options(&model, variant);
            let attribution = Attribution::new(&model, &options).expect("the options fit");
            let asked = attribution.question(text("template"), text("subject"), text("object")).expect("can be asked");
            let found = attribution.scores(&asked).expect("finite").expect("can be scored");
            let scores = found.scores.iter().map(|&score| f64::from(score));
            let apart = difference(scores, &numbers(&expected["scores"]));
            assert!(apart < PROMISED, "{name}, {variant}: scores differ by {apart:e}");
            let scale = expected["scale"].as_f64().expect("a number") * asked.steps[0].words.len() as f64;
            let residuals = numbers(&expected["residual"]);
            for (evidence, residual) in found.evidence.iter().zip(residuals) {
                let apart = (f64::from(evidence.residual) - residual).abs();
                assert!(apart < NOISE * scale, "{name}, {variant}: residuals {} and {residual}", evidence.residual);
            }
            let baselines: Vec<f64> = found.evidence.iter().map(|evidence| f64::from(evidence.baseline)).collect();
            let apart = difference(baselines, &numbers(&expected["baseline"]));
            assert!(apart < PROMISED, "{name}, {variant}: F(w') differs by {apart:e}");
            compared += 1;
        }
    }
    assert!(compared >= 2, "{name}: {compared} variants");
}

every_architecture!(check);

#[test]
fn the_sequential_row_is_integrated_gradients_from_each_word_to_the_bit() {
    let model = load("gpt2");
    let named = Options {
        method: MethodOptions::named("sequential-integrated-gradients").expect("a method"),
        preset: None,
        ..Options::preset("amig", &model).expect("a preset")
    };
    let plain = Options {
        method: MethodOptions::IntegratedGradients(IntegratedGradients {
            baseline: Baseline::EachWord,
            ..IntegratedGradients::USUAL
        }),
        ..named.clone()
    };
    let scores = |options: &Options| {
        let attribution = Attribution::new(&model, options).expect("the options fit");
        let asked = attribution.question("The capital of [X] is [Y] .", "France", "Paris").expect("can be asked");
        attribution.scores(&asked).expect("finite").expect("can be scored")
    };
    assert_eq!(scores(&named), scores(&plain));
    assert_eq!(named.parameters(), plain.parameters());
}
