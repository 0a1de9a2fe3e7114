//! What is put around a text where `tokenizer.json` has no post_processor: what Hugging Face's class of the folder puts there.

use super::class::Class;
use super::side_files::SideFiles;
use tokenizers::Tokenizer as Inner;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;

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

/// Gives a tokenizer without a post_processor that of its class, and notes it.
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
    if inner.get_post_processor().is_some() {
        return Ok(());
    }
    let token = |field: &str| {
        let name = side.token(field).map(|named| named.token.content);
        let name = name.or_else(|| class.default_token(field).filter(|_| !side.denies(field)).map(str::to_owned));
        let name =
            name.ok_or_else(|| format!("has no post_processor, and tokenizer_config.json says there is no {field}"))?;
        match inner.token_to_id(&name) {
            Some(id) => Ok((name, id)),
            None => Err(format!("has no post_processor, and no `{name}` ({field}), which belongs around every text")),
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
    notes.push(format!(
        "tokenizer.json has no post_processor: every text is put between `{first}` and `{last}`, as Hugging Face's class does"
    ));
    Ok(())
}

/// Whether the splitter puts a blank before a text; the blank is then no part of the first token's place.
fn puts_blank(splitter: &PreTokenizerWrapper) -> bool {
    match splitter {
        PreTokenizerWrapper::ByteLevel(bytes) => bytes.add_prefix_space,
        PreTokenizerWrapper::Sequence(all) => all.as_ref().iter().any(puts_blank),
        _ => false,
    }
}
