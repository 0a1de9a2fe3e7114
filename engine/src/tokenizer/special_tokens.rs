//! The special tokens that questions need: mask, end and beginning of a sequence, and what stands for the unknown.

use super::Encoded;
use super::class::Class;
use super::side_files::SideFiles;
use crate::config::Config;
use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use tokenizers::Tokenizer as Inner;
use tokenizers::models::ModelWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

/// Fields that name special tokens.
pub(super) const FIELDS: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// The id of a token that the side files name; an error if the tokenizer does not have it.
fn named_id(inner: &Inner, side: &SideFiles, field: &'static str) -> Result<Option<(String, u32)>> {
    let Some(named) = side.token(field) else { return Ok(None) };
    let name = named.token.content;
    match inner.token_to_id(&name) {
        Some(id) => Ok(Some((name, id))),
        None => Err(Error::Variant {
            path: named.path,
            field,
            found: format!("`{name}`"),
            expected: "a token that the tokenizer has".into(),
        }),
    }
}

fn first_known(inner: &Inner, names: &[&str]) -> Option<(String, u32)> {
    names.iter().find_map(|&name| Some((name.to_owned(), inner.token_to_id(name)?)))
}

/// The mask token of a masked model.
pub(super) fn mask(
    inner: &Inner,
    side: &SideFiles,
    class: &Class,
    path: &Path,
    causal: bool,
) -> Result<Option<(String, u32)>> {
    if causal {
        return Ok(None);
    }
    let usual = || class.default_token("mask_token").into_iter().chain(["[MASK]", "<mask>"]).collect::<Vec<_>>();
    let found = named_id(inner, side, "mask_token")?.or_else(|| first_known(inner, &usual()));
    found.map(Some).ok_or_else(|| Error::Tokenizer {
        path: path.to_owned(),
        reason: "has no mask token; a masked language model needs one ([MASK] or <mask>, or the `mask_token` that \
                 special_tokens_map.json or tokenizer_config.json names)"
            .into(),
    })
}

/// The end-of-sequence token of a causal model, which stands for a missing word, or why there is none: `eos_token_id` of
/// `config.json` (the first of several), else the token that the side files name, else the usual one. Folders whose
/// configuration has the default id of a larger vocabulary are common; that id is then no id of theirs.
pub(super) fn end(
    inner: &Inner,
    side: &SideFiles,
    class: &Class,
    config: &Config,
    vocabulary: usize,
    notes: &mut Vec<String>,
) -> Result<std::result::Result<u32, String>> {
    let given = match config.value("eos_token_id") {
        Some(value) => Some(token_id(config, "eos_token_id", value, vocabulary)?),
        None => None,
    };
    let no_embedding = match given {
        Some(Ok(id)) => return Ok(Ok(id)),
        Some(Err(id)) => Some(id),
        None => None,
    };
    let usual = class.default_token("eos_token").into_iter().chain(["<|endoftext|>", "</s>", "<eos>"]);
    let found = match side.token("eos_token") {
        Some(named) => {
            let name = named.token.content;
            let id = inner.token_to_id(&name);
            if id.is_none() {
                let file = named.path.file_name().unwrap_or_default().to_string_lossy();
                return Ok(Err(format!(
                    "{}, and the tokenizer lacks the eos_token `{name}` that {file} names; {WAY_OUT}",
                    said(no_embedding, vocabulary)
                )));
            }
            id.map(|id| (name, id))
        }
        None => first_known(inner, &usual.collect::<Vec<_>>()),
    };
    Ok(match found {
        Some((name, id)) if (id as usize) < vocabulary => {
            if let Some(wrong) = no_embedding {
                notes.push(format!(
                    "config.json says eos_token_id {wrong}, of which the model has no embedding; `{name}` ({id}) of the \
                     tokenizer stands for a missing word"
                ));
            }
            Ok(id)
        }
        Some((name, id)) => {
            let said = said(no_embedding, vocabulary);
            Err(format!("{said}, and the model has no embedding of `{name}` ({id}) of the tokenizer; {WAY_OUT}"))
        }
        None => Err(format!(
            "{}, and neither tokenizer_config.json nor special_tokens_map.json has an `eos_token`; {WAY_OUT}",
            said(no_embedding, vocabulary)
        )),
    })
}

