//! Models in GGUF: the same scores as those of a folder with the same values, whatever the types of the tensors.
//!
//! The files are written by the reference's own package (`fixtures/gguf_files.py`), which shares nothing with the engine.

#[path = "gguf/beside.rs"]
mod beside;
#[path = "gguf/damaged.rs"]
mod damaged;
#[path = "loading/folder.rs"]
#[expect(dead_code, reason = "loading breaks more of a folder than is broken here")]
mod folder;
#[path = "goldens/reading.rs"]
mod reading;
#[path = "gguf/refused.rs"]
mod refused;
#[path = "gguf/tokens.rs"]
mod tokens;
#[path = "gguf/writing.rs"]
mod writing;

use folder::Folder;
use kndb_engine::{Attribution, MethodOptions, Model, Options};
use reading::{PROMISED, difference, fixture, golden, numbers};
use serde_json::Value;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    fixture("gguf").join(format!("{name}.gguf"))
}

fn load(name: &str) -> Model {
    Model::load(file(name), &folder::device()).expect("the file loads")
}

/// Scores of a question that golden values know.
fn scores(model: &Model, question: &Value, preset: &str) -> Vec<f32> {
    let text = |field: &str| question[field].as_str().expect("a text");
    let mut options = Options::preset(preset, model).expect("a preset");
    // The values are what is asked here, not which points may be left out.
    if let MethodOptions::IntegratedGradients(method) = &mut options.method {
        method.tolerance = 0.0;
    }
    let attribution = Attribution::new(model, &options).expect("the options fit");
    let asked = attribution.question(text("template"), text("subject"), text("object")).expect("can be asked");
    attribution.scores(&asked).expect("finite").expect("can be scored").scores
}

/// Checks ids, logits and scores against golden values; how many sets of scores there were.
fn check(model: &Model, golden: &Value) -> usize {
    let mut compared = 0;
    for question in golden["questions"].as_array().expect("questions") {
        let text = |field: &str| question[field].as_str().expect("a text");
        if question["target_rule"] == "separate" {
            continue;
        }
        let asked = model.asking().question(text("template"), text("subject"), text("object")).expect("can be asked");
        for (step, expected) in asked.steps.iter().zip(question["steps"].as_array().expect("steps")) {
            let ids: Vec<f64> = step.ids.iter().map(|&id| f64::from(id)).collect();
            assert_eq!(ids, numbers(&expected["ids"]), "{}", text("template"));
            let logits = model.network.logits(&step.ids, step.position).into_iter().map(f64::from);
            let apart = difference(logits, &numbers(&expected["logits"]));
            assert!(apart < PROMISED, "{}: logits differ by {apart:e}", model.name());
        }
        for preset in ["amig", "kn"] {
            let expected = &question["methods"][preset];
            let expected = numbers(expected.get("scores").unwrap_or(expected));
            let found = scores(model, question, preset).into_iter().map(f64::from);
            let apart = difference(found, &expected);
            assert!(apart < PROMISED, "{}, {preset}: scores differ by {apart:e}", model.name());
            compared += 1;
        }
    }
    compared
}

#[test]
fn a_file_of_f32_has_the_golden_scores_of_its_folder() {
    for name in ["llama", "qwen2", "gemma3", "llama3"] {
        let model = load(&format!("{name}-F32"));
        assert!(check(&model, &golden(name, "goldens.json")) >= 4, "{name}");
        let folder = reading::load(name);
        assert_eq!(model.architecture(), folder.architecture());
        assert_eq!(model.shape(), folder.shape());
        assert_eq!(model.network.max_tokens, folder.network.max_tokens, "{name}");
        assert_eq!(model.tokenizer.end(), folder.tokenizer.end(), "{name}");
        assert_eq!(model.notes(), <[String; 0]>::default(), "{name}");
    }
}

/// What is the same to the last bit is computed the same. Gemma's norms went through 1 + weight and back, and Llama 3's angles
/// through 32 bits.
#[test]
fn a_file_of_f32_has_the_values_of_its_folder_to_the_bit() {
    for name in ["llama", "qwen2"] {
        let question = &golden(name, "goldens.json")["questions"][0];
        let found = scores(&load(&format!("{name}-F32")), question, "amig");
        assert_eq!(found, scores(&reading::load(name), question, "amig"), "{name}");
    }
}

#[test]
fn a_file_of_f16_has_the_scores_of_a_folder_with_its_values() {
    for name in ["llama", "qwen2", "gemma3"] {
        let copy = Folder::of(name);
        copy.tensors(|tensors| {
            for tensor in tensors.values_mut().filter(|tensor| tensor.shape.len() > 1) {
                for value in tensor.bytes.as_chunks_mut().0 {
                    *value = half::f16::from_f32(f32::from_le_bytes(*value)).to_f32().to_le_bytes();
                }
            }
        });
        let question = &golden(name, "goldens.json")["questions"][0];
        let (file, folder) = (load(&format!("{name}-F16")), copy.load());
        for preset in ["amig", "kn"] {
            let expected: Vec<f64> = scores(&folder, question, preset).into_iter().map(f64::from).collect();
            let found = scores(&file, question, preset).into_iter().map(f64::from);
            let apart = difference(found, &expected);
            let allowed = if name == "gemma3" { 1e-6 } else { 0.0 };
            assert!(apart <= allowed, "{name}, {preset}: {apart:e}");
            // The fixture itself is another model.
            assert_ne!(scores(&reading::load(name), question, preset), scores(&folder, question, preset), "{name}");
        }
    }
}

#[test]
fn quantised_files_have_the_golden_scores_of_their_dequantised_values() {
    for name in ["llama", "qwen2", "gemma3"] {
        let compared = check(&load(&format!("{name}-mixed")), &golden("gguf", &format!("{name}-mixed.json")));
        assert!(compared >= 4, "{name}");
    }
}

#[test]
fn a_file_is_known_by_its_name_and_its_bytes() {
    let model = load("llama-F32");
    assert_eq!(model.name(), "llama-F32");
    assert_eq!(model.side_hash(), "no files", "its header is hashed with its weights");
    let bytes = std::fs::read(file("llama-F32")).expect("a file");
    let expected = format!("xxh3-{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes));
    assert_eq!(model.weights_hash(), expected);
}
