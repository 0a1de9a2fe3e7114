//! `tokenizer.json`, and the special tokens prompts need.

use crate::config::Config;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer as Inner;

/// A tokenizer with fewer tokens than this share of a model's embeddings is another model's.
const LEAST_SHARE: f64 = 0.75;

/// The tokenizer of a model folder.
pub struct Tokenizer {
    inner: Inner,
    /// The mask token and its id (masked language models).
    pub mask: Option<(String, u32)>,
    /// The end-of-sequence token's id (causal language models).
    pub end: Option<u32>,
    /// The id that stands for what the vocabulary lacks.
    pub unknown: Option<u32>,
}

/// A text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Which of them the tokenizer added around the text.
    pub added: Vec<bool>,
}

impl Tokenizer {
    /// Reads the tokenizer of a folder and checks that it fits the model: `vocabulary` embeddings; a masked model needs a
    /// mask token, a causal one an end-of-sequence token.
    pub fn read(folder: &Path, config: &Config, vocabulary: usize, causal: bool) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let wrong = |reason: String| Error::Tokenizer { path: path.clone(), reason };
        let mut inner = Inner::from_bytes(&bytes).map_err(|e| wrong(format!("not a tokenizer: {e}")))?;
        inner.with_truncation(None).map_err(|e| wrong(e.to_string()))?;
        inner.with_padding(None);
        let largest = inner.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocabulary {
            return Err(wrong(format!(
                "gives ids up to {largest}, but the model has {vocabulary} embeddings; it belongs to another model"
            )));
        }
        // Embeddings are padded to round numbers, but not by a quarter.
        let known = inner.get_vocab_size(true);
        if (known as f64) < LEAST_SHARE * vocabulary as f64 {
            return Err(wrong(format!(
                "knows {known} tokens, but the model has {vocabulary} embeddings; it belongs to another model"
            )));
        }
        let side = SideFiles::read(folder)?;
        let id_of = |names: &[&str]| names.iter().find_map(|name| inner.token_to_id(name));
        let mask = side
            .token("mask_token")
            .into_iter()
            .chain(["[MASK]".to_owned(), "<mask>".to_owned()])
            .find_map(|name| inner.token_to_id(&name).map(|id| (name, id)));
        let end = match config.value("eos_token_id") {
            Some(value) => value.as_array().and_then(|ids| ids.first()).unwrap_or(value).as_u64().map(|id| id as u32),
            None => side.token("eos_token").and_then(|name| inner.token_to_id(&name)),
        };
        let end = end.or_else(|| id_of(&["<|endoftext|>", "</s>", "<eos>"]));
        let unknown =
            side.token("unk_token").and_then(|name| inner.token_to_id(&name)).or_else(|| id_of(&["[UNK]", "<unk>"]));
        if !causal && mask.is_none() {
            return Err(wrong("has no mask token; a masked language model needs one ([MASK] or <mask>)".into()));
        }
        match end {
            None if causal => {
                return Err(wrong("names no end-of-sequence token, and config.json has no eos_token_id".into()));
            }
            Some(id) if id as usize >= vocabulary => {
                return Err(wrong(format!("end-of-sequence id {id} is not among the model's {vocabulary} embeddings")));
            }
            _ => {}
        }
        Ok(Self { inner, mask, end, unknown })
    }

    /// Ids of a text, with the tokens that models expect around it if `special`.
    pub fn encode(&self, text: &str, special: bool) -> std::result::Result<Encoded, String> {
        let encoding = self.inner.encode(text, special).map_err(|e| e.to_string())?;
        let added = encoding.get_special_tokens_mask().iter().map(|&flag| flag == 1).collect();
        Ok(Encoded { ids: encoding.get_ids().to_vec(), added })
    }

    /// The text of ids.
    pub fn decode(&self, ids: &[u32]) -> std::result::Result<String, String> {
        self.inner.decode(ids, false).map_err(|e| e.to_string())
    }
}

/// Files beside `tokenizer.json` that name the special tokens.
struct SideFiles(Vec<serde_json::Value>);

impl SideFiles {
    fn read(folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            let path: PathBuf = folder.join(name);
            if path.exists() {
                let bytes = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
                let value = serde_json::from_slice(&bytes)
                    .map_err(|e| Error::File { path: path.clone(), reason: format!("not JSON: {e}") })?;
                files.push(value);
            }
        }
        Ok(Self(files))
    }

    /// A token, written as a text or as an object with `content`.
    fn token(&self, field: &str) -> Option<String> {
        self.0.iter().find_map(|file| {
            let value = file.get(field)?;
            value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
        })
    }
}
