//! What the files of a folder say of special tokens, and what does not fit is told by the file that is wrong.

use super::folder::Folder;
use kndb_engine::{Attribution, Model, Options, Question, Skip};
use serde_json::{Value, json};

const CAPITAL: &str = "The capital of [X] is [Y].";

fn edit(folder: &Folder, file: &str, edit: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&folder.read(file)).expect("JSON");
    edit(&mut value);
    folder.write(file, value.to_string().as_bytes());
}

fn ask(model: &Model, subject: &str, object: &str) -> Result<Question, Skip> {
    model.asking().question(CAPITAL, subject, object)
}

#[track_caller]
fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "expected {part:?} in: {error}");
    }
}

fn special(id: usize, content: &str) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true,
    })
}

/// What a preset that replaces words says of a folder without an end-of-sequence token; `kn`, which replaces none, works.
fn without_end(folder: &Folder) -> String {
    let model = folder.load();
    assert!(model.tokenizer.end().is_err());
    let options = |preset| Options::preset(preset, &model).expect("a preset");
    assert!(Attribution::new(&model, &options("kn")).is_ok());
    let errors = ["amig", "amig-paper", "amig-code"].map(|preset| {
        Attribution::new(&model, &options(preset)).err().unwrap_or_else(|| panic!("{preset} is refused")).to_string()
    });
    assert!(errors.iter().all(|error| *error == errors[0]));
    errors[0].clone()
}

#[test]
fn an_end_of_sequence_that_is_no_id_is_told_of_config_json() {
    let folder = Folder::of("gpt2");
    for wrong in [json!("<|endoftext|>"), json!(1.5), json!([]), json!([7, "x"])] {
        folder.config(|config| config["eos_token_id"] = wrong.clone());
        let error = folder.error();
        says(&error, &["config.json: eos_token_id is", &wrong.to_string(), "297 embeddings"]);
        assert!(!error.contains("tokenizer.json"), "{error}");
    }
    folder.config(|config| config["eos_token_id"] = json!([7, 297]));
    assert_eq!(folder.load().tokenizer.end(), Ok(7), "of several, the first stands for a missing word");
}

