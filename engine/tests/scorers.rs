//! Scorers that are of no path, and the site of the up-projection: parity with PyTorch in float64 on a tiny model of every architecture.
//!
//! The golden values are made by `fixtures/scorers.py`, which shares no code with the engine.

#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::methods::{Baseline, Factor, IntegratedGradients};
use kndb_engine::quadrature::Rule;
use kndb_engine::{Attribution, MethodOptions, Model, Options, Site};
use reading::{PROMISED, difference, golden, load, numbers};
use serde_json::Value;

/// The options of a golden scorer.
fn options(model: &Model, name: &str, value_neurons: usize) -> Options {
    let amig = Options::preset("amig", model).expect("a preset");
    let integral = |baseline, rule, steps, factor| {
        MethodOptions::IntegratedGradients(IntegratedGradients {
            baseline,
            rule,
            steps,
            factor,
            tolerance: 0.0,
            ..IntegratedGradients::USUAL
        })
    };
    let (method, site) = match name {
        "up, zero" => (integral(Baseline::Zero, Rule::Right, 16, Factor::Activation), Site::Up),
        "up, word-mean" => (integral(Baseline::WordMean, Rule::GaussLegendre, 20, Factor::Difference), Site::Up),
        name => (MethodOptions::named(name).expect("a method"), Site::Activation),
    };
    let mut options = Options { method, site, ..amig };
    if let MethodOptions::QueryNeurons(query) = &mut options.method {
        query.value_neurons = value_neurons;
    }
    options
}

fn scores(model: &Model, options: &Options, question: &Value) -> Vec<f64> {
    let attribution = Attribution::new(model, options).expect("the options fit");
    let text = |field: &str| question[field].as_str().expect("a text");
    let asked = attribution.question(text("template"), text("subject"), text("object")).expect("can be asked");
    let found = attribution.scores(&asked).expect("finite").expect("can be scored");
    found.scores.iter().map(|&score| f64::from(score)).collect()
}

fn check(name: &str, scorers: usize) {
    let model = load(name);
    let goldens = golden(name, "scorers.json");
    let value_neurons = goldens["value_neurons"].as_u64().expect("a number") as usize;
    let mut compared = 0;
    for question in goldens["questions"].as_array().expect("questions") {
        for (scorer, expected) in question["scores"].as_object().expect("scorers") {
            let options = options(&model, scorer, value_neurons);
            let apart = difference(scores(&model, &options, question), &numbers(expected));
            assert!(apart < PROMISED, "{name}, {scorer}: scores differ by {apart:e}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * scorers, "{name}");
}

macro_rules! parity {
    ($($test:ident: $name:literal, $scorers:literal;)*) => {$(
        #[test]
        fn $test() {
            check($name, $scorers);
        }
    )*};
}

parity! {
    bert: "bert", 1;
    gpt2: "gpt2", 2;
    gpt2_in_half_precision: "gpt2-f16", 2;
    llama: "llama", 4;
    qwen2: "qwen2", 4;
    qwen3: "qwen3", 4;
    gemma3: "gemma3", 3;
    llama_3_with_scaled_positions_and_biases: "llama3", 4;
    mistral_with_yarn: "mistral", 4;
    gemma: "gemma", 4;
    gemma2: "gemma2", 3;
    roberta: "roberta", 1;
    distilbert: "distilbert", 1;
    gpt_neox: "gpt-neox", 2;
    gpt_neox_with_attention_first: "gpt-neox-in-turn", 2;
    phi: "phi", 2;
}

#[test]
fn from_zero_the_up_projection_scores_as_the_activation_does() {
    // Either grows with the other: u from 0 to ū is w from 0 to w̄, and ū·∂F/∂u = w̄·∂F/∂w.
    let model = load("llama");
    let question = &golden("llama", "scorers.json")["questions"][0];
    let up = options(&model, "up, zero", 0);
    let activation = Options { site: Site::Activation, ..up.clone() };
    assert!(difference(scores(&model, &up, question), &scores(&model, &activation, question)) < PROMISED);
    for method in ["ablation", "gradient-activation"] {
        let method = MethodOptions::named(method).expect("a method");
        let at = |site| scores(&model, &Options { method: method.clone(), site, ..up.clone() }, question);
        assert!(difference(at(Site::Up), &at(Site::Activation)) < PROMISED, "{method:?}");
    }
}

#[test]
fn sites_and_methods_that_an_architecture_has_not_are_refused() {
    let told = |name: &str, change: &dyn Fn(&mut Options)| {
        let model = load(name);
        let mut options = Options::preset("amig", &model).expect("a preset");
        change(&mut options);
        match Attribution::new(&model, &options) {
            Err(error) => error.to_string(),
            Ok(attribution) => {
                let asked =
                    attribution.question("The capital of [X] is [Y] .", "France", "Paris").expect("can be asked");
                attribution.scores(&asked).expect_err("a refusal").to_string()
            }
        }
    };
    assert_eq!(
        told("bert", &|options| options.site = Site::Up),
        "site is up; expected `activation`: the feed-forward blocks of bert are not gated"
    );
    let of = |name: &'static str| {
        move |options: &mut Options| options.method = MethodOptions::named(name).expect("a method")
    };
    for name in ["bert", "gemma2", "gemma3", "distilbert"] {
        assert!(told(name, &of("query-neurons")).contains("normalises its residual stream"), "{name}");
    }
    for name in ["log-probability", "query-neurons", "cett", "relp"] {
        let at_up = |options: &mut Options| {
            of(name)(options);
            options.site = Site::Up;
        };
        assert!(told("llama", &at_up).starts_with("site is up; expected `activation`"), "{name}");
    }
}
