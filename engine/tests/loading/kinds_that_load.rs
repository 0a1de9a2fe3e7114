//! Folders that are read, however they are laid out.

use super::Kind;
use super::Outcome::{Loads, Same};
use super::making::{cached, entries, in_legacy, whole, with};
use crate::checkpoint::{Order, legacy};
use crate::folder::{Folder, fixtures};
use safetensors::Dtype;
use serde_json::json;
use std::path::PathBuf;

fn in_pytorch_shards(folder: &Folder) -> PathBuf {
    let mut first = folder.all();
    let second = first.split_off("transformer.h.1");
    folder.remove("model.safetensors");
    let (mut map, files) = (serde_json::Map::new(), ["pytorch_model-1.bin", "pytorch_model-2.bin"]);
    for (file, tensors) in files.into_iter().zip([&first, &second]) {
        folder.write(file, &legacy(tensors, Order::Rows, true));
        map.extend(tensors.keys().map(|name| (name.clone(), file.into())));
    }
    with(folder, "pytorch_model.bin.index.json", json!({ "weight_map": map }).to_string().as_bytes())
}

fn in_gguf(folder: &Folder, name: &str) -> PathBuf {
    let file = fixtures().join("gguf").join(name).with_extension("gguf");
    with(folder, "tiny.gguf", &std::fs::read(file).expect("a fixture"))
}

fn only_gguf(folder: &Folder, name: &str) -> PathBuf {
    for file in entries(&whole(folder)) {
        std::fs::remove_file(file).expect("a file of the folder");
    }
    in_gguf(folder, name)
}

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind("`model.safetensors`", "bert", whole, Same),
        Kind(
            "… in F16, BF16 or F64",
            "llama",
            |f| {
                f.convert(Dtype::BF16, |value| value.to_le_bytes()[2..].to_vec());
                whole(f)
            },
            Loads,
        ),
        Kind("shards with `model.safetensors.index.json`", "llama-sharded", whole, Same),
        Kind("`pytorch_model.bin`", "gpt2-bin", whole, Same),
        Kind("… in the format before PyTorch 1.6", "gpt2", |f| in_legacy(f, Order::Rows, true), Same),
        Kind("… with tensors saved transposed", "gpt2", |f| in_legacy(f, Order::Columns, true), Same),
        Kind("shards with `pytorch_model.bin.index.json`", "gpt2", in_pytorch_shards, Same),
        Kind(
            "safetensors and `pytorch_model.bin`: the first is read",
            "bert",
            |f| with(f, "pytorch_model.bin", b"?"),
            Same,
        ),
        Kind(
            "a GGUF file in the place of weights (`llama`, `qwen2`, `gemma3`)",
            "llama",
            |f| {
                f.remove("model.safetensors");
                in_gguf(f, "llama-F32")
            },
            Same,
        ),
        Kind("the path of a GGUF file alone", "qwen2", |f| only_gguf(f, "qwen2-F32").join("tiny.gguf"), Same),
        Kind("a folder with nothing but a GGUF file", "llama", |f| only_gguf(f, "llama-F32"), Same),
        Kind(
            "… in F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K",
            "llama",
            |f| only_gguf(f, "llama-mixed"),
            Loads,
        ),
        Kind(
            "… in Hugging Face's cache",
            "llama",
            |f| {
                only_gguf(f, "llama-F32");
                cached(f, &["0f1e"])
            },
            Same,
        ),
        Kind(
            "a training's output, `checkpoint-500/` and `training_args.bin` beside the model",
            "bert",
            |f| {
                std::fs::create_dir(f.path("checkpoint-500")).expect("a folder");
                with(f, "training_args.bin", b"?")
            },
            Same,
        ),
        Kind(
            "a snapshot in Hugging Face's cache, files linked into `blobs/`",
            "bert",
            |f| cached(f, &["0f1e"]).join("snapshots/0f1e"),
            Same,
        ),
        Kind("a model's folder in that cache, one snapshot", "bert", |f| cached(f, &["0f1e"]), Same),
        Kind(
            "`module.`, `_orig_mod.` or `base_model.model.` before every name",
            "gpt2",
            |f| {
                f.tensors(|tensors| {
                    *tensors =
                        std::mem::take(tensors).into_iter().map(|(name, t)| (format!("module.{name}"), t)).collect();
                });
                whole(f)
            },
            Same,
        ),
        Kind(
            "a base model saved without its prefix (`h.0.…`), head tied",
            "gpt2",
            |f| {
                f.tensors(|tensors| {
                    let names = std::mem::take(tensors).into_iter();
                    *tensors = names.map(|(name, t)| (name.replace("transformer.", ""), t)).collect();
                });
                whole(f)
            },
            Same,
        ),
        Kind(
            "the other name of a tied pair alone (`lm_head.weight`)",
            "llama",
            |f| {
                f.tensors(|tensors| {
                    let rows = tensors.remove("model.embed_tokens.weight").expect("the embedding");
                    tensors.insert("lm_head.weight".into(), rows);
                });
                whole(f)
            },
            Same,
        ),
        Kind(
            "a head of its own beside a configuration that ties it",
            "llama",
            |f| {
                f.tensors(|tensors| {
                    let mut rows = tensors["model.embed_tokens.weight"].clone();
                    rows.bytes.rotate_left(4 * rows.shape[1]);
                    tensors.insert("lm_head.weight".into(), rows);
                });
                whole(f)
            },
            Loads,
        ),
    ]
}