const WAY_OUT: &str = "add \"eos_token_id\", the id of the token that ended its training texts, to config.json, or choose a method \
                       or preset that replaces no words (`kn`)";

fn said(no_embedding: Option<i64>, vocabulary: usize) -> String {
    let why = "no end-of-sequence token, which stands for a missing word: `eos_token_id` is";
    match no_embedding {
        Some(id) => format!("{why} {id}, which is not among the model's {vocabulary} embeddings"),
        None => format!("{why} missing"),
    }
}

/// An id, or the first of a list of them, that `config.json` gives; `Err` inside for one that has no embedding.
fn token_id(
    config: &Config,
    field: &'static str,
    value: &serde_json::Value,
    vocabulary: usize,
) -> Result<std::result::Result<u32, i64>> {
    let ids: Vec<_> = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
    let whole = |id: &&serde_json::Value| id.is_i64();
    let first = ids.first().and_then(|id| id.as_i64()).filter(|_| ids.iter().all(whole));
    let first = first.ok_or_else(|| {
        let expected = format!("the id, or a list of ids, of tokens among the model's {vocabulary} embeddings");
        config.wrong(field, value, expected)
    })?;
    Ok(u32::try_from(first).ok().filter(|&id| (id as usize) < vocabulary).ok_or(first))
}

/// The token that `--bos` puts before a prompt, or why there is none to put: that of the side files, else of
/// `config.json`. Two that differ are one too many.
pub(super) fn begin(
    inner: &Inner,
    side: &SideFiles,
    class: &Class,
    config: &Config,
    vocabulary: usize,
) -> std::result::Result<u32, String> {
    let named = named_id(inner, side, "bos_token").map_err(|e| e.to_string())?;
    let given = match config.value("bos_token_id") {
        Some(value) => Some(token_id(config, "bos_token_id", value, vocabulary).map_err(|e| e.to_string())?),
        None => None,
    };
    let default = || class.default_token("bos_token").filter(|_| !side.denies("bos_token"));
    let id = match (named, given) {
        (Some((name, id)), Some(Ok(given))) if id != given => {
            return Err(format!("config.json says bos_token_id {given}, the tokenizer's `bos_token` `{name}` is {id}"));
        }
        (None, Some(Ok(given))) if side.denies("bos_token") => {
            return Err(format!(
                "config.json says bos_token_id {given}, tokenizer_config.json that there is no bos_token"
            ));
        }
        (Some((_, id)), _) | (None, Some(Ok(id))) => id,
        (None, given) => match (default().and_then(|name| inner.token_to_id(name)), given) {
            (Some(id), _) => id,
            (None, Some(Err(id))) => {
                return Err(format!(
                    "config.json says bos_token_id {id}, of which the model has no embedding, and tokenizer_config.json \
                     (bos_token) names none"
                ));
            }
            _ => {
                return Err("neither tokenizer_config.json (bos_token) nor config.json (bos_token_id) names one".into());
            }
        },
    };
    if id as usize >= vocabulary {
        return Err(format!("the model has no embedding of token {id}"));
    }
    let around = inner.encode("", true).map_err(|e| e.to_string())?;
    match around.get_ids().contains(&id) {
        true => Err("the tokenizer adds it already".into()),
        false => Ok(id),
    }
}

/// What becomes of text that the vocabulary lacks.
pub(super) struct Unknown {
    /// Ids that stand for it.
    pub ids: BTreeSet<u32>,
    /// Whether it is dropped instead, so that no id tells.
    dropped: Dropped,
}

#[derive(PartialEq, Eq)]
enum Dropped {
    Nothing,
    Characters,
    /// Of a byte-level vocabulary: these are missing.
    Bytes(Vec<u8>),
}

