//! Settings of `tokenizer_config.json` that change how a `tokenizer.json` beside it splits texts.
//!
//! As in Hugging Face 5: `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` count for BERT's class,
//! `add_prefix_space` for the byte-level classes, Llama's and XLM-R's; `add_bos_token` and `add_eos_token` do not count, for the
//! post_processor of `tokenizer.json` says what is added. A setting that is not given leaves `tokenizer.json` as it is.

use super::class::Class;
use super::side_files::SideFiles;
use crate::error::{Error, Result};
use tokenizers::Tokenizer as Inner;
use tokenizers::models::ModelWrapper;
use tokenizers::normalizers::{BertNormalizer, NormalizerWrapper, Sequence};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence as Splitters;
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;

/// What SentencePiece writes for a blank.
const BLANK: char = '▁';

/// Applies the settings; what changes `tokenizer.json` is noted.
pub(super) fn apply(inner: &mut Inner, class: &Class, side: &SideFiles, notes: &mut Vec<String>) -> Result<()> {
    match class {
        Class::Bert if matches!(inner.get_model(), ModelWrapper::WordPiece(_)) => {
            unknown_word(inner, side, notes);
            lower_case(inner, side, notes)
        }
        Class::Gpt2 | Class::GptNeoX | Class::Roberta | Class::Qwen2 => byte_level_prefix(inner, side, notes),
        Class::Llama => blank_before(inner, side, notes),
        Class::XlmRoberta => blank_before_words(inner, side, notes),
        _ => Ok(()),
    }
}

/// BERT's class goes by the name in the files beside `tokenizer.json`.
fn unknown_word(inner: &mut Inner, side: &SideFiles, notes: &mut Vec<String>) {
    let ModelWrapper::WordPiece(model) = inner.get_model() else { return };
    let Some(named) = side.token("unk_token").map(|named| named.token.content) else { return };
    if named == model.unk_token || inner.token_to_id(&named).is_none() {
        return;
    }
    let mut model = model.clone();
    let own = std::mem::replace(&mut model.unk_token, named.clone());
    inner.with_model(model);
    notes.push(format!(
        "the files beside tokenizer.json call the unknown `{named}`, tokenizer.json `{own}`: an unknown word is `{named}`, as \
         in Hugging Face"
    ));
}

fn lower_case(inner: &mut Inner, side: &SideFiles, notes: &mut Vec<String>) -> Result<()> {
    let lower = side.flag("do_lower_case")?;
    let (accents, chinese) = (side.flag("strip_accents")?, side.flag("tokenize_chinese_chars")?);
    let found = inner.get_normalizer().and_then(bert_normalizer);
    // Without BERT's normaliser, Hugging Face puts it in the place of whatever is there.
    if lower.is_none() && (found.is_none() || (accents.is_none() && chinese.is_none())) {
        return Ok(());
    }
    let before = found.unwrap_or_else(|| BertNormalizer::new(true, true, None, true));
    let mut after = before;
    after.lowercase = lower.unwrap_or(before.lowercase);
    after.strip_accents = accents.or(before.strip_accents);
    after.handle_chinese_chars = chinese.unwrap_or(before.handle_chinese_chars);
    let fields = |it: BertNormalizer| (it.lowercase, it.strip_accents, it.handle_chinese_chars);
    if found.map(fields) == Some(fields(after)) {
        return Ok(());
    }
    replace_normalizer(inner, Some(after.into()))?;
    let told = |flag: bool| if flag { "lower-cases" } else { "does not lower-case" };
    notes.push(format!(
        "tokenizer_config.json changes the normaliser of tokenizer.json, as in Hugging Face: it {} texts",
        told(after.lowercase)
    ));
    Ok(())
}

fn bert_normalizer(normalizer: &NormalizerWrapper) -> Option<BertNormalizer> {
    match normalizer {
        NormalizerWrapper::BertNormalizer(bert) => Some(*bert),
        _ => None,
    }
}

fn byte_level_prefix(inner: &mut Inner, side: &SideFiles, notes: &mut Vec<String>) -> Result<()> {
    let (Some(wanted), Some(mut splitter)) = (side.flag("add_prefix_space")?, inner.get_pre_tokenizer().cloned())
    else {
        return Ok(());
    };
    if set_prefix_space(&mut splitter, wanted) {
        inner.with_pre_tokenizer(Some(splitter));
        notes.push(prefix_note(wanted));
    }
    Ok(())
}

