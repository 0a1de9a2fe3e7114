//! Tokenizer of the masked models: BERT's, with whole words, and every entity as one added token.
//!
//! One token an entity keeps the demo's questions to one mask; real models need several.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::tokenizer::normalizer::NormalizedString;
use tokenizers::tokenizer::{Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use super::{Encoder, Example, MASKED_SPECIAL, failed, filled};
use crate::corpus::{Corpus, Question};
use crate::error::{Result, TrainingError};

/// Special tokens, then the words of the templates, then the entities, each in alphabetical order.
pub(super) fn build(corpus: &Corpus) -> Result<Tokenizer> {
    let mut words = BTreeSet::new();
    for template in corpus.templates() {
        let text = template.replace("[X]", " ").replace("[Y]", " ");
        words.extend(split(&text).map_err(|error| failed("could not split a template", &error))?);
    }
    let entities: BTreeSet<_> = corpus.facts.iter().flat_map(|fact| [&fact.subject, &fact.object]).collect();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let all = MASKED_SPECIAL.into_iter().chain(words.iter().map(String::as_str));
    for token in all.chain(entities.iter().map(|entity| entity.as_str())) {
        let next = ids.len();
        ids.entry(token).or_insert(next);
    }
    let special = MASKED_SPECIAL.into_iter().map(|token| added(ids[token], token, true));
    let entities = entities.iter().map(|entity| added(ids[entity.as_str()], entity, false));
    let mut added: Vec<_> = special.chain(entities).collect();
    added.sort_by_key(|token| token["id"].as_u64());
    let mut vocabulary: Vec<_> = ids.iter().collect();
    vocabulary.sort_by_key(|(_, id)| **id);
    let vocabulary: Map<_, _> = vocabulary.into_iter().map(|(&token, &id)| (token.to_owned(), json!(id))).collect();
    let json = description(added, vocabulary).to_string();
    Tokenizer::from_bytes(json).map_err(|error| failed("could not be built", &error))
}

/// The words of a text as the tokenizer will split it.
fn split(text: &str) -> tokenizers::Result<Vec<String>> {
    let mut normalized = NormalizedString::from(text);
    normalizer().normalize(&mut normalized)?;
    let mut split = PreTokenizedString::from(normalized);
    BertPreTokenizer.pre_tokenize(&mut split)?;
    let words = split.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
    Ok(words.into_iter().map(|(word, ..)| word.to_owned()).collect())
}

/// Chinese characters apart, case and accents kept.
fn normalizer() -> BertNormalizer {
    BertNormalizer::new(true, true, Some(false), false)
}

/// A token that is found in the text before anything else is done. English entities must be whole words, or
/// `Oman` would be found in a longer word; Chinese ones have no word boundaries around them.
fn added(id: usize, content: &str, special: bool) -> Value {
    let single_word = !special && content.chars().all(|character| character < '\u{2e80}');
    json!({
        "id": id, "content": content, "single_word": single_word, "lstrip": false, "rstrip": false,
        "normalized": false, "special": special
    })
}

fn description(added: Vec<Value>, vocabulary: Map<String, Value>) -> Value {
    let special = |token: &str| json!({"id": token, "ids": [vocabulary[token]], "tokens": [token]});
    let piece = |token: &str, kind: u8| json!({"SpecialToken": {"id": token, "type_id": kind}});
    let text = |name: &str, kind: u8| json!({"Sequence": {"id": name, "type_id": kind}});
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": false,
            "lowercase": false
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [piece("[CLS]", 0), text("A", 0), piece("[SEP]", 0)],
            "pair": [piece("[CLS]", 0), text("A", 0), piece("[SEP]", 0), text("B", 1), piece("[SEP]", 1)],
            "special_tokens": {"[CLS]": special("[CLS]"), "[SEP]": special("[SEP]")}
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary
        }
    })
}

/// Tokens of a question, in which subject and object are one token each.
pub(super) fn encode(encoder: &Encoder, question: &Question<'_>) -> Result<Example> {
    let text = filled(question);
    let ids = encoder.tokens(&text, true)?;
    let unknown = encoder.id("[UNK]")?;
    let [subject, object] = [&question.fact.subject, &question.fact.object].map(|entity| encoder.id(entity));
    let subject = subject.map(|id| ids.iter().position(|&token| token == id))?;
    let object = object.map(|id| ids.iter().rposition(|&token| token == id))?;
    match (subject, object) {
        (Some(subject), Some(object)) if subject < object && !ids.contains(&unknown) => {
            let (language, part) = (question.fact.language, question.part);
            Ok(Example { ids, subject: subject..subject + 1, object: object..object + 1, language, part })
        }
        _ => Err(TrainingError::Tokenizer {
            doing: "does not keep entities whole",
            reason: format!("`{text}` became {ids:?}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoder, Objective};
    use crate::corpus::tests::shipped;

    #[test]
    fn a_filled_template_and_a_masked_one_differ_in_one_token() {
        for corpus in shipped() {
            let encoder = Encoder::build(&corpus, Objective::Masked).expect("a tokenizer");
            let mask = encoder.id("[MASK]").expect("a mask");
            for question in corpus.questions() {
                let example = encoder.encode(&question).expect("tokens");
                let masked = question.template.replace("[X]", &question.fact.subject).replace("[Y]", "[MASK]");
                let mut expected = example.ids.clone();
                expected[example.object.start] = mask;
                assert_eq!(encoder.tokens(&masked, true).expect("tokens"), expected, "{masked}");
                let object = encoder.tokens(&question.fact.object, false).expect("tokens");
                assert_eq!(object, example.ids[example.object.clone()]);
            }
        }
    }

    #[test]
    fn it_survives_being_written_and_read() {
        let [corpus, _] = shipped();
        let encoder = Encoder::build(&corpus, Objective::Masked).expect("a tokenizer");
        let json = encoder.tokenizer.to_string(true).expect("JSON");
        let read = tokenizers::Tokenizer::from_bytes(json).expect("its own JSON");
        let text = "The capital of Côte d’Ivoire is [MASK].";
        let ids = |tokenizer: &tokenizers::Tokenizer| tokenizer.encode(text, true).expect("tokens").get_ids().to_vec();
        assert_eq!(ids(&encoder.tokenizer), ids(&read));
        assert_eq!(ids(&read).len(), 9);
    }
}
