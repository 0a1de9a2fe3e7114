//! The tokenizer that a GGUF file has in its metadata, where no tokenizer.json lies beside it.
//!
//! llama.cpp keeps the tokens, their kinds and their merges or scores, and the name of how texts are split. What Hugging Face's
//! tokenizer of the same model does with them is built again; where the name is not known, it is refused, for other ids would
//! be another question.

mod byte_pairs;
mod sentence_pieces;

use crate::error::{Error, Result};
use crate::weights::{Family, Gguf};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;
use tokenizers::models::bpe::BPE;
use tokenizers::{AddedToken, Tokenizer as Inner};

/// The way out.
const BESIDE: &str = "put the tokenizer.json of the same model beside the file";
/// Kinds of tokens: those of texts, those that stand for no text, and those that are found in texts as a whole.
const NORMAL: f64 = 1.0;
const CONTROL: f64 = 3.0;
const USER_DEFINED: f64 = 4.0;

/// The tokens of a file.
struct Vocabulary<'a> {
    gguf: &'a Gguf,
    tokens: &'a [String],
}

/// A tokenizer in the making: its model, and what the library calls the rest, as JSON.
struct Made {
    model: BPE,
    normalizer: Value,
    pre_tokenizer: Value,
    decoder: Value,
    /// Whether a text begins with the beginning-of-sequence token where the file does not say.
    begins: bool,
}

/// The tokenizer of a file.
///
/// # Errors
/// One that is not known here; lists that do not fit each other.
pub(super) fn read(gguf: &Gguf) -> Result<Inner> {
    let vocabulary = Vocabulary { gguf, tokens: gguf.metadata.texts("tokenizer.ggml.tokens")? };
    let made = match gguf.metadata.text("tokenizer.ggml.model")? {
        Some("gpt2") => byte_pairs::make(&vocabulary)?,
        Some("llama") if gguf.family == Family::Gemma3 => sentence_pieces::gemma(&vocabulary)?,
        Some("llama") => sentence_pieces::llama(&vocabulary)?,
        None => return Err(vocabulary.wrong(format!("has no tokenizer of its own (`tokenizer.ggml.model`); {BESIDE}"))),
        Some(other) => {
            let what = format!("has a tokenizer of kind `{other}`; kndb builds `gpt2` and `llama`");
            return Err(vocabulary.wrong(format!("{what}; {BESIDE}")));
        }
    };
    vocabulary.finish(made)
}

/// Refuses a tokenizer.json beside a file whose tokens are others: many models have as many tokens as each other (Llama 2 and
/// Mistral: 32,000), and files of several often lie in one folder. Tokens that are not of texts may be spelt anew in GGUF.
pub(super) fn must_agree(gguf: &Gguf, beside: &Inner, path: &Path) -> Result<()> {
    let kinds = gguf.metadata.numbers("tokenizer.ggml.token_type")?;
    let tokens = gguf.metadata.texts("tokenizer.ggml.tokens")?;
    for (id, token) in (0_u32..).zip(tokens) {
        let is_of_texts = kinds.get(id as usize).is_none_or(|&kind| kind == NORMAL);
        if let Some(other) = beside.id_to_token(id).filter(|other| is_of_texts && other != token) {
            let here = gguf.path().display();
            let reason = format!(
                "has `{other}` as token {id}, where {here} has `{token}`; it is another model's: take it away, as the file has a \
                 tokenizer of its own, or put that of the same model there"
            );
            return Err(Error::Tokenizer { path: path.to_owned(), reason });
        }
    }
    Ok(())
}

