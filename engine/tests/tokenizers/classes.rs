//! What depends on the class of a folder, or stands beside its `tokenizer.json`. The ids are those of `transformers` 5.23 for
//! the same files.

use super::vocabularies::Bare;
use kndb_engine::Tokenizer;

const BERT: usize = 94;
const ROBERTA: usize = 341;
/// "The capital of" in the vocabulary of `closing`, as `GPTNeoXTokenizer` gives it.
const NEOX: [u32; 3] = [321, 329, 287];

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode(text, true).expect("ids").ids
}

#[test]
fn what_a_class_puts_around_texts_is_noted() {
    for (name, count, tokens) in [
        ("bert-open", BERT, "`[CLS]` and `[SEP]`"),
        ("roberta-open", ROBERTA, "`<s>` and `</s>`"),
        ("xlm-roberta-open", 67, "`<s>` and `</s>`"),
    ] {
        let folder = Bare::of(name, &["config.json", "tokenizer.json"]);
        let notes = folder.read(count, false).expect("a tokenizer").notes().join("; ");
        assert!(notes.contains("no post_processor") && notes.contains(tokens), "{name}: {notes}");
    }
}

#[test]
fn the_tokens_that_a_class_puts_around_texts_are_those_that_the_files_name() {
    let roberta = Bare::of("roberta-open", &["config.json", "tokenizer.json"]);
    roberta.write("tokenizer_config.json", r#"{"cls_token": "<pad>", "sep_token": "<unk>", "bos_token": "</s>"}"#);
    let around = ids(&roberta.read(ROBERTA, false).expect("a tokenizer"), "is");
    assert_eq!((around[0], around.last()), (1, Some(&3)), "<pad> and <unk>");
    roberta.write("tokenizer_config.json", r#"{"cls_token": "<q>"}"#);
    roberta.says(false, &["tokenizer.json: has no post_processor", "no `<q>` (cls_token)"]);
    roberta.write("tokenizer_config.json", r#"{"sep_token": null}"#);
    roberta.says(false, &["tokenizer.json: has no post_processor", "there is no sep_token"]);
}

#[test]
fn the_class_of_gpt_neox_puts_nothing_around_texts_whatever_tokenizer_json_says() {
    let side_files = [
        "{}",
        r#"{"tokenizer_class": "GPTNeoXTokenizer", "add_bos_token": true}"#,
        r#"{"tokenizer_class": "GPTNeoXTokenizerFast", "bos_token": "<s>", "add_eos_token": true}"#,
    ];
    for side in side_files {
        let neox = Bare::of("closing", &["tokenizer.json"]);
        neox.write("config.json", r#"{"model_type": "gpt_neox", "eos_token_id": 1}"#);
        neox.write("tokenizer_config.json", side);
        let read = neox.read(340, true).expect("a tokenizer");
        assert_eq!(ids(&read, "The capital of"), NEOX, "{side}");
        assert!(read.notes().join("; ").contains("`GPTNeoXTokenizer`, does not"), "{side}: {:?}", read.notes());
    }
    let llama = Bare::of("closing", &["config.json", "tokenizer.json"]);
    assert_eq!(ids(&llama.read(340, true).expect("a tokenizer"), "The capital of").len(), NEOX.len() + 2);
    // One that adds nothing stays as it is.
    let open = Bare::of("gpt2", &["tokenizer.json"]);
    open.write("config.json", r#"{"model_type": "gpt_neox", "eos_token_id": 340}"#);
    assert_eq!(open.read(341, true).expect("a tokenizer").notes(), [""; 0]);
}

#[test]
fn a_class_that_puts_nothing_around_texts_is_left_without() {
    let bert = Bare::of("bert-open", &["config.json", "tokenizer.json"]);
    bert.write("tokenizer_config.json", r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#);
    let plain = bert.read(BERT, false).expect("a tokenizer");
    assert_eq!(ids(&plain, "The capital of").len(), 3);
    assert_eq!(plain.notes(), [""; 0]);
}

#[test]
fn what_an_unknown_class_puts_around_texts_is_not_guessed_at() {
    let bert = Bare::of("bert-open", &["config.json", "tokenizer.json"]);
    bert.write("tokenizer_config.json", r#"{"tokenizer_class": "MPNetTokenizerFast"}"#);
    bert.says(false, &["tokenizer.json: has no post_processor", "`MPNetTokenizer`", "save_pretrained"]);
    bert.write("config.json", r#"{"model_type": "llama", "eos_token_id": 3}"#);
    bert.says(true, &["`MPNetTokenizer`"]);
    bert.write("tokenizer_config.json", r#"{"tokenizer_class": "YiTokenizer"}"#);
    assert_eq!(ids(&bert.read(BERT, true).expect("Hugging Face has no such class"), "the").len(), 1);
}

#[test]
fn a_vocabulary_of_qwen_2_is_read_as_its_own_whatever_class_is_named() {
    let files = ["config.json", "vocab.json", "merges.txt", "tokenizer_config.json"];
    let text = "The capital is Cafe\u{301}";
    let expected = ids(&Bare::of("vocab-qwen2", &files).read(342, true).expect("a tokenizer"), text);
    // GPT-2's class has no NFC.
    let gpt2 = Bare::of("vocab-qwen2", &files);
    gpt2.write("config.json", r#"{"model_type": "gpt2"}"#);
    assert_ne!(ids(&gpt2.read(342, true).expect("a tokenizer"), text), expected);
    let qwen = |config: &str, side: &str| {
        let folder = Bare::of("vocab-qwen2", &files[..3]);
        folder.write("config.json", config).write("tokenizer_config.json", side);
        assert_eq!(ids(&folder.read(342, true).expect("a tokenizer"), text), expected, "{config} {side}");
    };
    qwen(r#"{"model_type": "qwen2", "eos_token_id": 3}"#, r#"{"tokenizer_class": "LlamaTokenizerFast"}"#);
    qwen(r#"{"model_type": "qwen3", "eos_token_id": 3}"#, "{}");
    qwen(r#"{"model_type": "llama", "eos_token_id": 3}"#, r#"{"tokenizer_class": "Qwen2TokenizerFast"}"#);
    qwen(r#"{"model_type": "llama", "eos_token_id": 3, "tokenizer_class": "Qwen2Tokenizer"}"#, "{}");
}

#[test]
fn how_a_listed_token_is_found_is_what_the_list_says() {
    let roberta = Bare::of("roberta", &["config.json", "tokenizer.json"]);
    let found = |side: &str| {
        roberta.write("tokenizer_config.json", side);
        ids(&roberta.read(ROBERTA, false).expect("a tokenizer"), "is <mask> of")
    };
    let listed = |lstrip: bool| {
        format!(
            r#"{{"added_tokens_decoder": {{"340": {{"content": "<mask>", "special": true, "lstrip": {lstrip}}}}}}}"#
        )
    };
    assert_eq!(found("{}"), [0, 260, 340, 289, 2], "tokenizer.json's takes the blank before it");
    assert_eq!(found(&listed(true)), [0, 260, 340, 289, 2]);
    assert_eq!(found(&listed(false)), [0, 260, 224, 340, 289, 2]);
    let named = r#"{"mask_token": {"content": "<mask>", "lstrip": false}}"#;
    assert_eq!(found(named), [0, 260, 340, 289, 2], "a name alone changes nothing");
}

#[test]
fn a_listed_token_is_found_before_the_normaliser_if_it_is_special() {
    let text = "is [NEW] [new]";
    let found = |files: &[(&str, &str)]| {
        let bert = Bare::of("bert", &["config.json", "tokenizer.json"]);
        for (file, content) in files {
            bert.write(file, content);
        }
        ids(&bert.read(BERT + 1, false).expect("a tokenizer"), text)
    };
    let (both, one) = ([2, 8, 94, 94, 3].as_slice(), [2, 8, 94, 1, 32, 49, 67, 1, 3].as_slice());
    let added = ("added_tokens.json", r#"{"[NEW]": 94}"#);
    assert_eq!(found(&[added]), both);
    assert_eq!(found(&[added, ("tokenizer_config.json", r#"{"bos_token": "[NEW]"}"#)]), one);
    assert_eq!(found(&[added, ("special_tokens_map.json", r#"{"additional_special_tokens": ["[NEW]"]}"#)]), both);
    let decoder = |more: &str| {
        let text = format!(r#"{{"added_tokens_decoder": {{"94": {{"content": "[NEW]"{more}}}}}}}"#);
        found(&[("tokenizer_config.json", &text)])
    };
    assert_eq!(decoder(""), both);
    assert_eq!(decoder(r#", "special": true"#), one);
    assert_eq!(decoder(r#", "special": true, "normalized": true"#), both);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    for name in ["roberta", "vocab-roberta"] {
        let own = ["tokenizer.json", "vocab.json", "merges.txt"];
        let own: Vec<&str> = own.into_iter().filter(|file| super::shape(name).join(file).exists()).collect();
        let files = [own, vec!["config.json", "special_tokens_map.json"]].concat();
        let folder = Bare::of(name, &files);
        let plain = ids(&folder.read(ROBERTA, false).expect("a tokenizer"), "The capital is <mask>");
        for file in files {
            let text = std::fs::read_to_string(super::shape(name).join(file)).expect("a text");
            folder.write(file, &format!("\u{feff}{text}"));
        }
        folder.write("tokenizer_config.json", "\u{feff}{}").write("added_tokens.json", "\u{feff}{}");
        assert_eq!(ids(&folder.read(ROBERTA, false).expect("a tokenizer"), "The capital is <mask>"), plain, "{name}");
    }
    let bert = Bare::of("vocab-bert", &["config.json", "vocab.txt"]);
    let text = std::fs::read_to_string(super::shape("vocab-bert").join("vocab.txt")).expect("a text");
    bert.write("vocab.txt", &format!("\u{feff}{text}")).write("tokenizer_config.json", r#"{"pad_token": "[PAD]"}"#);
    assert_eq!(ids(&bert.read(BERT, false).expect("a tokenizer"), "[PAD]"), [2, 0, 3]);
}
