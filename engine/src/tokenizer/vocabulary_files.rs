//! A tokenizer from `vocab.txt`, or from `vocab.json` and `merges.txt`, as Hugging Face builds it where there is no
//! `tokenizer.json`: written as such a file would be.

use super::class::Class;
use super::side_files::SideFiles;
use crate::config::Config;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer as Inner;

/// Formats that only other libraries read.
const OTHERS: [(&str, &str); 7] = [
    ("tokenizer.model", "a SentencePiece model"),
    ("spiece.model", "a SentencePiece model"),
    ("sentencepiece.bpe.model", "a SentencePiece model"),
    ("spm.model", "a SentencePiece model"),
    ("tekken.json", "a vocabulary of Mistral's"),
    ("qwen.tiktoken", "a vocabulary of tiktoken's"),
    ("tiktoken.model", "a vocabulary of tiktoken's"),
];
/// The way out of everything that is not read here.
const SAVE: &str = "`AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)` of Hugging Face's transformers writes \
                    tokenizer.json";
/// How Qwen 2 splits a text before its pairs (`transformers`, `tokenization_qwen2.py`).
pub(super) const QWEN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The tokenizer, and the files that make it.
pub(super) fn read(
    folder: &Path,
    class: &Class,
    side: &mut SideFiles,
    config: &Config,
) -> Result<(Inner, Vec<PathBuf>)> {
    let [words, pairs, merges] = ["vocab.txt", "vocab.json", "merges.txt"].map(|name| folder.join(name));
    let (file, files) = match class {
        Class::Bert if words.exists() => (word_pieces(&words, side)?, vec![words]),
        Class::Gpt2 | Class::GptNeoX | Class::Roberta | Class::Qwen2 if pairs.exists() => {
            (byte_pairs(&pairs, &merges, class, side)?, vec![pairs, merges])
        }
        _ => return Err(not_read(folder, class, config)),
    };
    let wrong = |reason: String| Error::Tokenizer { path: files[0].clone(), reason };
    let mut inner = Inner::from_bytes(file.to_string()).map_err(|e| wrong(format!("makes no tokenizer: {e}")))?;
    for (id, token) in side.added_tokens()? {
        let name = token.content.clone();
        inner.add_tokens([token]).map_err(|e| wrong(e.to_string()))?;
        if inner.token_to_id(&name) != Some(id) {
            let found = inner.token_to_id(&name).map_or_else(|| "none".into(), |id| id.to_string());
            return Err(wrong(format!(
                "the files beside it give `{name}` id {id}; after this vocabulary it has {found}"
            )));
        }
    }
    let usual = ["bos_token", "eos_token", "unk_token", "cls_token", "sep_token", "mask_token"];
    let usual = usual.into_iter().filter(|field| side.token(field).is_none());
    let usual = usual.filter_map(|field| class.default_token(field)).filter(|name| inner.token_to_id(name).is_some());
    let usual: Vec<_> = usual.map(|name| tokenizers::AddedToken::from(name, true)).collect();
    inner.add_special_tokens(usual).map_err(|e| wrong(e.to_string()))?;
    Ok((inner, files))
}

/// What is there instead, and the way out.
fn not_read(folder: &Path, class: &Class, config: &Config) -> Error {
    for (name, what) in OTHERS {
        let path = folder.join(name);
        if path.exists() {
            let reason = format!("{what}, which kndb does not read, and the folder has no tokenizer.json; {SAVE}");
            return Error::File { path, reason };
        }
    }
    for name in ["vocab.txt", "vocab.json"] {
        let path = folder.join(name);
        if path.exists() {
            let kind = match class {
                Class::Other(class) => format!("`{class}`, which kndb does not build"),
                _ => format!("model_type `{}`", config.text("model_type").unwrap_or_default()),
            };
            let reason =
                format!("a vocabulary without tokenizer.json, in a folder for {kind}, so its meaning is open; {SAVE}");
            return Error::File { path, reason };
        }
    }
    let path = folder.join("tokenizer.json");
    Error::Read { path, source: std::io::ErrorKind::NotFound.into() }
}

fn text(path: &Path) -> Result<String> {
    String::from_utf8(crate::folder::text(path)?)
        .map_err(|e| Error::File { path: path.to_owned(), reason: format!("not UTF-8: {e}") })
}

fn special(side: &SideFiles, class: &Class, field: &str) -> Option<String> {
    side.token(field).map(|named| named.token.content).or_else(|| class.default_token(field).map(str::to_owned))
}

/// A special token that must be in the vocabulary, with its id.
fn needed(
    vocab: &Map<String, Value>,
    path: &Path,
    side: &SideFiles,
    class: &Class,
    field: &str,
) -> Result<(String, Value)> {
    let name = special(side, class, field).unwrap_or_default();
    let id = vocab.get(&name).cloned().ok_or_else(|| Error::Tokenizer {
        path: path.to_owned(),
        reason: format!("has no `{name}`, the {field} of a folder without tokenizer.json"),
    })?;
    Ok((name, id))
}

