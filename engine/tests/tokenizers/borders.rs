//! Models whose tokenizers close texts, or write a blank before them: probabilities against other programs.

use super::folder::Folder;
use kndb_engine::{Model, Skip, Variants};
use serde_json::{Value, json};

/// Relative difference allowed.
const PROMISED: f64 = 1e-4;

fn edit(folder: &Folder, edit: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&folder.read("tokenizer.json")).expect("JSON");
    edit(&mut value);
    folder.write("tokenizer.json", value.to_string().as_bytes());
}

fn probability(model: &Model, template: &str, subject: &str, object: &str) -> Result<f64, Skip> {
    let question = model.asking().question(template, subject, object)?;
    let variants = Variants::new(&model.network, &question).expect("a small network");
    Ok(variants.probabilities(&[Vec::new()]).expect("finite")[0])
}

fn special(name: &str) -> Value {
    json!({"SpecialToken": {"id": name, "type_id": 0}})
}

fn template(single: &[Value], tokens: &[(&str, u64)]) -> Value {
    let tokens: serde_json::Map<_, _> = tokens
        .iter()
        .map(|&(name, id)| (name.to_owned(), json!({"id": name, "ids": [id], "tokens": [name]})))
        .collect();
    json!({"type": "TemplateProcessing", "single": single, "pair": single, "special_tokens": tokens})
}

fn text() -> Value {
    json!({"Sequence": {"id": "A", "type_id": 0}})
}

/// The demo's causal English model, whose tokenizer adds nothing.
fn english() -> Folder {
    Folder::of("../../../demo/models/english-causal")
}

fn paris(model: &Model) -> f64 {
    probability(model, "The capital of [X] is [Y].", "France", "Paris").expect("can be asked")
}

#[test]
fn a_text_that_is_closed_is_asked_as_one_that_is_not() {
    let folder = english();
    let plain = paris(&folder.load());
    assert!((plain - 0.9549).abs() < 5e-5, "{plain}");
    let end = "<|endoftext|>";
    let closing = template(&[text(), special(end)], &[(end, 0)]);
    edit(&folder, |file| {
        let first = file["post_processor"].take();
        file["post_processor"] = json!({"type": "Sequence", "processors": [first, &closing]});
    });
    assert_eq!(paris(&folder.load()), plain, "byte-level, and a template in a sequence");
    edit(&folder, |file| file["post_processor"] = closing.clone());
    assert_eq!(paris(&folder.load()), plain, "the template alone");
    // With a token before the text, too, as BERT's tokenizer has it: that one is kept.
    edit(&folder, |file| file["post_processor"] = template(&[special(end), text(), special(end)], &[(end, 0)]));
    let around = paris(&folder.load());
    edit(&folder, |file| file["post_processor"] = template(&[special(end), text()], &[(end, 0)]));
    assert_eq!(paris(&folder.load()), around);
    edit(&folder, |file| file["post_processor"] = Value::Null);
    let mut bos = folder.load();
    assert_eq!(paris(&bos), plain);
    bos.ask_with_bos().expect("its files name one");
    assert_eq!(paris(&bos), around, "--bos is the same question");
}

#[test]
fn tokens_around_a_text_in_the_way_of_bert_are_cut_behind_it() {
    let folder = english();
    edit(&folder, |file| {
        let vocab = file["model"]["vocab"].as_object_mut().expect("a vocabulary");
        let mut last: Vec<(String, u64)> =
            vocab.iter().map(|(token, id)| (token.clone(), id.as_u64().expect("an id"))).collect();
        last.sort_by_key(|(_, id)| *id);
        let last = last.split_off(last.len() - 2);
        last.iter().for_each(|(token, _)| drop(vocab.remove(token)));
        let kept = |merge: &&Value| {
            let made = match merge {
                Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<String>(),
                merge => merge.as_str().expect("a pair").replace(' ', ""),
            };
            last.iter().all(|(token, _)| *token != made)
        };
        let merges: Vec<Value> =
            file["model"]["merges"].as_array().expect("merges").iter().filter(kept).cloned().collect();
        file["model"]["merges"] = merges.into();
        for (name, (_, id)) in ["[CLS]", "[SEP]"].into_iter().zip(&last) {
            file["added_tokens"].as_array_mut().expect("a list").push(json!({
                "id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                "special": true,
            }));
        }
        let tokens = [("[CLS]", last[0].1), ("[SEP]", last[1].1)];
        file["post_processor"] = template(&[special("[CLS]"), text(), special("[SEP]")], &tokens);
    });
    let model = folder.load();
    let question = model.asking().question("The capital of [X] is [Y].", "France", "Paris").expect("can be asked");
    let around = model.tokenizer.encode("The capital of France is", true).expect("ids").ids;
    assert_eq!(question.steps[0].ids, around[..around.len() - 1], "[CLS] is kept, [SEP] is not");
}

