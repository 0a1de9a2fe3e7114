//! What is put around a text where `tokenizer.json` has no post_processor, or other tokens than the files beside it name:
//! what Hugging Face's class of the folder puts there.

use super::class::Class;
use super::side_files::SideFiles;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{PostProcessor, Tokenizer as Inner};

/// Classes of causal models, not known here otherwise, that put tokens around texts of their own accord.
const ADDING: [&str; 12] = [
    "AlbertTokenizer",
    "BigBirdTokenizer",
    "CLIPTokenizer",
    "CamembertTokenizer",
    "DebertaV2Tokenizer",
    "MBartTokenizer",
    "MPNetTokenizer",
    "NllbTokenizer",
    "PegasusTokenizer",
    "T5Tokenizer",
    "XGLMTokenizer",
    "XLNetTokenizer",
];

/// Gives a tokenizer without a post_processor that of its class, and notes it. Classes that put tokens around every text go by
/// the names in the files beside `tokenizer.json`, not by its post_processor; GPT-NeoX's puts none there, whatever that says.
///
/// # Errors
/// A token of the class that the tokenizer lacks; a class of which it is not known what it puts around texts.
pub(super) fn by_class(
    inner: &mut Inner,
    class: &Class,
    side: &SideFiles,
    causal: bool,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    if *class == Class::GptNeoX {
        notes.extend(without_added(inner));
        return Ok(());
    }
    let is_open = inner.get_post_processor().is_none();
    let ends = match class {
        Class::Bert | Class::Roberta => ["cls_token", "sep_token"],
        _ => ["bos_token", "eos_token"],
    };
    if !is_open && (!has_ends(class) || are_around(inner, side, ends)?) {
        return Ok(());
    }
    let why = || {
        let named = ends.iter().find_map(|field| side.token(field)).and_then(|named| {
            named.path.file_name().map(|name| format!("is for a class that goes by {}", name.to_string_lossy()))
        });
        named.filter(|_| !is_open).unwrap_or_else(|| "has no post_processor".into())
    };
    let token = |field: &str| {
        let name = side.token(field).map(|named| named.token.content);
        let name = name.or_else(|| class.default_token(field).filter(|_| !side.denies(field)).map(str::to_owned));
        let name = name.ok_or_else(|| format!("{}, and tokenizer_config.json says there is no {field}", why()))?;
        match inner.token_to_id(&name) {
            Some(id) => Ok((name, id)),
            None => Err(format!("{}, and has no `{name}` ({field}), which belongs around every text", why())),
        }
    };
    let (first, last, processor): (_, _, PostProcessorWrapper) = match class {
        Class::Bert => {
            let (cls, sep) = (token("cls_token")?, token("sep_token")?);
            (cls.0.clone(), sep.0.clone(), BertProcessing::new(sep, cls).into())
        }
        Class::Roberta => {
            let (cls, sep) = (token("cls_token")?, token("sep_token")?);
            let prefix = inner.get_pre_tokenizer().is_some_and(puts_blank);
            (cls.0.clone(), sep.0.clone(), RobertaProcessing::new(sep, cls).add_prefix_space(prefix).into())
        }
        Class::XlmRoberta => {
            let (bos, eos) = (token("bos_token")?, token("eos_token")?);
            (bos.0.clone(), eos.0.clone(), BertProcessing::new(eos, bos).into())
        }
        Class::Other(name) if !causal || ADDING.contains(&name.as_str()) => {
            return Err(format!(
                "has no post_processor, and what `{name}` puts around texts is not known here; write the folder again with \
                 AutoTokenizer and save_pretrained"
            ));
        }
        _ => return Ok(()),
    };
    inner.with_post_processor(Some(processor));
    let what =
        if is_open { "has no post_processor" } else { "puts other tokens around texts than the files beside it name" };
    notes.push(format!(
        "tokenizer.json {what}: every text is put between `{first}` and `{last}`, as Hugging Face's class does"
    ));
    Ok(())
}

/// Takes out a post_processor that puts tokens around texts; what is to be said of that, if there is one.
fn without_added(inner: &mut Inner) -> Option<String> {
    let adds = inner.get_post_processor().is_some_and(|processor| processor.added_tokens(false) > 0);
    adds.then(|| {
        inner.with_post_processor(None::<PostProcessorWrapper>);
        "tokenizer.json puts tokens around texts, but Hugging Face's class, `GPTNeoXTokenizer`, does not: nothing is put there"
            .to_owned()
    })
}

/// Whether the class puts tokens around every text, whatever `tokenizer.json` says.
fn has_ends(class: &Class) -> bool {
    matches!(class, Class::Bert | Class::Roberta | Class::XlmRoberta)
}

/// Whether the tokens that files name for the ends of a text are where they belong.
fn are_around(inner: &Inner, side: &SideFiles, ends: [&'static str; 2]) -> Result<bool, String> {
    let around = inner.encode("", true).map_err(|e| format!("cannot encode a text: {e}"))?;
    let around = [around.get_ids().first(), around.get_ids().last()];
    let named = ends.map(|field| side.token(field).map(|named| inner.token_to_id(&named.token.content)));
    Ok(named.iter().zip(around).all(|(named, found)| named.is_none_or(|named| named == found.copied())))
}

/// Whether the splitter puts a blank before a text; the blank is then no part of the first token's place.
fn puts_blank(splitter: &PreTokenizerWrapper) -> bool {
    match splitter {
        PreTokenizerWrapper::ByteLevel(bytes) => bytes.add_prefix_space,
        PreTokenizerWrapper::Sequence(all) => all.as_ref().iter().any(puts_blank),
        _ => false,
    }
}
