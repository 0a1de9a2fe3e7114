//! SentencePiece's byte pairs (`tokenizer.ggml.model` `llama`): pieces with scores, blanks as `▁`, and bytes for what no piece
//! has. Hugging Face merges by a list, which follows from the scores (`generate_merges` of transformers).

use super::{BESIDE, Made, Vocabulary, pairs};
use crate::error::Result;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Llama 1 and 2, Mistral: a blank before the text, and the best score first.
pub(super) fn llama(vocabulary: &Vocabulary) -> Result<Made> {
    let (tokens, metadata) = (vocabulary.tokens, &vocabulary.gguf.metadata);
    let ids = vocabulary.ids(tokens)?;
    let merges = if metadata.value("tokenizer.ggml.merges").is_some() {
        vocabulary.merges(&ids)?
    } else {
        merges(tokens, &ids, &scores(vocabulary)?)
    };
    let prefix = metadata.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
    let scheme = if prefix { "first" } else { "never" };
    let mut decoders = vec![replaced("▁", " "), json!({"type": "ByteFallback"}), json!({"type": "Fuse"})];
    if prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let model = pairs(ids, merges, |model| model.fuse_unk(true).byte_fallback(true));
    Ok(Made {
        model: model.map_err(|e| vocabulary.wrong(format!("makes no tokenizer: {e}")))?,
        normalizer: Value::Null,
        pre_tokenizer: json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false}),
        decoder: json!({"type": "Sequence", "decoders": decoders}),
        begins: true,
    })
}

/// Gemma: no blank before the text. Runs of blanks are kept as such in GGUF, and merges follow the order of the tokens, not
/// their scores.
pub(super) fn gemma(vocabulary: &Vocabulary) -> Result<Made> {
    let blank = |token: &String| token.contains(' ') && token.chars().all(char::is_whitespace);
    let respelt = |token: &String| if blank(token) { "▁".repeat(token.chars().count()) } else { token.clone() };
    let tokens: Vec<String> = vocabulary.tokens.iter().map(respelt).collect();
    let ids = vocabulary.ids(&tokens)?;
    let order: Vec<f64> = (0..tokens.len()).map(|place| -(place as f64)).collect();
    let merges = merges(&tokens, &ids, &order);
    let unknown = match vocabulary.named("unknown")? {
        Some((token, _)) => token.to_owned(),
        None => "<unk>".to_owned(),
    };
    let model = pairs(ids, merges, |model| model.fuse_unk(true).byte_fallback(true).unk_token(unknown));
    let decoders = [replaced("▁", " "), json!({"type": "ByteFallback"}), json!({"type": "Fuse"})];
    Ok(Made {
        model: model.map_err(|e| vocabulary.wrong(format!("makes no tokenizer: {e}")))?,
        normalizer: replaced(" ", "▁"),
        pre_tokenizer: json!({
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false,
        }),
        decoder: json!({"type": "Sequence", "decoders": decoders}),
        begins: true,
    })
}

fn replaced(one: &str, other: &str) -> Value {
    json!({"type": "Replace", "pattern": {"String": one}, "content": other})
}

/// A score a token.
fn scores(vocabulary: &Vocabulary) -> Result<Vec<f64>> {
    let (key, metadata) = ("tokenizer.ggml.scores", &vocabulary.gguf.metadata);
    let scores = metadata.numbers(key)?;
    if scores.len() != vocabulary.tokens.len() || scores.iter().any(|score| score.is_nan()) {
        return Err(metadata.wrong(key, format!("{} numbers, one a token; {BESIDE}", vocabulary.tokens.len())));
    }
    Ok(scores.to_vec())
}

/// Every pair of tokens that makes a token: by its score, then the longest first part, then the longest second one.
fn merges(tokens: &[String], ids: &HashMap<String, u32>, scores: &[f64]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (token, &score) in tokens.iter().zip(scores) {
        let mut own = Vec::new();
        let length = token.chars().count();
        for (before, (at, _)) in token.char_indices().enumerate().skip(1) {
            let (first, second) = token.split_at(at);
            if let (Some(one), Some(two)) = (ids.get(first), ids.get(second)) {
                own.push(((*one, *two), (score, before, length - before), (first, second)));
            }
        }
        own.sort_by_key(|(ids, ..)| *ids);
        all.extend(own.into_iter().map(|(_, key, pair)| (key, pair)));
    }
    // Equal ones stay as they are.
    all.sort_by(|(one, _), (two, _)| two.partial_cmp(one).unwrap_or(Ordering::Equal));
    all.into_iter().map(|(_, (first, second))| (first.to_owned(), second.to_owned())).collect()
}
