//! Special tokens as the files of a folder may name them, against the ids of `transformers` (`fixtures/special_tokens.py`).

use super::{Shape, ids, shape};
use kndb_engine::config::Config;
use kndb_engine::{Skip, Tokenizer};
use serde_json::Value;
use tempfile::TempDir;

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/special-tokens.json");
    serde_json::from_slice(&std::fs::read(path).expect("in the repository")).expect("a list of cases")
}

/// The folder of a shape with a case's files.
fn folder(case: &Value) -> TempDir {
    let copy = TempDir::new().expect("a temporary folder");
    for entry in std::fs::read_dir(shape(case["shape"].as_str().expect("a shape"))).expect("a folder") {
        let path = entry.expect("a file").path();
        std::fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    if let Some(changes) = case["added"].as_object().filter(|changes| !changes.is_empty()) {
        let path = copy.path().join("tokenizer.json");
        let mut file: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        for token in file["added_tokens"].as_array_mut().expect("a list") {
            let change = changes.get(token["content"].as_str().expect("a text")).and_then(Value::as_object);
            token.as_object_mut().expect("an object").extend(change.cloned().unwrap_or_default());
        }
        std::fs::write(path, file.to_string()).expect("a writable folder");
    }
    for (name, value) in case["files"].as_object().expect("files") {
        let path = copy.path().join(name);
        match value.is_null() {
            true => drop(std::fs::remove_file(path)),
            false => std::fs::write(path, value.as_str().expect("a text")).expect("a writable folder"),
        }
    }
    copy
}

fn read(case: &Value) -> Shape {
    let copy = folder(case);
    let config = Config::read(copy.path()).expect("a configuration");
    let vocabulary = case["vocabulary"].as_u64().expect("a size") as usize;
    // Room for new tokens: which of them have embeddings is another question.
    let tokenizer = Tokenizer::read(copy.path(), &config, vocabulary + 8, case["causal"] == true);
    let tokenizer = tokenizer.unwrap_or_else(|error| panic!("{}: {error}", told(case)));
    Shape { tokenizer, golden: case.clone() }
}

fn told(case: &Value) -> String {
    format!("{} with {} and {}", case["shape"], case["added"], case["files"])
}

#[test]
fn special_tokens_are_found_in_texts_as_hugging_face_finds_them() {
    let all = cases();
    assert!(all.len() > 150, "{} cases", all.len());
    for case in &all {
        let tokenizer = read(case).tokenizer;
        for text in case["texts"].as_array().expect("texts") {
            let found = tokenizer.encode(text["text"].as_str().expect("a text"), true).expect("ids");
            assert_eq!(found.ids, ids(&text["ids"]), "{}: {}", told(case), text["text"]);
        }
    }
}

#[test]
fn masked_prompts_are_the_ids_of_hugging_face_wherever_blanks_beside_masks_go() {
    let (mut asked, mut blanks) = (0, 0);
    for case in cases().iter().filter(|case| case["causal"] == false) {
        let shape = read(case);
        for golden in case["questions"].as_array().expect("questions") {
            let what = format!("{}: {} → {}", told(case), golden["template"], golden["object"]);
            let question = shape.ask(golden);
            let expected = match golden["targets"].as_str() {
                Some(reason) => {
                    let skip = if reason == "border" { Skip::Border } else { Skip::Masks };
                    // An unknown object is no object before its masks are looked for.
                    assert!(question == Err(skip) || question == Err(Skip::UnknownObject), "{what}: {question:?}");
                    continue;
                }
                None => ids(&golden["targets"]),
            };
            let question = match question {
                Err(Skip::UnknownObject) => continue,
                question => question.unwrap_or_else(|skip| panic!("{what}: {skip}")),
            };
            let first = &question.steps[0];
            assert_eq!(question.steps.iter().map(|step| step.target).collect::<Vec<_>>(), expected, "{what}");
            assert_eq!(first.ids, ids(&golden["prompt"]), "{what}");
            let at = golden["mask_at"].as_u64().expect("a position") as usize;
            assert_eq!(first.position, at, "{what}");
            for (i, step) in question.steps.iter().enumerate() {
                assert_eq!((step.position, &step.ids[at..at + i]), (at + i, &expected[..i]), "{what}");
            }
            asked += 1;
            blanks += usize::from(at > 0 && shape.tokenizer.decode(&first.ids[at - 1..at]).expect("a text") == " ");
        }
    }
    assert!(asked > 300 && blanks > 50, "{asked} asked, {blanks} with a blank before the mask");
}