impl Vocabulary<'_> {
    fn wrong(&self, reason: impl Display) -> Error {
        Error::Tokenizer { path: self.gguf.path().to_owned(), reason: reason.to_string() }
    }

    /// Ids by tokens, as `spelt`; the ids are the places in the list.
    fn ids(&self, spelt: &[String]) -> Result<HashMap<String, u32>> {
        if spelt.is_empty() {
            return Err(self.wrong(format!("has no tokens (`tokenizer.ggml.tokens`); {BESIDE}")));
        }
        let mut ids = HashMap::with_capacity(spelt.len());
        for (id, token) in (0_u32..).zip(spelt) {
            if let Some(other) = ids.insert(token.clone(), id) {
                return Err(self.wrong(format!("has the token `{token}` twice, as {other} and {id}; {BESIDE}")));
            }
        }
        Ok(ids)
    }

    /// The merges of the file, each of two tokens that make a third.
    fn merges(&self, ids: &HashMap<String, u32>) -> Result<Vec<(String, String)>> {
        let merges = self.gguf.metadata.texts("tokenizer.ggml.merges")?;
        let pair = |merge: &String| {
            let wrong = |why: String| self.wrong(format!("has the merge `{merge}`; {why}"));
            let [first, second] = merge.split(' ').collect::<Vec<_>>()[..] else {
                return Err(wrong("expected two tokens with a blank between them".into()));
            };
            let joined = format!("{first}{second}");
            match [first, second, &joined].into_iter().find(|token| !ids.contains_key(*token)) {
                Some(lacking) => Err(wrong(format!("there is no token `{lacking}`"))),
                None => Ok((first.to_owned(), second.to_owned())),
            }
        };
        merges.iter().map(pair).collect()
    }

    /// A token that the metadata names by its id.
    fn named(&self, what: &str) -> Result<Option<(&str, u32)>> {
        let key = format!("tokenizer.ggml.{what}_token_id");
        let Some(id) = self.gguf.metadata.maybe_size(&key)? else { return Ok(None) };
        match self.tokens.get(id) {
            Some(token) => Ok(Some((token, id as u32))),
            None => {
                Err(self.gguf.metadata.wrong(&key, format!("an id below {}, the number of tokens", self.tokens.len())))
            }
        }
    }

    fn finish(&self, made: Made) -> Result<Inner> {
        let around = self.around(made.begins)?;
        let mut inner = Inner::new(made.model);
        let part = |e: serde_json::Error| self.wrong(format!("makes no tokenizer: {e}"));
        if !made.normalizer.is_null() {
            let normalizer: tokenizers::NormalizerWrapper = serde_json::from_value(made.normalizer).map_err(part)?;
            inner.with_normalizer(Some(normalizer)).map_err(|e| self.wrong(e))?;
        }
        let splitter: tokenizers::PreTokenizerWrapper = serde_json::from_value(made.pre_tokenizer).map_err(part)?;
        inner.with_pre_tokenizer(Some(splitter));
        let decoder: tokenizers::DecoderWrapper = serde_json::from_value(made.decoder).map_err(part)?;
        inner.with_decoder(Some(decoder));
        if !around.is_null() {
            let processor: tokenizers::PostProcessorWrapper = serde_json::from_value(around).map_err(part)?;
            inner.with_post_processor(Some(processor));
        }
        let added = self.added(&inner)?;
        inner.add_tokens(added).map_err(|e| self.wrong(e))?;
        Ok(inner)
    }

    /// Tokens that are found in texts as a whole.
    fn added(&self, inner: &Inner) -> Result<Vec<AddedToken>> {
        let kinds = self.gguf.metadata.numbers("tokenizer.ggml.token_type")?;
        if !kinds.is_empty() && kinds.len() != self.tokens.len() {
            let expected = format!("{}, one a token", self.tokens.len());
            return Err(self.gguf.metadata.wrong("tokenizer.ggml.token_type", expected));
        }
        let special = |token: &str, is_special| AddedToken::from(token, is_special).normalized(false);
        let mut all = Vec::new();
        for (token, &kind) in self.tokens.iter().zip(kinds) {
            // A token that is spelt anew in the vocabulary is found by its merges.
            if (kind == CONTROL || kind == USER_DEFINED) && inner.token_to_id(token).is_some() {
                all.push(special(token, kind == CONTROL));
            }
        }
        for what in ["bos", "eos", "unknown", "padding"] {
            if let Some((token, _)) = self.named(what)?
                && inner.token_to_id(token).is_some()
            {
                all.push(special(token, true));
            }
        }
        Ok(all)
    }

    /// What is put around a text.
    fn around(&self, begins: bool) -> Result<Value> {
        let (mut single, mut tokens) = (vec![json!({"Sequence": {"id": "A", "type_id": 0}})], serde_json::Map::new());
        for (what, otherwise) in [("bos", begins), ("eos", false)] {
            let key = format!("tokenizer.ggml.add_{what}_token");
            if !self.gguf.metadata.flag(&key)?.unwrap_or(otherwise) {
                continue;
            }
            let Some((token, id)) = self.named(what)? else {
                return Err(self.wrong(format!(
                    "puts a token around every text (`{key}`), and has no `tokenizer.ggml.{what}_token_id`; {BESIDE}"
                )));
            };
            let at = if what == "bos" { 0 } else { single.len() };
            single.insert(at, json!({"SpecialToken": {"id": token, "type_id": 0}}));
            tokens.insert(token.to_owned(), json!({"id": token, "ids": [id], "tokens": [token]}));
        }
        if tokens.is_empty() {
            return Ok(Value::Null);
        }
        let pair = [single.as_slice(), &[json!({"Sequence": {"id": "B", "type_id": 1}})]].concat();
        Ok(json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}))
    }
}

/// A model of the library.
fn pairs(
    ids: HashMap<String, u32>,
    merges: Vec<(String, String)>,
    more: impl FnOnce(tokenizers::models::bpe::BpeBuilder) -> tokenizers::models::bpe::BpeBuilder,
) -> std::result::Result<BPE, String> {
    let ids: tokenizers::models::bpe::Vocab = ids.into_iter().collect();
    more(BPE::builder().vocab_and_merges(ids, merges)).build().map_err(|e| e.to_string())
}
