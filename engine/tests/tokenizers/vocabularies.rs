//! Folders without a `tokenizer.json`: what cannot be built is named, with the way out.

use super::shape;
use kndb_engine::config::Config;
use kndb_engine::{Result, Tokenizer};
use tempfile::TempDir;

pub struct Bare(TempDir);

impl Bare {
    /// A copy of some files of a shape.
    pub fn of(name: &str, files: &[&str]) -> Self {
        let copy = TempDir::new().expect("a temporary folder");
        for file in files {
            std::fs::copy(shape(name).join(file), copy.path().join(file)).expect("a copy");
        }
        Self(copy)
    }

    pub fn write(&self, file: &str, text: &str) -> &Self {
        std::fs::write(self.0.path().join(file), text).expect("a writable folder");
        self
    }

    pub fn read(&self, vocabulary: usize, causal: bool) -> Result<Tokenizer> {
        let config = Config::read(self.0.path()).expect("a configuration");
        Tokenizer::read(self.0.path(), &config, vocabulary, causal)
    }

    #[track_caller]
    pub fn says(&self, causal: bool, parts: &[&str]) {
        let error = self.read(341, causal).err().expect("refused").to_string();
        for part in parts {
            assert!(error.contains(part), "expected {part:?} in: {error}");
        }
    }
}

const SAVE: &str = "`AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)`";

#[test]
fn formats_of_other_libraries_are_named() {
    for (file, kind) in [
        ("tokenizer.model", "SentencePiece"),
        ("spiece.model", "SentencePiece"),
        ("sentencepiece.bpe.model", "SentencePiece"),
        ("tekken.json", "Mistral"),
    ] {
        Bare::of("llama2", &["config.json"]).write(file, "x").says(true, &[file, kind, "no tokenizer.json", SAVE]);
    }
    Bare::of("llama2", &["config.json"]).says(true, &["cannot read", "tokenizer.json"]);
}

#[test]
fn a_vocabulary_for_an_unknown_class_is_not_guessed_at() {
    let japanese = Bare::of("vocab-bert", &["config.json", "vocab.txt"]);
    japanese.write("tokenizer_config.json", r#"{"tokenizer_class": "BertJapaneseTokenizer"}"#);
    japanese.says(false, &["vocab.txt", "`BertJapaneseTokenizer`, which kndb does not build", SAVE]);
    let llama = Bare::of("vocab-gpt2", &["vocab.json", "merges.txt"]);
    llama.write("config.json", r#"{"model_type": "llama"}"#);
    llama.says(true, &["vocab.json", "model_type `llama`", SAVE]);
    // WordPieces for a class of byte pairs: Hugging Face would make nothing of every text.
    let roberta = Bare::of("vocab-bert", &["vocab.txt"]);
    roberta.write("config.json", r#"{"model_type": "roberta"}"#).says(false, &["vocab.txt", SAVE]);
}

#[test]
fn broken_vocabularies_are_told_by_file_and_line() {
    let gpt2 = |files: &[&str]| Bare::of("vocab-gpt2", files);
    gpt2(&["config.json", "vocab.json"]).says(true, &["vocab.json", "merges.txt is not", SAVE]);
    let pairs = gpt2(&["config.json", "vocab.json", "merges.txt"]);
    pairs.write("merges.txt", "#version: 0.2\ni s\nĠ t h\n").says(true, &["merges.txt: line 3", "two tokens"]);
    pairs.write("merges.txt", "i s\nĠ 巴\n").says(true, &["merges.txt: line 2 is `Ġ 巴`", "vocab.json has no `巴`"]);
    pairs.write("merges.txt", "Ġ Ġ\n").says(true, &["merges.txt: line 1", "vocab.json has no `ĠĠ`"]);
    pairs.write("vocab.json", r#"{"a": "b"}"#).write("merges.txt", "").says(true, &["vocab.json: makes no tokenizer"]);
    pairs.write("vocab.json", "[]").says(true, &["vocab.json: not an object of tokens and ids"]);
    let bert = Bare::of("vocab-bert", &["config.json", "vocab.txt"]);
    bert.write("vocab.txt", "a\nb\n").says(false, &["vocab.txt", "no `[CLS]`"]);
    std::fs::write(bert.0.path().join("vocab.txt"), [0xff]).expect("a writable folder");
    bert.says(false, &["vocab.txt: not UTF-8"]);
}

#[test]
fn a_cased_vocabulary_must_say_whether_it_lower_cases() {
    // Hugging Face lower-cases where nothing is said, and every word in capitals is unknown then.
    let cased = Bare::of("vocab-bert-cased", &["config.json", "vocab.txt"]);
    cased.says(false, &["vocab.txt", "words in capitals", "do_lower_case", "tokenizer_config.json"]);
    cased.write("tokenizer_config.json", r#"{"do_lower_case": "no"}"#);
    cased.says(false, &["tokenizer_config.json: do_lower_case is \"no\"", "true or false"]);
    cased.write("tokenizer_config.json", r#"{"do_lower_case": false}"#);
    let tokenizer = cased.read(150, false).expect("a tokenizer");
    assert_eq!(tokenizer.encode("Paris", false).expect("ids").ids.len(), 1);
}

#[test]
fn added_tokens_have_the_ids_that_their_file_gives() {
    let gpt2 = Bare::of("vocab-gpt2", &["config.json", "vocab.json", "merges.txt"]);
    gpt2.write("added_tokens.json", r#"{"<new>": 341}"#);
    let tokenizer = gpt2.read(342, true).expect("a tokenizer");
    assert_eq!(tokenizer.encode("<new>", false).expect("ids").ids, [341]);
    gpt2.write("added_tokens.json", r#"{"<new>": 999}"#);
    gpt2.says(true, &["vocab.json", "`<new>` id 999", "341"]);
    gpt2.write("added_tokens.json", r#"{"<new>": "x"}"#);
    gpt2.says(true, &["added_tokens.json", "`<new>`", "a whole number"]);
}
