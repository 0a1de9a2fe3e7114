//! Word importance: parity with PyTorch in float64 on a tiny model of every architecture.
//!
//! The golden values are made by `fixtures/words.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::Model;
use kndb_engine::methods::{Anchors, Monotone};
use kndb_engine::quadrature::Rule;
use kndb_engine::words::{WordBaseline, WordMethod, WordOptions, WordScorer};
use reading::{PROMISED, difference, golden, load, numbers};

/// Error of F in float32, as a share of the largest sum, that residuals may show.
const NOISE: f64 = 2e-5;

/// The same where a gradient is taken at an embedding of exactly 0: a model without learnt positions normalises that, with a slope of 1/√ε.
const STEEP: f64 = 1e-3;

fn options(variant: &str) -> WordOptions {
    let of = |method, baseline| WordOptions { baseline, ..WordOptions::of(method) };
    let through = |anchors, monotone| WordMethod::Discretized { anchors, monotone };
    let (mask, zero) = (WordBaseline::Mask, WordBaseline::Zero);
    match variant {
        "ig, mask" => of(WordMethod::Integrated, mask),
        "ig, zero" => of(WordMethod::Integrated, zero),
        "sig, mask" => of(WordMethod::Sequential, mask),
        "sig, zero, left" => WordOptions { rule: Rule::Left, steps: 5, ..of(WordMethod::Sequential, zero) },
        "dig, greedy, share, mask" => of(through(Anchors::Greedy, Monotone::Share), mask),
        "dig, max-count, share, mask" => WordOptions {
            rule: Rule::Left,
            steps: 1,
            neighbours: 12,
            path_words: 8,
            ..of(through(Anchors::MaxCount, Monotone::Share), mask)
        },
        "dig, greedy, clip, zero" => {
            WordOptions { neighbours: 12, path_words: 8, ..of(through(Anchors::Greedy, Monotone::Clip), zero) }
        }
        other => panic!("no variant {other}"),
    }
}

fn check(name: &str) {
    let model = load(name);
    let goldens = golden(name, "words.json");
    let mut compared = 0;
    for question in goldens["questions"].as_array().expect("questions") {
        let text = |field: &str| question[field].as_str().expect("a text");
        for (variant, expected) in question["found"].as_object().expect("variants") {
            let options = options(variant);
            let scorer = WordScorer::new(&model, &options).expect("the options fit");
            let asked = scorer.question(text("template"), text("subject"), text("object")).expect("can be asked");
            let found = scorer.scores(&asked).expect("finite");
            let words: Vec<f64> = found.words.iter().map(|&word| word as f64).collect();
            assert_eq!(words, numbers(&expected["words"]), "{name}, {variant}");
            let scores = numbers(&expected["scores"]);
            let apart = difference(found.scores.iter().copied(), &scores);
            let most = if variant == "sig, zero, left" { STEEP } else { PROMISED };
            assert!(apart < most, "{name}, {variant}: scores differ by {apart:e}");
            let scale = scores.iter().map(|score| score.abs()).sum::<f64>() + scores.len() as f64 * found.probability;
            let apart = (found.residual - numbers(&expected["residual"])[0]).abs();
            let noise = if variant == "sig, zero, left" { STEEP } else { NOISE };
            assert!(apart < noise * scale, "{name}, {variant}: residuals {} apart by {apart:e}", found.residual);
            let apart = difference([found.baseline], &numbers(&expected["baseline"]));
            assert!(apart < PROMISED, "{name}, {variant}: F at the beginning differs by {apart:e}");
            compared += 1;
        }
    }
    assert!(compared >= 7, "{name}: {compared} variants");
}

every_architecture!(check);

#[test]
fn the_size_of_a_batch_is_no_part_of_the_result() {
    for name in ["bert", "gpt2"] {
        let model = load(name);
        let scores = |batch: Option<usize>| {
            let options = WordOptions { batch, ..WordOptions::of(WordMethod::Sequential) };
            let scorer = WordScorer::new(&model, &options).expect("the options fit");
            let asked = scorer.question("The capital of [X] is [Y] .", "France", "Paris").expect("can be asked");
            scorer.scores(&asked).expect("finite")
        };
        assert_eq!(scores(None), scores(Some(1)), "{name}");
    }
}

#[test]
fn a_model_without_the_baselines_token_and_a_rule_of_too_few_points_are_refused() {
    let model = load("gpt2");
    let told = |options: &WordOptions| WordScorer::new(&model, options).err().expect("cannot be").to_string();
    let options = WordOptions { baseline: WordBaseline::Pad, ..WordOptions::of(WordMethod::Integrated) };
    assert!(told(&options).contains("pad_token_id"), "{}", told(&options));
    let options = WordOptions { rule: Rule::Trapezoid, steps: 1, ..WordOptions::of(WordMethod::Integrated) };
    assert!(told(&options).contains("at least 2 for the trapezoid rule"), "{}", told(&options));
}

#[test]
fn points_are_doubled_while_scores_miss_too_much_and_no_further() {
    let model = load("gpt2");
    points_are_doubled(&model, WordMethod::Integrated);
    // A path a word.
    points_are_doubled(&model, WordMethod::Sequential);
}

fn points_are_doubled(model: &Model, method: WordMethod) {
    let found = |steps: usize, most_steps: Option<usize>| {
        let options = WordOptions { rule: Rule::Left, steps, most_steps, ..WordOptions::of(method) };
        let scorer = WordScorer::new(model, &options).expect("the options fit");
        let asked = scorer.question("The capital of [X] is [Y] .", "France", "Paris").expect("can be asked");
        scorer.scores(&asked).expect("finite")
    };
    // Left sums come nearer by half at each doubling: how many it takes is looked up among those of a fixed number.
    assert!(found(1, None).misses, "one point is too few here");
    let enough = (0..).map(|times| 1 << times).find(|&steps| !found(steps, None).misses).expect("some number");
    assert!(enough > 2, "{enough}");
    assert_eq!(found(1, Some(enough)), found(enough, None));
    assert_eq!(found(1, Some(16 * enough)), found(enough, None), "no more than needed");
    assert_eq!(found(1, Some(2)), found(2, None), "no more than may be");
}
