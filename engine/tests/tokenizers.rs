//! Questions with the tokenizers of every supported family, in the shapes in which they are published, against the ids of
//! Hugging Face's `transformers` (`fixtures/tokenizer_shapes.py`).

#[path = "tokenizers/borders.rs"]
mod borders;
#[path = "tokenizers/classes.rs"]
mod classes;
#[path = "loading/folder.rs"]
#[expect(dead_code, reason = "loading breaks more of a folder than its tokenizer")]
mod folder;
#[path = "tokenizers/folders.rs"]
mod folders;
#[path = "tokenizers/special_tokens.rs"]
mod special_tokens;
#[path = "tokenizers/vocabularies.rs"]
mod vocabularies;

use kndb_engine::config::Config;
use kndb_engine::{Asking, Question, Skip, Tokenizer};
use serde_json::Value;
use std::path::PathBuf;

struct Shape {
    tokenizer: Tokenizer,
    golden: Value,
}

fn shape(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer-shapes").join(name)
}

fn goldens() -> Vec<Value> {
    let text = std::fs::read(shape("ids.json")).expect("the golden values are in the repository");
    serde_json::from_slice(&text).expect("a list of shapes")
}

impl Shape {
    fn all() -> Vec<Self> {
        goldens().into_iter().map(Self::of).collect()
    }

    fn named(name: &str) -> Self {
        Self::of(goldens().into_iter().find(|golden| golden["name"] == name).expect("a shape of that name"))
    }

    fn of(golden: Value) -> Self {
        let folder = shape(golden["name"].as_str().expect("a name"));
        let config = Config::read(&folder).expect("a configuration");
        let vocabulary = golden["vocabulary"].as_u64().expect("a size") as usize;
        let causal = golden["causal"].as_bool().expect("a flag");
        let tokenizer = Tokenizer::read(&folder, &config, vocabulary, causal)
            .unwrap_or_else(|error| panic!("{}: {error}", golden["name"]));
        Self { tokenizer, golden }
    }

    fn ask(&self, question: &Value) -> Result<Question, Skip> {
        let text = |field: &str| question[field].as_str().expect("a text");
        let causal = self.golden["causal"] == true;
        let asking = Asking { tokenizer: &self.tokenizer, causal, max_tokens: 64, begin: None };
        asking.question(text("template"), text("subject"), text("object"))
    }
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().expect("ids").iter().map(|id| id.as_u64().expect("an id") as u32).collect()
}

#[test]
fn texts_have_the_ids_of_hugging_face() {
    for shape in Shape::all() {
        for text in shape.golden["texts"].as_array().expect("texts") {
            let found = shape.tokenizer.encode(text["text"].as_str().expect("a text"), true).expect("ids");
            assert_eq!(found.ids, ids(&text["ids"]), "{}: {}", shape.golden["name"], text["text"]);
        }
    }
}

#[test]
fn questions_have_the_prompts_and_objects_of_hugging_face() {
    let (mut asked, mut borders) = (0, 0);
    for shape in Shape::all() {
        for golden in shape.golden["questions"].as_array().expect("questions") {
            let what = format!("{}: {} → {}", shape.golden["name"], golden["template"], golden["object"]);
            let expected = match golden["targets"].as_str() {
                Some(reason) => {
                    let skip = if reason == "border" { Skip::Border } else { Skip::UnknownObject };
                    assert_eq!(shape.ask(golden).err(), Some(skip), "{what}");
                    borders += 1;
                    continue;
                }
                None => ids(&golden["targets"]),
            };
            let question = shape.ask(golden).unwrap_or_else(|skip| panic!("{what}: {skip}"));
            let targets: Vec<u32> = question.steps.iter().map(|step| step.target).collect();
            assert_eq!(targets, expected, "{what}");
            let (first, prompt) = (&question.steps[0], ids(&golden["prompt"]));
            assert_eq!(first.ids, prompt, "{what}");
            let at = golden["mask_at"].as_u64().map_or(prompt.len() - 1, |at| at as usize);
            assert_eq!(first.position, at, "{what}");
            let masks = if golden["mask_at"].is_null() { 0..0 } else { at..at + targets.len() };
            let is_added = |at: &usize| golden["added"][*at] == true;
            let words: Vec<usize> = (0..prompt.len()).filter(|at| !is_added(at) && !masks.contains(at)).collect();
            assert_eq!(first.words, words, "{what}");
            // The gold tokens are given, in the place of the masks or behind the prompt.
            for (i, step) in question.steps.iter().enumerate() {
                let from = first.position + usize::from(masks.is_empty());
                assert_eq!(step.ids[from..from + i], expected[..i], "{what}");
                assert_eq!(step.position, first.position + i, "{what}");
            }
            asked += 1;
        }
    }
    assert!(asked > 200 && borders > 20, "{asked} asked, {borders} not");
}

#[test]
fn a_text_that_is_closed_is_asked_where_it_ends() {
    let closing = Shape::named("closing");
    let text = closing.tokenizer.encode("The capital of France is", true).expect("ids");
    assert_eq!((text.ids[0], text.ids.last()), (0, Some(&1)), "<s> before it, </s> behind it");
    let golden = &closing.golden["questions"][0];
    let question = closing.ask(golden).expect("can be asked");
    assert_eq!(question.steps[0].ids, text.ids[..text.ids.len() - 1]);
    // A closing token that the text itself has is text.
    let asking = Asking { tokenizer: &closing.tokenizer, causal: true, max_tokens: 64, begin: None };
    let question = asking.question("[X]</s> [Y]", "Paris", "Kenya").expect("can be asked");
    assert_eq!(question.steps[0].ids.last(), Some(&1));
    assert_eq!(question.steps[0].words.len(), question.steps[0].ids.len() - 1, "<s> alone is no word");
}