impl Unknown {
    pub fn of(inner: &Inner, side: &SideFiles, path: &Path, end: Option<u32>) -> Result<Self> {
        let all_bytes = || (0..=u8::MAX).all(|byte| inner.token_to_id(&format!("<0x{byte:02X}>")).is_some());
        let mut dropped = Dropped::Nothing;
        let own = match inner.get_model() {
            // What is spelt in bytes is not unknown.
            ModelWrapper::BPE(model) if model.byte_fallback && all_bytes() => None,
            ModelWrapper::BPE(model) => {
                if model.unk_token.is_none() {
                    dropped = what_is_dropped(inner);
                }
                model.unk_token.as_ref().and_then(|name| inner.token_to_id(name))
            }
            ModelWrapper::WordPiece(model) => inner.token_to_id(&model.unk_token),
            ModelWrapper::WordLevel(model) => inner.token_to_id(&model.unk_token),
            ModelWrapper::Unigram(model) if model.byte_fallback() && all_bytes() => None,
            ModelWrapper::Unigram(_) => unk_id(path)?,
        };
        let mut ids: BTreeSet<u32> = own.into_iter().collect();
        let named = side.token("unk_token").and_then(|named| inner.token_to_id(&named.token.content));
        // GPT-2 calls its end of a text unknown, too, but never makes it of anything.
        ids.extend(named.filter(|&id| Some(id) != end));
        Ok(Self { ids, dropped })
    }

    pub fn is_in(&self, text: &str, encoded: &Encoded, place: Range<usize>) -> bool {
        let stands_for = |at: usize, place: &Range<usize>| {
            let token = &encoded.places[at];
            !encoded.added[at] && token.start < place.end && token.end > place.start
        };
        if (0..encoded.ids.len()).any(|at| self.ids.contains(&encoded.ids[at]) && stands_for(at, &place)) {
            return true;
        }
        let Some(part) = text.get(place.clone()) else { return false };
        match &self.dropped {
            Dropped::Nothing => false,
            Dropped::Bytes(missing) => part.bytes().any(|byte| missing.contains(&byte)),
            Dropped::Characters => part.char_indices().any(|(at, char)| {
                let from = place.start + at;
                let here = from..from + char.len_utf8();
                !char.is_whitespace() && !(0..encoded.ids.len()).any(|at| stands_for(at, &here))
            }),
        }
    }
}

/// Byte pairs without an unknown token leave out what the vocabulary lacks.
fn what_is_dropped(inner: &Inner) -> Dropped {
    fn is_byte_level(splitter: &PreTokenizerWrapper) -> bool {
        match splitter {
            PreTokenizerWrapper::ByteLevel(_) => true,
            PreTokenizerWrapper::Sequence(all) => all.as_ref().iter().any(is_byte_level),
            _ => false,
        }
    }
    if !inner.get_pre_tokenizer().is_some_and(is_byte_level) {
        return Dropped::Characters;
    }
    if ByteLevel::alphabet().iter().all(|char| inner.token_to_id(&char.to_string()).is_some()) {
        return Dropped::Nothing;
    }
    // Bytes of text that are printed as themselves, or are shifted out of the way (GPT-2's `bytes_to_unicode`).
    let plain = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut shifted = 0;
    let missing = (0..=u8::MAX).filter(|byte| {
        let written = if plain(byte) {
            Some(char::from(*byte))
        } else {
            shifted += 1;
            char::from_u32(255 + shifted)
        };
        written.is_some_and(|char| inner.token_to_id(&char.to_string()).is_none())
    });
    Dropped::Bytes(missing.collect())
}

/// `unk_id` of a Unigram model, which the library keeps to itself.
fn unk_id(path: &Path) -> Result<Option<u32>> {
    #[derive(Deserialize)]
    struct File {
        model: Model,
    }
    #[derive(Deserialize)]
    struct Model {
        unk_id: Option<u32>,
    }
    let bytes = crate::folder::text(path)?;
    let file: File = serde_json::from_slice(&bytes)
        .map_err(|e| Error::Tokenizer { path: path.to_owned(), reason: format!("no `unk_id` to read: {e}") })?;
    Ok(file.model.unk_id)
}
