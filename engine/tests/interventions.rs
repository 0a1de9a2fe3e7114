//! Interventions against PyTorch in float64, on a tiny model of every architecture: neurons suppressed, enhanced and set, at the
//! target position and at every token, several in force; value vectors rewritten. And nothing is left of them afterwards.
//!
//! The golden values are made by `fixtures/interventions.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;

use kndb_engine::{Change, Intervention, Model, Question, Reach, Rewrite, Variants, device};
use kndb_storage::Neuron;
use serde_json::Value;
use std::path::PathBuf;

/// Largest difference allowed, relative to the probability.
const PROMISED: f64 = 1e-4;

fn load(name: &str) -> Model {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let wanted = std::env::var("KNDB_DEVICE").unwrap_or_else(|_| "cpu".into());
    Model::load(folder, &device(&wanted).expect("the device is there")).expect("the fixture loads")
}

fn goldens(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).join("interventions.json");
    serde_json::from_slice(&std::fs::read(path).expect("the golden values are in the repository")).expect("JSON")
}

fn whole(value: &Value) -> Vec<u32> {
    value.as_array().expect("a list").iter().map(|n| n.as_u64().expect("a whole number") as u32).collect()
}

fn neurons(value: &Value) -> Vec<Neuron> {
    whole(value).into_iter().map(Neuron).collect()
}

fn interventions(case: &Value) -> Vec<Intervention> {
    let one = |value: &Value| {
        let number = |field: &str| value.get(field).map(|number| number.as_f64().expect("a number") as f32);
        let change = number("set").map_or_else(|| Change::Scale(number("scale").expect("a factor")), Change::Set);
        let everywhere = value["everywhere"].as_bool().expect("yes or no");
        let reach = if everywhere { Reach::All } else { Reach::Target };
        Intervention { neurons: neurons(&value["neurons"]), change, reach }
    };
    case["interventions"].as_array().expect("a list").iter().map(one).collect()
}

fn question(model: &Model, golden: &Value) -> Question {
    let text = |field: &str| golden[field].as_str().expect("a text");
    let asked = model.asking().question(text("template"), text("subject"), text("object"));
    asked.unwrap_or_else(|skip| panic!("{} cannot be asked: {skip}", text("template")))
}

fn logits(model: &Model, question: &Question) -> Vec<Vec<u32>> {
    let bits = |logits: Vec<f32>| logits.into_iter().map(f32::to_bits).collect();
    question.steps.iter().map(|step| bits(model.network.logits(&step.ids, step.position))).collect()
}

fn check(name: &str) {
    let (model, golden) = (load(name), goldens(name));
    for golden in golden["questions"].as_array().expect("questions") {
        if (name, golden["object"].as_str()) == ("qwen2", Some("巴黎")) {
            // A token reaches from the prompt into the object.
            continue;
        }
        let question = question(&model, golden);
        let untouched = logits(&model, &question);
        let cases = golden["cases"].as_array().expect("cases");
        let lists: Vec<_> = cases.iter().map(interventions).collect();
        let variants = Variants::new(&model.network, &question).expect("a small network");
        let together = variants.probabilities(&lists).expect("finite");
        for ((case, list), found) in cases.iter().zip(&lists).zip(together) {
            let expected = case["probability"].as_f64().expect("a probability");
            let what = format!("{name}, {}: {list:?}", golden["subject"]);
            assert!((found - expected).abs() <= PROMISED * expected, "{found} is not {expected}; {what}");
            let alone = variants.probabilities(std::slice::from_ref(list)).expect("finite")[0];
            assert!((alone - expected).abs() <= PROMISED * expected, "alone {alone} is not {expected}; {what}");
        }
        let rewrite = &golden["rewrite"];
        let mut edit = Rewrite::new(neurons(&rewrite["neurons"]), whole(&rewrite["old"]), whole(&rewrite["new"]));
        edit.forget = rewrite["forget"].as_f64().expect("λ1") as f32;
        edit.learn = rewrite["learn"].as_f64().expect("λ2") as f32;
        let edited = edit.apply(&model.network).expect("the neurons exist");
        let found = Variants::new(&edited, &question).expect("small").probabilities(&[Vec::new()]).expect("finite")[0];
        let expected = rewrite["probability"].as_f64().expect("a probability");
        assert!((found - expected).abs() <= PROMISED * expected, "{name}, rewritten: {found} is not {expected}");
        assert_eq!(logits(&model, &question), untouched, "{name}: something is left of an intervention");
    }
}

