//! What lies beside a GGUF file, and which path was given.

use crate::folder::{Folder, device};
use crate::writing::Parts;
use crate::{file, load, reading};
use kndb_engine::Model;
use kndb_engine::config::Config;
use serde_json::{Value, json};

/// The fixture with its weights in GGUF.
fn in_gguf(name: &str) -> Folder {
    let folder = Folder::of(name);
    folder.remove("model.safetensors");
    std::fs::copy(file(&format!("{name}-F32")), folder.path("tiny.gguf")).expect("a copy");
    folder
}

fn ids(model: &Model) -> Vec<u32> {
    model.tokenizer.encode("The capital of France is Paris . 法国", true).expect("ids").ids
}

#[test]
fn a_folder_with_one_file_is_a_model() {
    let folder = in_gguf("llama");
    let model = folder.load();
    assert_eq!(model.weights_hash(), load("llama-F32").weights_hash());
    assert_eq!(model.side_hash().len(), "xxh3-".len() + 32, "its tokenizer.json is hashed");
    for name in ["tokenizer.json", "config.json"] {
        folder.remove(name);
        assert_eq!(ids(&folder.load()), ids(&reading::load("llama")), "without {name}");
    }
    assert_eq!(folder.load().side_hash(), "no files");
}

#[test]
fn of_several_files_the_one_that_is_meant_is_given() {
    let folder = in_gguf("llama");
    std::fs::copy(file("llama-F16"), folder.path("another.gguf")).expect("a copy");
    let error = folder.error();
    assert!(error.contains("2 GGUF files: `another.gguf`, `tiny.gguf`; give the one that is meant"), "{error}");
    let one = Model::load(folder.path("tiny.gguf"), &device()).expect("the file loads");
    assert_eq!((one.name(), one.weights_hash()), ("tiny", load("llama-F32").weights_hash()));
}

#[test]
fn weights_of_hugging_face_go_first() {
    let folder = Folder::of("llama");
    std::fs::copy(file("llama-F16"), folder.path("tiny.gguf")).expect("a copy");
    assert_eq!(folder.load().weights_hash(), reading::load("llama").weights_hash());
}

#[test]
fn a_tokenizer_beside_the_file_goes_before_that_of_the_file() {
    let folder = in_gguf("llama");
    let mut parts = Parts::of("llama-F32");
    parts.text("tokenizer.ggml.pre", "not-known");
    folder.write("tiny.gguf", &parts.bytes());
    assert_eq!(ids(&folder.load()), ids(&reading::load("llama")));
    folder.remove("tokenizer.json");
    assert!(folder.error().contains("splits texts as `not-known`"));
}

/// Many models have as many tokens as each other, so that their number tells nothing.
#[test]
fn a_tokenizer_of_another_model_beside_the_file_is_refused() {
    let folder = in_gguf("llama");
    let mut json: Value = serde_json::from_slice(&folder.read("tokenizer.json")).expect("JSON");
    let vocabulary = json["model"]["vocab"].as_object_mut().expect("tokens");
    for id in vocabulary.values_mut() {
        *id = match id.as_u64() {
            Some(200) => 201.into(),
            Some(201) => 200.into(),
            _ => continue,
        };
    }
    folder.write("tokenizer.json", json.to_string().as_bytes());
    let error = folder.error();
    assert!(error.contains("tokenizer.json: has `") && error.contains("` as token 200, where "), "{error}");
    assert!(error.contains("tiny.gguf has `") && error.contains("it is another model's: take it away"), "{error}");
    // Without the file's own list nothing says so.
    let mut parts = Parts::of("llama-F32");
    parts.remove("tokenizer.ggml.tokens");
    folder.write("tiny.gguf", &parts.bytes());
    folder.load();
}

/// A file may lie among those of other models.
#[test]
fn settings_and_tokens_beside_a_file_with_a_tokenizer_of_its_own_are_another_s() {
    let folder = in_gguf("llama");
    folder.remove("tokenizer.json");
    let own = ids(&folder.load());
    folder.write("added_tokens.json", br#"{"capital": 32000}"#);
    folder.write("special_tokens_map.json", br#"{"eos_token": "Paris", "bos_token": "France"}"#);
    let model = folder.load();
    assert_eq!(ids(&model), own);
    assert_eq!((model.settings_hash(), model.side_hash().len()), ("no files", load("llama-F32").side_hash().len()));
    folder.remove("added_tokens.json");
    folder.write("tokenizer_config.json", br#"{"added_tokens_decoder": {"5": {"content": "capital"}}}"#);
    assert_eq!(ids(&folder.load()), own);
}

#[test]
fn a_configuration_beside_the_file_must_speak_of_the_same_model() {
    let folder = in_gguf("gemma3");
    folder.load();
    for (field, other) in [
        ("hidden_size", json!(32)),
        ("num_hidden_layers", json!(4)),
        ("rms_norm_eps", json!(1e-5)),
        ("query_pre_attn_scalar", json!(6)),
        ("layer_types", json!(["full_attention", "sliding_attention", "full_attention"])),
    ] {
        let folder = in_gguf("gemma3");
        folder.config(|config| config[field] = other.clone());
        let error = folder.error();
        assert!(error.contains(&format!("config.json: {field} is {other}")), "{error}");
        assert!(error.contains("tiny.gguf says; do both belong to one model?"), "{error}");
    }
    // Many files are published beside no more than this.
    folder.write("config.json", br#"{"model_type": "gemma3"}"#);
    folder.load();
}

#[test]
fn the_layers_of_a_file_are_known_without_loading_it() {
    for name in ["llama", "qwen2", "gemma3"] {
        let config = Config::of_model(&file(&format!("{name}-F32"))).expect("a configuration");
        assert_eq!(config.layers().expect("a number"), Some(3));
    }
}

#[test]
fn a_key_that_is_not_known_is_told() {
    let folder = in_gguf("llama");
    let mut parts = Parts::of("llama-F32");
    parts.number("llama.new_part", 1);
    parts.number("somebody.else", 1);
    folder.write("tiny.gguf", &parts.bytes());
    let model = folder.load();
    assert!(model.notes().iter().any(|note| note.contains("`llama.new_part` is not known")), "{:?}", model.notes());
    assert!(!model.notes().iter().any(|note| note.contains("somebody")));
}