/// Llama 2's tokenizer in small, on the fixture's weights: ▁ is put before every text.
fn sentencepiece(crossing: bool) -> Folder {
    let folder = Folder::of("llama");
    let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
    tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    tokens.extend(["▁", "法", "国", "的", "首", "都", "是", "巴", "黎", "。", "是巴", "巴黎"].map(str::to_owned));
    let vocab: serde_json::Map<_, _> =
        tokens.iter().zip(0u64..).map(|(token, id)| (token.clone(), id.into())).collect();
    let added: Vec<Value> = (0..3)
        .map(|id| {
            json!({
                "id": id, "content": tokens[id], "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            })
        })
        .collect();
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "pre_tokenizer": null,
        "post_processor": template(&[special("<s>"), text()], &[("<s>", 1)]),
        "decoder": {"type": "ByteFallback"},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false, "vocab": vocab,
            "merges": if crossing { json!([["是", "巴"]]) } else { json!([]) },
        },
    });
    folder.write("tokenizer.json", file.to_string().as_bytes());
    folder.config(|config| {
        config["bos_token_id"] = 1.into();
        config["eos_token_id"] = 2.into();
    });
    folder
}

#[test]
fn an_object_behind_the_prompt_has_no_blank_of_its_own() {
    let model = sentencepiece(false).load();
    let p = probability(&model, "[X]的首都是[Y]。", "法国", "巴黎").expect("can be asked");
    // NumPy in float64: p(巴 黎) behind <s> ▁ 法 国 的 首 都 是. As `▁ 巴 黎` it would be 2.46e-10.
    assert!((p / 1.18479e-4 - 1.0).abs() < PROMISED, "{p}");
}

#[test]
fn white_space_before_the_object_is_asked_as_the_template_has_it() {
    let model = english().load();
    for space in [" ", "\n", "\t", "\u{3000}"] {
        let template = format!("The capital of [X] is{space}[Y].");
        let question = model.asking().question(&template, "France", "Paris").expect("a question");
        let targets: Vec<u32> = question.steps.iter().map(|step| step.target).collect();
        assert_eq!(model.tokenizer.decode(&targets).expect("a text"), format!("{space}Paris"), "{space:?}");
    }
}

#[test]
fn a_token_across_the_border_is_a_skip() {
    let model = sentencepiece(true).load();
    let asked = probability(&model, "[X]的首都是[Y]。", "法国", "巴黎");
    assert_eq!(asked, Err(Skip::Border));
    assert!(probability(&model, "[X]的首都[Y]。", "法国", "巴黎").is_ok(), "elsewhere it can be asked");
    // The library writes one unknown token for several characters in a row; the object's must not be lost in the prompt's.
    let folder = sentencepiece(false);
    edit(&folder, |file| file["model"]["byte_fallback"] = false.into());
    let model = folder.load();
    let ask = |template, object| probability(&model, template, "法国", object);
    assert_eq!(ask("[X]的首都东[Y]。", "京巴"), Err(Skip::UnknownObject));
    assert!(ask("[X]的首都东[Y]。", "巴黎").is_ok());
}

#[test]
fn nothing_but_added_tokens_is_no_prompt() {
    let folder = sentencepiece(false);
    edit(&folder, |file| {
        file["normalizer"] = json!({"type": "Replace", "pattern": {"Regex": "[a-z]+"}, "content": ""})
    });
    let model = folder.load();
    let asked = model.asking().question("[X][Y]", "abc", "巴黎");
    assert_eq!(asked, Err(Skip::NothingBeforeObject), "the normaliser takes the whole prompt");
    let asked = model.asking().question("[X]的首都是[Y]", "法国", "abc");
    assert_eq!(asked, Err(Skip::UnknownObject), "or the whole object");
}
