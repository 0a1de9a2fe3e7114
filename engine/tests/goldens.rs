//! Parity with PyTorch in float64: logits and scores of every preset, on a tiny model of every architecture.
//!
//! The golden values are made by `fixtures/make.py`, which shares no code with the engine.

#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::methods::{Baseline, Factor, IntegratedGradients};
use kndb_engine::quadrature::Rule;
use kndb_engine::{Attribution, MethodOptions, Model, Options, Skip};
use reading::{PROMISED, difference, golden, load, numbers};
use serde_json::Value;

fn ids(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|id| id as u32).collect()
}

/// The golden methods, as options of the engine.
fn options(method: &str, model: &Model) -> Option<Options> {
    if let Some(options) = Options::preset(method, model) {
        return Some(options);
    }
    let mut options = Options::preset("amig", model)?;
    let name = if method == "log-probability-increase" { "log-probability" } else { method };
    options.method = match (MethodOptions::named(name), method.strip_prefix("amig-").and_then(Rule::named)) {
        (Some(plain), _) => plain,
        (None, Some(rule)) => MethodOptions::IntegratedGradients(IntegratedGradients {
            baseline: Baseline::WordMean,
            rule,
            steps: 20,
            factor: Factor::Difference,
            normalise: false,
            tolerance: kndb_engine::preset::TOLERANCE,
        }),
        // 64 points and a second convention for trapezoids: checks of the goldens themselves.
        (None, None) => return None,
    };
    Some(options)
}

fn every_point(mut options: Options) -> Options {
    if let MethodOptions::IntegratedGradients(method) = &mut options.method {
        method.tolerance = 0.0;
    }
    options
}

/// Checks one architecture; returns how many score sets were compared.
fn check(weights: &str, of: &str) -> usize {
    let model = load(weights);
    let golden = golden(of, "goldens.json");
    let mut compared = 0;
    for question in golden["questions"].as_array().expect("questions") {
        let text = |field: &str| question[field].as_str().expect("a text");
        if text("target_rule") == "separate" {
            let skipped = model.asking().question(text("template"), text("subject"), text("object"));
            assert_eq!(
                skipped,
                Err(Skip::Border),
                "{weights}: the object's tokens by itself are not those of the text"
            );
            continue;
        }
        let asked = model
            .asking()
            .question(text("template"), text("subject"), text("object"))
            .unwrap_or_else(|skip| panic!("{weights}: {} cannot be asked: {skip}", text("template")));
        let steps = question["steps"].as_array().expect("steps");
        assert_eq!(asked.steps.len(), steps.len(), "{weights}: {}", text("template"));
        for (step, expected) in asked.steps.iter().zip(steps) {
            assert_eq!(step.ids, ids(&expected["ids"]), "{weights}: {}", text("template"));
            assert_eq!(step.position as u64, expected["position"].as_u64().expect("a position"));
            assert_eq!(u64::from(step.target), expected["target"].as_u64().expect("a target"));
            let logits = model.network.logits(&step.ids, step.position).into_iter().map(f64::from);
            let apart = difference(logits, &numbers(&expected["logits"]));
            assert!(apart < PROMISED, "{weights}: logits differ by {apart:e}");
        }
        for (name, expected) in question["methods"].as_object().expect("methods") {
            let Some(options) = options(name, &model) else { continue };
            let expected_scores = numbers(&expected["scores"]);
            for options in [every_point(options.clone()), options] {
                if options.method == MethodOptions::LogProbability
                    && ["gemma2", "gemma3_text"].contains(&model.architecture())
                {
                    // Their feed-forward result is normalised before it is added: there are no value vectors to speak of.
                    let made = Attribution::new(&model, &options);
                    assert!(made.is_err(), "{name} means nothing for {}", model.architecture());
                    continue;
                }
                let attribution = Attribution::new(&model, &options).expect("the options fit");
                let asked =
                    attribution.question(text("template"), text("subject"), text("object")).expect("was asked already");
                let found = match attribution.scores(&asked).expect("finite") {
                    Ok(found) => found,
                    // A layer's sum that float32 does not give well enough to divide by: `amig_paper.rs`.
                    Err(skip) => {
                        assert_eq!((skip, name.as_str()), (Skip::Normalisation, "amig-paper"), "{weights}");
                        continue;
                    }
                };
                let apart = difference(found.scores.iter().map(|&score| f64::from(score)), &expected_scores);
                let what = format!("{weights}, {name}, {} → {}, {:?}", text("subject"), text("object"), options.method);
                assert!(apart < PROMISED, "{what}: scores differ by {apart:e}");
                compared += 1;
            }
        }
    }
    compared
}

macro_rules! parity {
    ($($test:ident: $weights:literal, $golden:literal;)*) => {$(
        #[test]
        fn $test() {
            assert!(check($weights, $golden) > 0, "nothing was compared");
        }
    )*};
}

parity! {
    bert: "bert", "bert";
    bert_with_old_norm_names: "bert-gamma", "bert";
    gpt2: "gpt2", "gpt2";
    gpt2_in_half_precision: "gpt2-f16", "gpt2-f16";
    llama: "llama", "llama";
    llama_in_shards: "llama-sharded", "llama";
    qwen2: "qwen2", "qwen2";
    qwen3: "qwen3", "qwen3";
    gemma3: "gemma3", "gemma3";
    llama_3_with_scaled_positions_and_biases: "llama3", "llama3";
    mistral_with_yarn: "mistral", "mistral";
    gemma: "gemma", "gemma";
    gemma2: "gemma2", "gemma2";
    roberta: "roberta", "roberta";
    distilbert: "distilbert", "distilbert";
    gpt_neox: "gpt-neox", "gpt-neox";
    gpt_neox_with_attention_first: "gpt-neox-in-turn", "gpt-neox-in-turn";
    phi: "phi", "phi";
}
