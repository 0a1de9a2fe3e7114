//! What is given as a model and is none, or none that can be computed.

use super::Kind;
use super::Outcome::Refused;
use super::making::{cached, in_legacy, instead_of_weights, moved, whole, with};
use crate::checkpoint::Order;
use crate::folder::Folder;
use serde_json::{Value, json};

const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 437955512\n";
const PAGE: &[u8] = b"\n<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n";

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind(
            "a model's folder in Hugging Face's cache, several snapshots",
            "bert",
            |f| cached(f, &["0f1e", "2d3c"]),
            Refused(&["2 snapshots", "snapshots/0f1e"]),
        ),
        Kind(
            "a head that is not tied and not there",
            "llama",
            |f| {
                f.config(|config| config["tie_word_embeddings"] = false.into());
                whole(f)
            },
            Refused(&["without its language-modelling head", "`lm_head.weight`", "tie_word_embeddings"]),
        ),
        Kind(
            "an encoder without a head",
            "bert",
            |f| {
                f.tensors(|tensors| tensors.retain(|name, _| !name.starts_with("cls.")));
                whole(f)
            },
            Refused(&["without its language-modelling head", "AutoModelForMaskedLM"]),
        ),
        Kind(
            "an adapter (PEFT)",
            "bert",
            |f| {
                f.remove("config.json");
                f.write("adapter_config.json", b"{}");
                instead_of_weights(f, "adapter_model.safetensors", b"?")
            },
            Refused(&["an adapter", "merge_and_unload()"]),
        ),
        Kind(
            "… beside the model that it changes",
            "bert",
            |f| with(f, "adapter_config.json", b"{}"),
            Refused(&["an adapter"]),
        ),
        Kind(
            "a configuration of quantised weights",
            "llama",
            |f| {
                f.config(|config| config["quantization_config"] = json!({"quant_method": "gptq", "bits": 4}));
                whole(f)
            },
            Refused(&["`quantization_config`", "quantised or compressed (gptq)", "dequantize()"]),
        ),
        Kind(
            "… of compressed ones",
            "llama",
            |f| {
                f.config(|config| config["compression_config"] = json!({"quant_method": "compressed-tensors"}));
                whole(f)
            },
            Refused(&["`compression_config`", "(compressed-tensors)"]),
        ),
        Kind(
            "weights that an adapter is not merged into",
            "llama",
            |f| {
                f.tensors(|tensors| {
                    let tensor = tensors.remove("model.layers.0.mlp.up_proj.weight").expect("a matrix");
                    tensors.insert("model.layers.0.mlp.up_proj.base_layer.weight".into(), tensor);
                });
                whole(f)
            },
            Refused(&["adapter (PEFT) that is not merged", "up_proj.base_layer.weight`", "merge_and_unload()"]),
        ),
        Kind(
            "quantised tensors",
            "llama",
            |f| {
                f.tensors(|tensors| {
                    let tensor = tensors["model.norm.weight"].clone();
                    tensors.insert("model.layers.0.mlp.up_proj.qweight".into(), tensor);
                });
                whole(f)
            },
            Refused(&["quantised weights (`model.layers.0.mlp.up_proj.qweight`)"]),
        ),
        Kind(
            "a git-lfs pointer as weights",
            "bert",
            |f| with(f, "model.safetensors", LFS),
            Refused(&["git-lfs pointer", "git lfs pull"]),
        ),
        Kind(
            "… as configuration",
            "bert",
            |f| with(f, "config.json", LFS),
            Refused(&["config.json: a git-lfs pointer"]),
        ),
        Kind(
            "a web page as weights",
            "bert",
            |f| with(f, "model.safetensors", PAGE),
            Refused(&["a web page", "log in"]),
        ),
        Kind("… as configuration", "bert", |f| with(f, "config.json", PAGE), Refused(&["config.json: a web page"])),
        Kind(
            "the hub's refusal as configuration",
            "bert",
            |f| with(f, "config.json", b"Entry not found"),
            Refused(&["the hub's answer"]),
        ),
        Kind(
            "a checkpoint of PyTorch called `model.safetensors`",
            "gpt2",
            |f| {
                let bytes = Folder::of("gpt2-bin").read("pytorch_model.bin");
                with(f, "model.safetensors", &bytes)
            },
            Refused(&["a zip archive or a PyTorch checkpoint"]),
        ),
        Kind(
            "a pickle called `model.safetensors`",
            "gpt2",
            |f| with(f, "model.safetensors", b"\x80\x04\x95\x10\0\0\0\0\0\0\0}q."),
            Refused(&["a pickle"]),
        ),
        Kind(
            "safetensors called `pytorch_model.bin`",
            "bert",
            |f| {
                let bytes = f.read("model.safetensors");
                instead_of_weights(f, "pytorch_model.bin", &bytes)
            },
            Refused(&["not a PyTorch checkpoint"]),
        ),
        Kind(
            "a GGUF file that was cut off",
            "llama",
            |f| instead_of_weights(f, "tiny.Q4_K_M.gguf", b"GGUF\x03\0\0\0"),
            Refused(&["tiny.Q4_K_M.gguf: not a GGUF file that can be read", "was it cut off while copied?"]),
        ),
        Kind(
            "several GGUF files and no other weights",
            "llama",
            |f| {
                f.write("tiny.Q4_0.gguf", b"GGUF");
                instead_of_weights(f, "tiny.Q8_0.gguf", b"GGUF")
            },
            Refused(&["2 GGUF files: `tiny.Q4_0.gguf`, `tiny.Q8_0.gguf`", "give the one that is meant"]),
        ),
        Kind(
            "a GGUF file as `model.safetensors`",
            "llama",
            |f| with(f, "model.safetensors", b"GGUF\x03"),
            Refused(&["a GGUF file", "a name that ends in .gguf"]),
        ),
        Kind(
            "a file of llama.cpp from before GGUF",
            "llama",
            |f| with(f, "ggml-model-q4_0.bin", b"tjgg\x03\0\0\0").join("ggml-model-q4_0.bin"),
            Refused(&["from before GGUF", "converted from"]),
        ),
        Kind(
            "something else called `.gguf`",
            "llama",
            |f| with(f, "tiny.gguf", PAGE).join("tiny.gguf"),
            Refused(&["tiny.gguf: a web page"]),
        ),
        Kind(
            "a `.pt` or `.pth` file",
            "gpt2",
            |f| with(f, "weights.pt", b"PK\x03\x04").join("weights.pt"),
            Refused(&["a file of PyTorch", "save_pretrained"]),
        ),
        Kind(
            "a `.ckpt` in the folder",
            "gpt2",
            |f| instead_of_weights(f, "epoch=3.ckpt", b"PK\x03\x04"),
            Refused(&["Lightning", "`epoch=3.ckpt`"]),
        ),
        Kind("a pickle", "gpt2", |f| with(f, "model.pkl", b"\x80\x04").join("model.pkl"), Refused(&["a pickle"])),
        Kind(
            "`tf_model.h5`",
            "bert",
            |f| instead_of_weights(f, "tf_model.h5", b"\x89HDF\r\n\x1a\n"),
            Refused(&["weights of TensorFlow", "from_tf=True"]),
        ),
        Kind(
            "`flax_model.msgpack`",
            "bert",
            |f| instead_of_weights(f, "flax_model.msgpack", b"\x82"),
            Refused(&["weights of Flax"]),
        ),
        Kind("`model.onnx`", "bert", |f| instead_of_weights(f, "model.onnx", b"\x08\x07"), Refused(&["an ONNX graph"])),
        Kind(
            "the weights' file alone",
            "bert",
            |f| f.path("model.safetensors"),
            Refused(&["one file of a model", "give the folder"]),
        ),
        Kind(
            "the maker's own files (`consolidated.00.pth`)",
            "llama",
            |f| {
                f.remove("config.json");
                instead_of_weights(f, "consolidated.00.pth", b"PK\x03\x04")
            },
            Refused(&["no config.json, but", "consolidated.00.pth", "the script that transformers has"]),
        ),
        Kind(
            "a training's state without the model",
            "gpt2",
            |f| {
                f.write("trainer_state.json", b"{}");
                instead_of_weights(f, "optimizer.pt", b"PK\x03\x04")
            },
            Refused(&["the state of a training"]),
        ),
        Kind(
            "a DeepSpeed checkpoint",
            "gpt2",
            |f| {
                f.remove("config.json");
                instead_of_weights(f, "zero_to_fp32.py", b"import torch")
            },
            Refused(&["DeepSpeed", "zero_to_fp32.py"]),
        ),
        Kind(
            "a folder around the model's",
            "bert",
            |f| {
                moved(f, "encoder");
                whole(f)
            },
            Refused(&["without config.json, around", "`encoder`"]),
        ),
        Kind(
            "Hugging Face's cache itself",
            "bert",
            |f| {
                cached(f, &["0f1e"]);
                whole(f)
            },
            Refused(&["the Hugging Face cache", "models--kndb--tiny"]),
        ),
        Kind(
            "a store of kndb",
            "bert",
            |f| {
                f.remove("config.json");
                instead_of_weights(f, "catalogue", b"?")
            },
            Refused(&["a store of kndb, not a model"]),
        ),
        Kind(
            "a folder around checkpoints",
            "bert",
            |f| {
                moved(f, "checkpoint-500");
                whole(f)
            },
            Refused(&["`checkpoint-500`"]),
        ),
        Kind(
            "weights without a configuration",
            "bert",
            |f| {
                f.remove("config.json");
                whole(f)
            },
            Refused(&["weights, but no config.json"]),
        ),
        Kind(
            "no weights",
            "bert",
            |f| {
                f.remove("model.safetensors");
                whole(f)
            },
            Refused(&["no weights; expected model.safetensors"]),
        ),
        Kind(
            "a shard that is missing",
            "llama-sharded",
            |f| {
                f.remove("model-00002-of-00003.safetensors");
                whole(f)
            },
            Refused(&["1 of the 3 files", "`model-00002-of-00003.safetensors`"]),
        ),
        Kind(
            "shards without their index",
            "llama-sharded",
            |f| {
                f.remove("model.safetensors.index.json");
                whole(f)
            },
            Refused(&["`model-00001-of-00003.safetensors`", "the index of the shards"]),
        ),
        Kind(
            "weights cut off while copied",
            "bert",
            |f| {
                let bytes = f.read("model.safetensors");
                with(f, "model.safetensors", &bytes[..bytes.len() - 100])
            },
            Refused(&["not a safetensors file: ", " bytes, expected ", "cut off", "download"]),
        ),
        Kind(
            "… `pytorch_model.bin`",
            "gpt2-bin",
            |f| {
                let bytes = f.read("pytorch_model.bin");
                with(f, "pytorch_model.bin", &bytes[..bytes.len() / 2])
            },
            Refused(&["not a PyTorch checkpoint: ", "list of its files at the end", "cut off"]),
        ),
        Kind(
            "a download that has not ended",
            "bert",
            |f| instead_of_weights(f, "model.safetensors.incomplete", b"?"),
            Refused(&["a download that has not ended"]),
        ),
        Kind(
            "a link to nothing",
            "bert",
            |f| {
                f.remove("model.safetensors");
                std::os::unix::fs::symlink("../../blobs/5e3a", f.path("model.safetensors")).expect("a link");
                whole(f)
            },
            Refused(&["a link to ../../blobs/5e3a, which is not there"]),
        ),
        Kind(
            "a checkpoint of a big-endian machine",
            "gpt2",
            |f| in_legacy(f, Order::Rows, false),
            Refused(&["not a PyTorch checkpoint", "ndian"]),
        ),
        Kind(
            "no `model_type`",
            "bert",
            |f| {
                f.config(|config| config["model_type"] = Value::Null);
                whole(f)
            },
            Refused(&["add \"model_type\": \"bert\""]),
        ),
        Kind(
            "an architecture that is not known",
            "bert",
            |f| {
                f.config(|config| config["model_type"] = "t5".into());
                whole(f)
            },
            Refused(&["unknown architecture `t5`"]),
        ),
        Kind(
            "a name on the hub",
            "bert",
            |_| "google/no-such-model".into(),
            Refused(&["no such folder", "hf download google/no-such-model"]),
        ),
    ]
}