#[test]
fn objects_of_sentencepiece_have_no_blank_of_their_own() {
    for name in ["llama2", "metaspace-first", "metaspace-always", "gemma"] {
        let shape = Shape::named(name);
        let chinese = &shape.golden["questions"][4];
        assert_eq!(chinese["object"], "巴黎");
        let question = shape.ask(chinese).expect("can be asked");
        let blank = shape.tokenizer.encode("▁", false).expect("ids").ids;
        assert!(question.steps.iter().all(|step| !blank.contains(&step.target)), "{name}");
    }
}

#[test]
fn a_masked_object_is_what_the_sentence_has_in_its_place() {
    let text = |shape: &Shape, question: &Question| {
        let targets: Vec<u32> = question.steps.iter().map(|step| step.target).collect();
        shape.tokenizer.decode(&targets).expect("a text")
    };
    let roberta = Shape::named("roberta");
    let inside = roberta.ask(&roberta.golden["questions"][0]).expect("can be asked");
    assert_eq!(text(&roberta, &inside), " Paris", "the blank before a word is the word's");
    let first = roberta.ask(&roberta.golden["questions"][10]).expect("can be asked");
    assert_eq!(text(&roberta, &first), "Paris", "there is none before the first");
    let bert = Shape::named("bert");
    let inside = bert.ask(&bert.golden["questions"][0]).expect("can be asked");
    assert_eq!(text(&bert, &inside), "paris", "blanks are no part of BERT's words");
    // XLM-R writes a lone ▁ where a Chinese sentence begins; it is in the object's place.
    let xlm = Shape::named("xlm-roberta");
    let first = xlm.ask(&xlm.golden["questions"][11]).expect("can be asked");
    assert_eq!(first.steps.len(), 2);
}

#[test]
fn a_mask_that_leaves_the_blank_before_it_is_asked_behind_it() {
    // As Hugging Face 5 builds RoBERTa's tokenizer from vocab.json where no file says more of <mask>.
    let copy = tempfile::tempdir().expect("a temporary folder");
    for file in ["config.json", "vocab.json", "merges.txt"] {
        std::fs::copy(shape("vocab-roberta").join(file), copy.path().join(file)).expect("a copy");
    }
    let config = Config::read(copy.path()).expect("a configuration");
    let plain = Tokenizer::read(copy.path(), &config, 341, false).expect("a tokenizer");
    let (blank, mask) = (plain.encode(" ", false).expect("ids").ids[0], plain.mask.as_ref().expect("a mask").1);
    let asking = Asking { tokenizer: &plain, causal: false, max_tokens: 64, begin: None };
    let ask = |object: &str| asking.question("The capital of [X] is [Y] .", "France", object).expect("can be asked");
    let taken = Shape::named("vocab-roberta");
    let with = taken.ask(&taken.golden["questions"][0]).expect("can be asked");
    let paris = ask("Paris");
    assert_eq!(paris.steps[0].target, with.steps[0].target, "the object is the sentence's");
    let at = paris.steps[0].position;
    assert_eq!(paris.steps[0].ids[at - 1..=at], [blank, mask]);
    assert!(paris.steps[0].words.contains(&(at - 1)), "the blank is a word");
    let several = ask("Nairobi");
    assert!(several.steps.len() > 1);
    let text = format!("The capital of France is {} .", "<mask>".repeat(several.steps.len()));
    assert_eq!(several.steps[0].ids, plain.encode(&text, true).expect("ids").ids);
}

#[test]
fn settings_that_change_tokenizer_json_are_noted() {
    for (name, part) in [("bert-disagreeing", "lower-case"), ("gpt2-prefix", "blank"), ("llama2-no-prefix", "no blank")]
    {
        let notes = Shape::named(name).tokenizer.notes().join("; ");
        assert!(notes.contains(part) && notes.contains("tokenizer_config.json"), "{name}: {notes}");
    }
    for name in ["gpt2", "llama2", "bert", "bert-cased", "roberta", "qwen2"] {
        assert_eq!(Shape::named(name).tokenizer.notes(), [""; 0], "{name}");
    }
}

#[test]
fn the_files_that_make_a_tokenizer_are_named() {
    let names = |paths: &[PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
    };
    let files = |name: &str| {
        let tokenizer = Shape::named(name).tokenizer;
        (names(tokenizer.files()).join(" "), names(tokenizer.side_files()).join(" "))
    };
    let expected = |own: &str, side: &str| (own.to_owned(), side.to_owned());
    assert_eq!(files("bert"), expected("tokenizer.json", ""));
    assert_eq!(files("roberta"), expected("tokenizer.json", "tokenizer_config.json special_tokens_map.json"));
    assert_eq!(files("vocab-bert"), expected("vocab.txt", ""));
    assert_eq!(files("vocab-roberta"), expected("vocab.json merges.txt", "special_tokens_map.json"));
}
