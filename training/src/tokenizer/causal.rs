//! Tokenizer of the causal models: GPT-2's byte pairs, learnt from the filled templates.
//!
//! Chinese characters and its punctuation are split first. Without that, merges join a whole unspaced template
//! to one token, and a template that was never seen has no tokens in common with those that were.

use std::collections::HashSet;

use serde_json::json;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::BpeTrainer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

use super::{END_OF_TEXT, Encoder, Example, failed, filled};
use crate::corpus::{Corpus, Question};
use crate::error::{Result, TrainingError};

/// Tokens at most.
const VOCABULARY: usize = 2_048;
/// What stands alone.
const ALONE: &str = r"\p{Han}|[，。（）、·]";
/// The same for three languages or more, where `).` is so frequent that it would become one token: half of it the
/// object's, half of it not.
const ALONE_OF_MANY: &str = r"\p{Han}|[，。（）、·()]";

/// Learns the merges.
pub(super) fn build(corpus: &Corpus) -> Result<Tokenizer> {
    let alone = if corpus.languages.len() > 2 { ALONE_OF_MANY } else { ALONE };
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": alone}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
            ]
        },
        "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "vocab": {}, "merges": []
        }
    });
    let built = |error: tokenizers::Error| failed("could not be built", &error);
    let mut tokenizer = Tokenizer::from_bytes(json.to_string()).map_err(built)?;
    let trainer = BpeTrainer::builder()
        .vocab_size(VOCABULARY)
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect::<HashSet<_>>())
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .build();
    let texts = corpus.questions().map(|question| filled(&question));
    tokenizer.train(&mut TrainerWrapper::from(trainer), texts).map_err(built)?;
    Ok(tokenizer)
}

/// Prompt, object, the rest and the end of the text, each encoded by itself, as a model is asked.
pub(super) fn encode(encoder: &Encoder, question: &Question<'_>) -> Result<Example> {
    let Some((before, after)) = question.template.split_once("[Y]") else {
        return Err(TrainingError::Template { template: question.template.to_owned() });
    };
    let prompt = before.replace("[X]", &question.fact.subject);
    let trimmed = prompt.trim_end();
    let space = &prompt[trimmed.len()..];
    let mut ids = encoder.tokens(trimmed, false)?;
    let start = ids.len();
    ids.extend(encoder.tokens(&format!("{space}{}", question.fact.object), false)?);
    let object = start..ids.len();
    ids.extend(encoder.tokens(after, false)?);
    ids.push(encoder.id(END_OF_TEXT)?);
    Ok(Example { ids, subject: 0..0, object, language: question.fact.language, part: question.part })
}

#[cfg(test)]
mod tests {
    use super::super::{END_OF_TEXT, Encoder, Objective, filled};
    use crate::corpus::tests::shipped;

    #[test]
    fn prompt_and_object_encoded_apart_are_the_sentence_encoded_whole() {
        for corpus in shipped() {
            let encoder = Encoder::build(&corpus, Objective::Causal).expect("a tokenizer");
            let end = encoder.id(END_OF_TEXT).expect("an end");
            for question in corpus.questions() {
                let example = encoder.encode(&question).expect("tokens");
                let mut whole = encoder.tokens(&filled(&question), false).expect("tokens");
                whole.push(end);
                assert_eq!(example.ids, whole, "{}", filled(&question));
                assert!(example.ids.len() < crate::model::POSITIONS);
            }
        }
    }

    #[test]
    fn the_same_facts_give_the_same_tokenizer() {
        let [corpus, _] = shipped();
        let json = || {
            Encoder::build(&corpus, Objective::Causal).expect("a tokenizer").tokenizer.to_string(false).expect("JSON")
        };
        assert_eq!(json(), json());
    }
}