/// BERT's: `[CLS]` text `[SEP]`.
fn word_pieces(path: &Path, side: &SideFiles) -> Result<Value> {
    let class = &Class::Bert;
    let mut vocab = Map::new();
    for (id, line) in text(path)?.lines().enumerate() {
        vocab.insert(line.trim_end().to_owned(), id.into());
    }
    let (cls, cls_id) = needed(&vocab, path, side, class, "cls_token")?;
    let (sep, sep_id) = needed(&vocab, path, side, class, "sep_token")?;
    let (unknown, _) = needed(&vocab, path, side, class, "unk_token")?;
    let lower = match side.flag("do_lower_case")? {
        Some(lower) => lower,
        // Hugging Face lower-cases then, which makes a cased vocabulary's words unknown.
        None if vocab.keys().any(|token| is_cased(token)) => {
            return Err(Error::Tokenizer {
                path: path.to_owned(),
                reason: "has words in capitals, and no tokenizer_config.json says `do_lower_case`; write \
                         {\"do_lower_case\": false} into tokenizer_config.json, or true if texts are to be lower-cased"
                    .into(),
            });
        }
        None => true,
    };
    let around = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let (a, b) = (json!({"Sequence": {"id": "A", "type_id": 0}}), json!({"Sequence": {"id": "B", "type_id": 1}}));
    let token = |name: &str, id: &Value| json!({"id": name, "ids": [id], "tokens": [name]});
    let mut tokens = Map::new();
    tokens.insert(cls.clone(), token(&cls, &cls_id));
    tokens.insert(sep.clone(), token(&sep, &sep_id));
    Ok(json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "lowercase": lower,
            "handle_chinese_chars": side.flag("tokenize_chinese_chars")?.unwrap_or(true),
            "strip_accents": side.flag("strip_accents")?,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing", "special_tokens": tokens,
            "single": [around(&cls), &a, around(&sep)], "pair": [around(&cls), &a, around(&sep), &b, around(&sep)],
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab,
        },
    }))
}

/// Whether a token is one of a vocabulary that knows capitals; names such as `[UNK]` say nothing.
fn is_cased(token: &str) -> bool {
    !token.starts_with(['[', '<']) && token.chars().any(char::is_uppercase)
}

/// GPT-2's and its kin.
fn byte_pairs(path: &Path, merges: &Path, class: &Class, side: &SideFiles) -> Result<Value> {
    let vocab: Map<String, Value> = serde_json::from_str(&text(path)?)
        .map_err(|e| Error::File { path: path.to_owned(), reason: format!("not an object of tokens and ids: {e}") })?;
    if !merges.exists() {
        let reason = format!("there, but merges.txt is not, and the folder has no tokenizer.json; {SAVE}");
        return Err(Error::File { path: path.to_owned(), reason });
    }
    let mut pairs = Vec::new();
    for (number, line) in text(merges)?.lines().enumerate() {
        if line.starts_with("#version") {
            continue;
        }
        let wrong = |reason: String| {
            let line: String = line.chars().take(80).collect();
            Error::File { path: merges.to_owned(), reason: format!("line {} is `{line}`; {reason}", number + 1) }
        };
        let [first, second] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(wrong("expected two tokens with a blank between them".into()));
        };
        let joined = format!("{first}{second}");
        if let Some(lacking) = [first, second, &joined].into_iter().find(|token| !vocab.contains_key(*token)) {
            return Err(wrong(format!("vocab.json has no `{lacking}`: do both belong to one model?")));
        }
        pairs.push([first.to_owned(), second.to_owned()]);
    }
    let prefix = side.flag("add_prefix_space")?.unwrap_or(false);
    let bytes = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex});
    let split = json!({"type": "Split", "pattern": {"Regex": QWEN}, "behavior": "Isolated", "invert": false});
    let qwen = *class == Class::Qwen2;
    Ok(json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": if matches!(class, Class::Qwen2 | Class::GptNeoX) { json!({"type": "NFC"}) } else { Value::Null },
        "pre_tokenizer": if qwen { json!({"type": "Sequence", "pretokenizers": [split, bytes(false)]}) } else { bytes(true) },
        "post_processor": around_byte_pairs(&vocab, path, class, side, prefix)?,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "",
            "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab, "merges": pairs,
        },
    }))
}

/// What is put around a text: RoBERTa's `<s>` and `</s>`, or what `add_bos_token` and `add_eos_token` say.
fn around_byte_pairs(
    vocab: &Map<String, Value>,
    path: &Path,
    class: &Class,
    side: &SideFiles,
    prefix: bool,
) -> Result<Value> {
    if *class == Class::Roberta {
        let sep = needed(vocab, path, side, class, "sep_token")?;
        let cls = needed(vocab, path, side, class, "cls_token")?;
        return Ok(json!({
            "type": "RobertaProcessing", "sep": [sep.0, sep.1], "cls": [cls.0, cls.1], "trim_offsets": true,
            "add_prefix_space": prefix,
        }));
    }
    let (mut single, mut tokens) = (vec![json!({"Sequence": {"id": "A", "type_id": 0}})], Map::new());
    for (flag, field) in [("add_bos_token", "bos_token"), ("add_eos_token", "eos_token")] {
        if side.flag(flag)? != Some(true) || special(side, class, field).is_none() {
            continue;
        }
        let (name, id) = needed(vocab, path, side, class, field)?;
        let at = if field == "bos_token" { 0 } else { single.len() };
        single.insert(at, json!({"SpecialToken": {"id": &name, "type_id": 0}}));
        tokens.insert(name.clone(), json!({"id": &name, "ids": [id], "tokens": [&name]}));
    }
    if tokens.is_empty() {
        return Ok(Value::Null);
    }
    let pair = [single.as_slice(), &[json!({"Sequence": {"id": "B", "type_id": 1}})]].concat();
    Ok(json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}))
}
