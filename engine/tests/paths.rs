//! Sequential and discretized integrated gradients: parity with PyTorch in float64 on a tiny model of every architecture.
//!
//! The golden values are made by `fixtures/paths.py`, which shares no code with the engine. Which anchor of a path comes next is a choice, and so is, by
//! the authors' way to make it monotone, where a neuron goes: they are of questions in which float32 and float64 choose the same, by margins that the
//! script looks at.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::methods::{Anchors, Baseline, DiscretizedGradients, IntegratedGradients, Monotone};
use kndb_engine::quadrature::Rule;
use kndb_engine::{Attribution, MethodOptions, Model, Options};
use reading::{PROMISED, difference, golden, load, numbers};

/// Error of F in float32, as a share of the largest F, that residuals and F(w′) may show.
const NOISE: f64 = 2e-5;

/// By how much of the largest distance the second best anchor must be worse, for float32 to choose as float64 does.
const CLEAR: f64 = 1e-5;

fn options(model: &Model, variant: &str) -> Options {
    let through = |anchors, monotone, baseline, rule, steps| {
        MethodOptions::Discretized(DiscretizedGradients { baseline, anchors, monotone, rule, steps })
    };
    let clip = Monotone::Clip;
    let good = Rule::GaussLegendre;
    let method = match variant {
        "sequential" => {
            let mut method = MethodOptions::named("sequential-integrated-gradients").expect("a method");
            if let MethodOptions::IntegratedGradients(integral) = &mut method {
                *integral = IntegratedGradients { tolerance: 0.0, ..integral.clone() };
            }
            method
        }
        "greedy, word-mean" => through(Anchors::Greedy, clip, Baseline::WordMean, good, 3),
        "max-count, word-mean" => through(Anchors::MaxCount, clip, Baseline::WordMean, good, 3),
        "greedy, zero" => through(Anchors::Greedy, clip, Baseline::Zero, good, 3),
        "greedy, each-word, left" => through(Anchors::Greedy, clip, Baseline::EachWord, Rule::Left, 1),
        "greedy, share, zero" => through(Anchors::Greedy, Monotone::Share, Baseline::Zero, good, 3),
        "max-count, share, word-mean" => through(Anchors::MaxCount, Monotone::Share, Baseline::WordMean, Rule::Left, 2),
        other => panic!("no variant {other}"),
    };
    Options { method, preset: None, ..Options::preset("amig", model).expect("a preset") }
}

fn check(name: &str) {
    let model = load(name);
    let goldens = golden(name, "paths.json");
    let margin = goldens["margin"].as_f64().expect("a number");
    assert!(margin > CLEAR, "{name}: two anchors are as good as each other to {margin:e}");
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
    assert!(compared >= 5, "{name}: {compared} variants");
}

every_architecture!(check);

#[test]
fn every_variant_is_compared_on_several_architectures() {
    let variants = ["max-count, word-mean", "greedy, share, zero", "max-count, share, word-mean"];
    for variant in variants {
        let has = |name: &&&str| {
            let goldens = golden(name, "paths.json");
            goldens["questions"].as_array().expect("questions").iter().any(|asked| !asked["found"][variant].is_null())
        };
        let found = ["bert", "gpt2", "llama", "qwen3", "gemma3", "roberta", "phi"].iter().filter(has).count();
        assert!(found >= 3, "{variant}: {found}");
    }
}

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