#[test]
fn the_default_ids_of_a_larger_vocabulary_are_no_ids_of_a_model_trained_on_a_smaller_one() {
    let folder = Folder::of("gpt2");
    for id in [json!(297), json!(50256), json!(-1), json!([50256, 7])] {
        folder.config(|config| {
            for field in ["eos_token_id", "bos_token_id", "pad_token_id", "unk_token_id"] {
                config[field] = id.clone();
            }
        });
        let mut model = folder.load();
        assert_eq!(model.tokenizer.end(), Ok(296), "the usual name");
        let first = id.as_array().map_or(&id, |ids| &ids[0]).to_string();
        let note = model.notes().iter().find(|note| note.contains("eos_token_id")).expect("a note");
        says(note, &[&first, "no embedding", "`<|endoftext|>` (296)"]);
        model.ask_with_bos().expect("the usual name");
        assert_eq!(model.tokenizer.begin(), Ok(296));
    }
    folder.write("tokenizer_config.json", br#"{"eos_token": "The", "bos_token": "The"}"#);
    let model = folder.load();
    let the = model.tokenizer.encode("The", false).expect("ids").ids[0];
    assert_eq!((model.tokenizer.end(), model.tokenizer.begin()), (Ok(the), Ok(the)), "the name that a file gives");
    folder.remove("tokenizer_config.json");
    folder.replace("tokenizer.json", "<|endoftext|>", "<|stop|>");
    let error = without_end(&folder);
    says(&error, &["config.json: no end-of-sequence token", "50256", "297 embeddings", "add \"eos_token_id\"", "`kn`"]);
    let bos = folder.load().ask_with_bos().expect_err("no token").to_string();
    says(&bos, &["bos_token_id 50256", "no embedding"]);
}

#[test]
fn an_end_of_sequence_is_looked_for_where_it_may_be() {
    let folder = Folder::of("gpt2");
    folder.config(|config| config["eos_token_id"] = Value::Null);
    assert_eq!(folder.load().tokenizer.end(), Ok(296), "the usual name");
    folder.replace("tokenizer.json", "<|endoftext|>", "<|stop|>");
    says(
        &without_end(&folder),
        &["config.json: no end-of-sequence token", "missing", "add \"eos_token_id\"", "to config.json"],
    );
    folder.write("tokenizer_config.json", br#"{"eos_token": {"content": "<|stop|>"}}"#);
    assert_eq!(folder.load().tokenizer.end(), Ok(296));
    // The map of special tokens goes first, as in Hugging Face.
    folder.write("special_tokens_map.json", br#"{"eos_token": "<|halt|>"}"#);
    says(&without_end(&folder), &["the tokenizer lacks the eos_token `<|halt|>` that special_tokens_map.json names"]);
    folder.write("special_tokens_map.json", b"[]");
    says(&folder.error(), &["special_tokens_map.json: not a JSON object"]);
    folder.write("special_tokens_map.json", b"{");
    says(&folder.error(), &["special_tokens_map.json: not JSON"]);
}

#[test]
fn a_mask_is_the_one_that_a_file_names() {
    let folder = Folder::of("bert");
    folder.replace("tokenizer.json", "[MASK]", "[HOLE]");
    says(&folder.error(), &["tokenizer.json", "no mask token", "[MASK] or <mask>", "mask_token"]);
    folder.write("special_tokens_map.json", br#"{"mask_token": {"content": "[HOLE]", "lstrip": true}}"#);
    assert_eq!(folder.load().tokenizer.mask, Some(("[HOLE]".to_owned(), 4)));
    folder.remove("special_tokens_map.json");
    folder.write("tokenizer_config.json", br#"{"mask_token": "[HOLE]"}"#);
    assert_eq!(folder.load().tokenizer.mask, Some(("[HOLE]".to_owned(), 4)));
    folder.write("tokenizer_config.json", br#"{"mask_token": "[GAP]"}"#);
    says(&folder.error(), &["tokenizer_config.json: mask_token is `[GAP]`"]);
}

#[test]
fn what_stands_for_the_unknown_may_have_any_name() {
    for name in ["[UNK]", "<UNK>", "UNKNOWN"] {
        let folder = Folder::of("bert");
        folder.replace("tokenizer.json", "[UNK]", name);
        let model = folder.load();
        assert_eq!(ask(&model, "France", "Ωwertzuiop"), Err(Skip::UnknownObject), "{name}");
        assert!(ask(&model, "Ωzyzx", "Paris").expect("is asked").unknown_subject, "{name}");
        assert!(!ask(&model, "France", "Paris").expect("is asked").unknown_subject, "{name}");
    }
}

#[test]
fn what_a_vocabulary_leaves_out_is_unknown_too() {
    // Byte pairs without an unknown token drop what they lack: here a byte of every Chinese character, and the letter k.
    let folder = Folder::of("gpt2");
    edit(&folder, "tokenizer.json", |file| {
        let model = file["model"].as_object_mut().expect("a model");
        model["merges"] = json!([]);
        let vocab = model["vocab"].as_object_mut().expect("a vocabulary");
        for (lost, id) in [("å", "k"), ("K", "K")].into_iter().flat_map(|(a, b)| [a, b]).zip(1000..) {
            if let Some(old) = vocab.remove(lost) {
                vocab.insert(format!("free {id}"), old);
            }
        }
    });
    let model = folder.load();
    assert_eq!(ask(&model, "France", "巴"), Err(Skip::UnknownObject));
    assert_eq!(ask(&model, "France", "Kenya"), Err(Skip::UnknownObject));
    assert!(ask(&model, "Mokka", "Paris").expect("is asked").unknown_subject);
    assert!(!ask(&model, "France", "Paris").expect("is asked").unknown_subject);
}

#[test]
fn tokens_beyond_the_embeddings_matter_where_they_are_used() {
    for (name, token) in [("gemma3", "<image_soft_token>"), ("llama", "[PAD]")] {
        let folder = Folder::of(name);
        let plain = folder.load();
        let count = plain.network.vocabulary();
        edit(&folder, "tokenizer.json", |file| {
            file["added_tokens"].as_array_mut().expect("a list").push(special(count, token));
        });
        let model = folder.load();
        assert_eq!(ask(&model, "France", "Paris"), ask(&plain, "France", "Paris"), "{name}");
        assert_eq!(ask(&model, "France", token), Err(Skip::NoEmbedding), "{name}");
        assert_eq!(ask(&model, token, "Paris"), Err(Skip::NoEmbedding), "{name}");
        let released = model.asking().released_code(CAPITAL, token, "Paris", |_, _| 0);
        assert_eq!(released, Err(Skip::NoEmbedding), "{name}");
        // A word of the vocabulary itself is another thing.
        edit(&folder, "tokenizer.json", |file| file["model"]["vocab"]["word"] = (count + 1).into());
        says(&folder.error(), &[&format!("ids up to {}", count + 1), "another model"]);
    }
}

#[test]
fn tokens_that_are_listed_beside_tokenizer_json_are_found_in_texts() {
    let folder = Folder::of("llama");
    let plain = folder.load();
    assert!(ask(&plain, "France", "Paris").is_ok());
    let next = plain.network.vocabulary();
    folder.write("added_tokens.json", json!({ "France": next }).to_string().as_bytes());
    assert_eq!(ask(&folder.load(), "France", "Paris"), Err(Skip::NoEmbedding), "it has no embedding");
    folder.write("added_tokens.json", json!({ "France": 3 }).to_string().as_bytes());
    says(&folder.error(), &["`France`", "the id 3", "save_pretrained"]);
}

#[test]
fn a_token_before_every_text_needs_an_embedding() {
    let folder = Folder::of("llama");
    edit(&folder, "tokenizer.json", |file| {
        file["post_processor"]["processors"][1]["special_tokens"]["<s>"]["ids"] = json!([400]);
    });
    says(&folder.error(), &["tokenizer.json: adds token 400 to every text", "298 embeddings"]);
}

#[test]
fn tokens_added_in_two_places_are_refused() {
    let folder = Folder::of("llama");
    edit(&folder, "tokenizer.json", |file| {
        let processors = file["post_processor"]["processors"].as_array_mut().expect("a list");
        let second = processors[1].clone();
        processors.push(second);
    });
    says(&folder.error(), &["tokenizer.json", "adds special tokens in two places"]);
}

#[test]
fn special_tokens_that_the_vocabulary_lacks_are_found_in_texts_and_have_no_embedding() {
    for (file, field, value) in [
        ("tokenizer_config.json", "pad_token", json!("France")),
        ("special_tokens_map.json", "pad_token", json!({"content": "France"})),
        ("tokenizer_config.json", "sep_token", json!("capital")),
        ("tokenizer_config.json", "additional_special_tokens", json!([" is"])),
        ("special_tokens_map.json", "additional_special_tokens", json!([" is"])),
        ("tokenizer_config.json", "extra_special_tokens", json!({"image_token": "France"})),
        ("tokenizer_config.json", "image_token", json!("France")),
    ] {
        let folder = Folder::of("gpt2");
        folder.write(file, json!({ field: value }).to_string().as_bytes());
        let asked = ask(&folder.load(), "France", "Paris");
        assert_eq!(asked, Err(Skip::NoEmbedding), "{field} {value} of {file}");
        // What no text has matters to none.
        for name in ["[PAD]", "<new>"] {
            let value: Value = serde_json::from_str(
                &value.to_string().replace("France", name).replace("capital", name).replace(" is", name),
            )
            .expect("JSON");
            folder.write(file, json!({ field: value }).to_string().as_bytes());
            assert_eq!(
                ask(&folder.load(), "France", "Paris"),
                ask(&Folder::of("gpt2").load(), "France", "Paris"),
                "{value}"
            );
        }
    }
}

#[test]
fn a_masked_model_whose_special_tokens_are_taken_apart_is_refused() {
    let folder = Folder::of("bert");
    folder.write("tokenizer_config.json", br#"{"split_special_tokens": true}"#);
    says(&folder.error(), &["`split_special_tokens`", "the mask `[MASK]`", "set that to false"]);
    folder.write("tokenizer_config.json", br#"{"split_special_tokens": false}"#);
    assert!(ask(&folder.load(), "France", "Paris").is_ok());
}

#[test]
fn merges_are_never_left_out_at_random_and_that_is_said() {
    let folder = Folder::of("gpt2");
    let plain = folder.load();
    assert_eq!(plain.notes(), [""; 0]);
    edit(&folder, "tokenizer.json", |file| file["model"]["dropout"] = json!(0.9));
    let model = folder.load();
    for _ in 0..3 {
        assert_eq!(ask(&model, "France", "Kenya"), ask(&plain, "France", "Kenya"));
    }
    says(&model.notes().join("; "), &["tokenizer.json", "`dropout` 0.9", "switched off"]);
    edit(&folder, "tokenizer.json", |file| file["model"]["dropout"] = json!(0.0));
    assert_eq!(folder.load().notes(), [""; 0], "nothing is left out");
}

#[test]
fn a_beginning_of_sequence_is_put_before_prompts_that_have_none() {
    let folder = Folder::of("gpt2");
    let mut model = folder.load();
    let plain = ask(&model, "France", "Kenya").expect("is asked");
    model.ask_with_bos().expect("GPT-2 has one");
    let with = ask(&model, "France", "Kenya").expect("is asked");
    for (step, plain) in with.steps.iter().zip(&plain.steps) {
        assert_eq!(step.ids, [&[296], plain.ids.as_slice()].concat());
        assert_eq!((step.position, step.target), (plain.position + 1, plain.target));
        assert_eq!(step.words, plain.words.iter().map(|at| at + 1).collect::<Vec<_>>(), "it is no word");
    }
    let released = model.asking().released_code(CAPITAL, "France", "Paris", |_, _| 0).expect("is asked");
    assert_eq!(released.steps[0].ids[..2], with.steps[0].ids[..2]);

    let refused = |folder: &Folder| folder.load().ask_with_bos().expect_err("refused").to_string();
    says(&refused(&Folder::of("llama")), &["bos is asked for", "adds it already"]);
    says(&refused(&Folder::of("bert")), &["masked"]);
    folder.write("tokenizer_config.json", br#"{"bos_token": null}"#);
    says(&refused(&folder), &["config.json says bos_token_id 296", "tokenizer_config.json that there is no bos_token"]);
    folder.write("tokenizer_config.json", br#"{"bos_token": "The"}"#);
    says(&refused(&folder), &["bos_token_id 296", "`The`"]);
    folder.config(|config| config["bos_token_id"] = Value::Null);
    folder.replace("tokenizer.json", "<|endoftext|>", "<|stop|>");
    folder.remove("tokenizer_config.json");
    says(&refused(&folder), &["bos_token_id", "names one"]);
}

#[test]
fn settings_and_special_tokens_are_of_the_model_s_hash() {
    let folder = Folder::of("gpt2");
    let plain = folder.load();
    folder.write("tokenizer_config.json", br#"{"add_prefix_space": true}"#);
    let with = folder.load();
    assert_eq!(with.side_hash(), plain.side_hash());
    assert_ne!(with.settings_hash(), plain.settings_hash());
    folder.write("special_tokens_map.json", br#"{"eos_token": "<|endoftext|>"}"#);
    assert_ne!(folder.load().settings_hash(), with.settings_hash());
}