/// Whether anything changed.
fn set_prefix_space(splitter: &mut PreTokenizerWrapper, wanted: bool) -> bool {
    match splitter {
        PreTokenizerWrapper::ByteLevel(bytes) => std::mem::replace(&mut bytes.add_prefix_space, wanted) != wanted,
        PreTokenizerWrapper::Sequence(all) => {
            let mut changed = false;
            for each in all.as_mut().iter_mut() {
                changed |= set_prefix_space(each, wanted);
            }
            changed
        }
        _ => false,
    }
}

fn prefix_note(wanted: bool) -> String {
    let what = if wanted { "a blank is put" } else { "no blank is put" };
    format!("tokenizer_config.json's add_prefix_space goes before tokenizer.json: {what} before texts")
}

/// Llama's class with a byte-level `tokenizer.json` (Llama 3) takes that as it is.
fn blank_before(inner: &mut Inner, side: &SideFiles, notes: &mut Vec<String>) -> Result<()> {
    let Some(wanted) = side.flag("add_prefix_space")? else { return Ok(()) };
    let normalizer = inner.get_normalizer().cloned();
    let splitter = inner.get_pre_tokenizer().cloned();
    if splitter.as_ref().is_some_and(has_byte_level) {
        return Ok(());
    }
    let prepends = normalizer.as_ref().is_some_and(prepends);
    let metaspace = match splitter {
        Some(PreTokenizerWrapper::Metaspace(metaspace)) => Some(metaspace),
        _ => None,
    };
    let has = prepends || metaspace.as_ref().is_some_and(|it| it.get_prepend_scheme() != PrependScheme::Never);
    if has == wanted {
        return Ok(());
    }
    let scheme = if wanted { PrependScheme::First } else { PrependScheme::Never };
    if let Some(mut metaspace) = metaspace {
        metaspace.set_prepend_scheme(scheme);
        inner.with_pre_tokenizer(Some(metaspace));
        if prepends && !wanted {
            replace_normalizer(inner, normalizer.and_then(without_prepend))?;
        }
    } else if wanted {
        replace_normalizer(inner, None)?;
        inner.with_pre_tokenizer(Some(Metaspace::new(BLANK, scheme, false)));
    } else {
        replace_normalizer(inner, normalizer.and_then(without_prepend))?;
    }
    notes.push(prefix_note(wanted));
    Ok(())
}

/// XLM-R's class. Where the setting differs from `tokenizer.json`, Hugging Face's own splitter is what counts.
fn blank_before_words(inner: &mut Inner, side: &SideFiles, notes: &mut Vec<String>) -> Result<()> {
    let Some(wanted) = side.flag("add_prefix_space")? else { return Ok(()) };
    let scheme = inner.get_pre_tokenizer().and_then(prepend_scheme);
    if scheme.map(|scheme| scheme != PrependScheme::Never) == Some(wanted) {
        return Ok(());
    }
    let scheme = if wanted { PrependScheme::Always } else { PrependScheme::Never };
    let metaspace = Metaspace::new(BLANK, scheme, true);
    inner.with_pre_tokenizer(Some(Splitters::new(vec![WhitespaceSplit.into(), metaspace.into()])));
    notes.push(prefix_note(wanted));
    Ok(())
}

fn prepend_scheme(splitter: &PreTokenizerWrapper) -> Option<PrependScheme> {
    match splitter {
        PreTokenizerWrapper::Metaspace(metaspace) => Some(metaspace.get_prepend_scheme()),
        PreTokenizerWrapper::Sequence(all) => all.as_ref().iter().find_map(prepend_scheme),
        _ => None,
    }
}

fn has_byte_level(splitter: &PreTokenizerWrapper) -> bool {
    match splitter {
        PreTokenizerWrapper::ByteLevel(_) => true,
        PreTokenizerWrapper::Sequence(all) => all.as_ref().iter().any(has_byte_level),
        _ => false,
    }
}

fn prepends(normalizer: &NormalizerWrapper) -> bool {
    match normalizer {
        NormalizerWrapper::Prepend(_) => true,
        NormalizerWrapper::Sequence(all) => all.as_ref().iter().any(prepends),
        _ => false,
    }
}

fn without_prepend(normalizer: NormalizerWrapper) -> Option<NormalizerWrapper> {
    match normalizer {
        NormalizerWrapper::Prepend(_) => None,
        NormalizerWrapper::Sequence(all) => {
            Some(NormalizerWrapper::Sequence(Sequence::new(all.into_iter().filter_map(without_prepend).collect())))
        }
        other => Some(other),
    }
}

fn replace_normalizer(inner: &mut Inner, normalizer: Option<NormalizerWrapper>) -> Result<()> {
    let set = inner.with_normalizer(normalizer);
    set.map(|_| ()).map_err(|e| Error::Tokenizer { path: "tokenizer.json".into(), reason: e.to_string() })
}
