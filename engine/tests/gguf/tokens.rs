//! Tokenizers that a GGUF file has in its metadata: the ids of Hugging Face's (`fixtures/gguf_tokens.py`).

use crate::writing::Parts;
use crate::{damaged, folder, load, reading};
use kndb_engine::Model;
use serde_json::Value;

fn goldens() -> Value {
    reading::golden("gguf", "tokens.json")
}

fn texts() -> Vec<String> {
    let goldens = goldens();
    let texts = goldens["texts"].as_array().expect("texts").iter();
    texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn ids(model: &Model, text: &str) -> Vec<f64> {
    model.tokenizer.encode(text, true).expect("ids").ids.into_iter().map(f64::from).collect()
}

#[test]
fn every_kind_gives_the_ids_of_hugging_face() {
    let goldens = goldens();
    for kind in ["gpt-2", "smollm", "llama-bpe", "qwen2", "llama2", "gemma3"] {
        let model = load(&format!("tokens-{kind}"));
        let all = goldens[kind].as_array().expect("ids a text");
        assert_eq!(all.len(), texts().len());
        for (text, golden) in texts().iter().zip(all) {
            assert_eq!(ids(&model, text), reading::numbers(golden), "{kind}: {text:?}");
        }
    }
}

#[test]
fn the_tokenizer_of_a_file_is_that_of_its_folder() {
    for name in ["llama", "qwen2", "gemma3"] {
        let (file, folder) = (load(&format!("{name}-F32")), reading::load(name));
        for text in texts() {
            assert_eq!(ids(&file, &text), ids(&folder, &text), "{name}: {text:?}");
            let found = ids(&file, &text).into_iter().map(|id| id as u32).collect::<Vec<_>>();
            assert_eq!(file.tokenizer.decode(&found), folder.tokenizer.decode(&found), "{name}: {text:?}");
        }
    }
}

#[test]
fn texts_come_back_from_their_ids() {
    for kind in ["gpt-2", "smollm", "llama-bpe", "llama2", "gemma3"] {
        let model = load(&format!("tokens-{kind}"));
        for text in ["The capital of France is Paris .", "法国的首都是巴黎。", "Παρίσι 1989"] {
            let ids = model.tokenizer.encode(text, false).expect("ids").ids;
            assert_eq!(model.tokenizer.decode(&ids).as_deref(), Ok(text), "{kind}");
        }
    }
}

/// What Llama 3 begins with is the class's, what a file says goes before it.
#[test]
fn a_file_says_what_is_put_around_a_text() {
    let first = |parts: &Parts| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tiny.gguf");
        std::fs::write(&path, parts.bytes()).expect("a file");
        let model = Model::load(&path, &folder::device()).expect("loads");
        model.tokenizer.encode("Paris", true).expect("ids").added
    };
    let mut parts = Parts::of("tokens-llama-bpe");
    assert!(first(&parts)[0]);
    parts.set("tokenizer.ggml.add_bos_token", 7, &[0]);
    assert!(!first(&parts)[0]);
    parts.set("tokenizer.ggml.add_eos_token", 7, &[1]);
    assert_eq!(first(&parts).last(), Some(&true));
}

#[test]
fn lists_of_a_tokenizer_must_fit_each_other() {
    let told = |kind: &str, edit: &dyn Fn(&mut Parts)| {
        let mut parts = Parts::of(&format!("tokens-{kind}"));
        edit(&mut parts);
        damaged::told(&parts.bytes()).expect("is refused")
    };
    let texts = |all: &[&str]| {
        let each = all.iter().flat_map(|text| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat());
        [&8_u32.to_le_bytes()[..], &(all.len() as u64).to_le_bytes(), &each.collect::<Vec<u8>>()].concat()
    };
    let error = told("gpt-2", &|parts| parts.set("tokenizer.ggml.merges", 9, &texts(&["Ġ t", "nothing"])));
    assert!(error.contains("has the merge `nothing`; expected two tokens"), "{error}");
    let error = told("gpt-2", &|parts| parts.set("tokenizer.ggml.merges", 9, &texts(&["Ġ 法"])));
    assert!(error.contains("has the merge `Ġ 法`; there is no token `法`"), "{error}");
    let error = told("gpt-2", &|parts| parts.set("tokenizer.ggml.tokens", 9, &texts(&["a", "b", "a"])));
    assert!(error.contains("has the token `a` twice, as 0 and 2"), "{error}");
    let error = told("llama2", &|parts| parts.remove("tokenizer.ggml.scores"));
    assert!(error.contains("`tokenizer.ggml.scores` is missing; expected 420 numbers"), "{error}");
    let error = told("gpt-2", &|parts| {
        parts.set("tokenizer.ggml.token_type", 9, &[5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0])
    });
    assert!(error.contains("`tokenizer.ggml.token_type` is a list of 1 numbers; expected 361, one a token"), "{error}");
}
