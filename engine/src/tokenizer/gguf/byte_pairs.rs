//! Byte pairs (`tokenizer.ggml.model` `gpt2`): every byte is a character, texts are split by a pattern before their pairs.

use super::{BESIDE, Made, Vocabulary, pairs};
use crate::error::Result;
use crate::tokenizer::vocabulary_files::QWEN;
use serde_json::{Value, json};

/// How Llama 3 splits a text (`tokenizer.json` of its makers): numbers of up to three digits, words with what stands before.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// The names that are known, for the error.
const KNOWN: &str = "gpt-2, smollm, llama-bpe, qwen2";

/// What a name of `tokenizer.ggml.pre` means.
struct Split {
    normalizer: Value,
    pre_tokenizer: Value,
    begins: bool,
    /// Whether a word that is a token is that token, whatever its merges.
    whole_words: bool,
}

fn split(name: &str) -> Option<Split> {
    let bytes =
        |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
    let by = |pattern: &str| {
        let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
        json!({"type": "Sequence", "pretokenizers": [split, bytes(false)]})
    };
    let plain = Split { normalizer: Value::Null, pre_tokenizer: bytes(true), begins: false, whole_words: false };
    Some(match name {
        "gpt-2" => plain,
        "smollm" => {
            let digits = json!({"type": "Digits", "individual_digits": true});
            Split { pre_tokenizer: json!({"type": "Sequence", "pretokenizers": [digits, bytes(true)]}), ..plain }
        }
        "llama-bpe" | "llama-v3" | "llama3" => {
            Split { pre_tokenizer: by(LLAMA3), begins: true, whole_words: true, ..plain }
        }
        "qwen2" | "deepseek-r1-qwen" => Split { normalizer: json!({"type": "NFC"}), pre_tokenizer: by(QWEN), ..plain },
        _ => return None,
    })
}

pub(super) fn make(vocabulary: &Vocabulary) -> Result<Made> {
    let name = vocabulary.gguf.metadata.text("tokenizer.ggml.pre")?.unwrap_or("default");
    let Some(split) = split(name) else {
        let what = format!("splits texts as `{name}` (`tokenizer.ggml.pre`); kndb knows {KNOWN}");
        return Err(vocabulary.wrong(format!("{what}; {BESIDE}")));
    };
    let ids = vocabulary.ids(vocabulary.tokens)?;
    let merges = vocabulary.merges(&ids)?;
    let model = pairs(ids, merges, |model| model.ignore_merges(split.whole_words));
    Ok(Made {
        model: model.map_err(|e| vocabulary.wrong(format!("makes no tokenizer: {e}")))?,
        normalizer: split.normalizer,
        pre_tokenizer: split.pre_tokenizer,
        decoder: json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}),
        begins: split.begins,
    })
}