every_architecture!(check);

#[test]
fn answers_are_the_most_probable_tokens_and_add_up() {
    let model = load("gpt2");
    let golden = &goldens("gpt2")["questions"][0];
    let question = question(&model, golden);
    let variants = Variants::new(&model.network, &question).expect("a small network");
    let all = variants.answers(&[], usize::MAX).expect("no neuron is named");
    assert_eq!(all.len(), model.network.vocabulary());
    assert!((all.iter().map(|answer| answer.probability).sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(all.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    let step = &question.steps[0];
    let p = all.iter().find(|answer| answer.token == step.target).expect("every token is there").probability;
    let single = Question { steps: vec![step.clone()], foil: None, unknown_subject: false, unknown_template: false };
    let expected = Variants::new(&model.network, &single).expect("small").probabilities(&[Vec::new()]).expect("finite");
    assert!((p - expected[0]).abs() < 1e-6);
    assert_eq!(variants.answers(&[], 2).expect("none").len(), 2);
    let known = Question {
        steps: vec![kndb_engine::Step { target: all[0].token, ..step.clone() }],
        foil: None,
        unknown_subject: false,
        unknown_template: false,
    };
    assert!(Variants::new(&model.network, &known).expect("small").is_answered());
    let unknown = Question {
        steps: vec![kndb_engine::Step { target: all[1].token, ..step.clone() }],
        foil: None,
        unknown_subject: false,
        unknown_template: false,
    };
    assert!(!Variants::new(&model.network, &unknown).expect("small").is_answered());
}

#[test]
fn suppression_is_times_zero_and_enhancement_times_two() {
    let model = load("llama");
    let question = question(&model, &goldens("llama")["questions"][0]);
    let some: Vec<Neuron> = (0..12).map(|number| Neuron(number * 3)).collect();
    let scaled = |factor| Intervention { neurons: some.clone(), change: Change::Scale(factor), reach: Reach::Target };
    let lists = [
        vec![Intervention::suppress(some.clone())],
        vec![scaled(0.0)],
        vec![Intervention::enhance(some.clone())],
        vec![scaled(2.0)],
        Vec::new(),
    ];
    let variants = Variants::new(&model.network, &question).expect("a small network");
    let found = variants.probabilities(&lists).expect("neurons exist");
    let near = |a: usize, b: usize| (found[a] - found[b]).abs() < 1e-7;
    assert!(near(0, 1) && near(2, 3), "{found:?}");
    assert!(!near(0, 2) && !near(0, 4) && !near(2, 4), "{found:?}");
}

#[test]
fn neurons_and_tokens_the_model_lacks_are_refused() {
    let model = load("bert");
    let question = question(&model, &goldens("bert")["questions"][0]);
    let variants = Variants::new(&model.network, &question).expect("a small network");
    let outside = Neuron(model.shape().neurons() as u32);
    let error = variants.probabilities(&[vec![Intervention::suppress(vec![outside])]]).expect_err("no such neuron");
    assert!(error.to_string().contains(&model.shape().neurons().to_string()), "{error}");
    let token = model.network.vocabulary() as u32;
    assert!(Rewrite::new(vec![outside], vec![1], vec![1]).apply(&model.network).is_err());
    assert!(Rewrite::new(vec![Neuron(0)], vec![token], vec![1]).apply(&model.network).is_err());
    assert!(Rewrite::new(vec![Neuron(0)], vec![1], Vec::new()).apply(&model.network).is_err());
}
