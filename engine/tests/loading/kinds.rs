//! Kinds of folders and files that are given as a model: loaded and attributed, or refused by name. The table of
//! docs/models.md is written from here.

use crate::checkpoint::{Order, legacy};
use crate::folder::{Folder, device, fixtures, load};
use crate::says;
use kndb_engine::{Attribution, Model, Options};
use safetensors::Dtype;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What becomes of a folder.
enum Outcome {
    /// Loads, with the scores of the fixture it was made of.
    Same,
    /// Loads, with scores of its own.
    Loads,
    /// Refused, with these words.
    Refused(&'static [&'static str]),
}
use Outcome::{Loads, Refused, Same};

/// A kind of folder: what it is called, the fixture it is made of, what is done to it, which path is given.
struct Kind(&'static str, &'static str, fn(&Folder) -> PathBuf, Outcome);

const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 437955512\n";
const PAGE: &[u8] = b"\n<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n";

fn whole(folder: &Folder) -> PathBuf {
    folder.root().to_owned()
}

/// The folder with one more file.
fn with(folder: &Folder, file: &str, bytes: &[u8]) -> PathBuf {
    folder.write(file, bytes);
    whole(folder)
}

/// The folder with another file in the place of the weights.
fn instead_of_weights(folder: &Folder, file: &str, bytes: &[u8]) -> PathBuf {
    folder.remove("model.safetensors");
    with(folder, file, bytes)
}

/// Everything moved into a folder inside.
fn moved(folder: &Folder, inside: &str) -> PathBuf {
    let to = folder.path(inside);
    let files: Vec<PathBuf> = entries(&whole(folder));
    std::fs::create_dir_all(&to).expect("a folder");
    for file in files {
        std::fs::rename(&file, to.join(file.file_name().expect("a name"))).expect("a file moved");
    }
    to
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// A cache as the hub's client lays it out: files are links into `blobs`.
fn cached(folder: &Folder, snapshots: &[&str]) -> PathBuf {
    let blobs = moved(folder, "models--kndb--tiny/blobs");
    let cache = folder.path("models--kndb--tiny");
    std::fs::create_dir_all(cache.join("refs")).expect("a folder");
    std::fs::write(cache.join("refs/main"), snapshots[0]).expect("a file");
    for snapshot in snapshots {
        let to = cache.join("snapshots").join(snapshot);
        std::fs::create_dir_all(&to).expect("a folder");
        for blob in entries(&blobs) {
            let name = blob.file_name().expect("a name");
            std::os::unix::fs::symlink(Path::new("../../blobs").join(name), to.join(name)).expect("a link");
        }
    }
    cache
}

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

fn in_legacy(folder: &Folder, order: Order, little_endian: bool) -> PathBuf {
    let bytes = legacy(&folder.all(), order, little_endian);
    instead_of_weights(folder, "pytorch_model.bin", &bytes)
}

fn kinds() -> Vec<Kind> {
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
            "… several snapshots",
            "bert",
            |f| cached(f, &["0f1e", "2d3c"]),
            Refused(&["2 snapshots", "snapshots/0f1e"]),
        ),
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
        Kind(
            "… not tied, and no head",
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
            Refused(&["quantised (gptq)", "dequantize()"]),
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
            "a GGUF file in the folder",
            "llama",
            |f| instead_of_weights(f, "tiny.Q4_K_M.gguf", b"GGUF\x03"),
            Refused(&["GGUF", "`tiny.Q4_K_M.gguf`", "converted from"]),
        ),
        Kind(
            "… alone",
            "llama",
            |f| with(f, "tiny.gguf", b"GGUF\x03").join("tiny.gguf"),
            Refused(&["a GGUF file of llama.cpp"]),
        ),
        Kind(
            "… as `model.safetensors`",
            "llama",
            |f| with(f, "model.safetensors", b"GGUF\x03"),
            Refused(&["a GGUF file"]),
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
            Refused(&["no config.json, but", "consolidated.00.pth"]),
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
            Refused(&["not a safetensors file", "cut off"]),
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

/// The fixture whose scores a variant of it has.
fn origin(model: &str) -> &str {
    model.trim_end_matches("-sharded").trim_end_matches("-bin")
}

/// Scores of the first question that golden values know, by the default method.
fn scores(model: &Model, fixture: &str) -> Vec<f32> {
    let text = std::fs::read(fixtures().join(origin(fixture)).join("goldens.json")).expect("golden values");
    let goldens: Value = serde_json::from_slice(&text).expect("JSON");
    let text = |field: &str| goldens["questions"][0][field].as_str().expect("a text").to_owned();
    let options = Options::preset("amig", model).expect("a preset");
    let attribution = Attribution::new(model, &options).expect("the options fit");
    let question = attribution.question(&text("template"), &text("subject"), &text("object")).expect("can be asked");
    attribution.scores(&question).expect("finite").expect("can be scored").scores
}

/// One row of the page, proved.
fn row(kind: &Kind) -> String {
    let Kind(name, fixture, make, outcome) = kind;
    let folder = Folder::of(fixture);
    let given = make(&folder);
    let result = Model::load(&given, &device());
    let told = match (outcome, result) {
        (Refused(parts), Err(error)) => {
            let root = folder.root().display().to_string();
            let error = error.to_string().replace(&format!("{root}/"), "").replace(&root, "model");
            says(&error, parts);
            format!("refused: {}", error.replace('|', "\\|"))
        }
        (Same | Loads, Ok(model)) => {
            let found = scores(&model, fixture);
            if matches!(outcome, Same) {
                assert_eq!(found, scores(&load(origin(fixture)), fixture), "{name}");
            }
            let notes = model.notes().iter().map(|note| format!("; note: {note}")).collect::<String>();
            format!("loads, attributes{notes}")
        }
        (Refused(_), Ok(_)) => panic!("{name}: loaded"),
        (Same | Loads, Err(error)) => panic!("{name}: {error}"),
    };
    format!("| {name} | {told} |\n")
}

/// One row a fixture that has golden values.
fn families() -> String {
    let mut folders: Vec<PathBuf> = entries(&fixtures());
    folders.retain(|folder| folder.join("goldens.json").exists());
    folders.sort();
    let mut rows = String::new();
    for folder in folders {
        let name = folder.file_name().expect("a name").to_str().expect("text").to_owned();
        let model = load(&name);
        assert!(scores(&model, &name).iter().any(|&score| score != 0.0), "{name}");
        let asked = if model.is_causal() { "causal" } else { "masked" };
        rows += &format!("| `{}` ({asked}; fixture `{name}`) | loads, attributes |\n", model.architecture());
    }
    rows
}

const BEGIN: &str = "<!-- folders: written by engine/tests/loading.rs -->\n";
const END: &str = "<!-- /folders -->\n";

#[test]
fn the_table_of_folders_is_what_happens() {
    let kinds = kinds();
    assert!(kinds.len() >= 16);
    let rows: String = kinds.iter().map(row).collect();
    let table = format!("\n| what is given | what happens |\n|---|---|\n{}{rows}\n", families());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    let written = std::fs::read_to_string(&page).expect("docs/models.md");
    let (before, rest) = written.split_once(BEGIN).expect("a place for the table");
    let (old, after) = rest.split_once(END).expect("its end");
    if std::env::var_os("KNDB_WRITE_DOCS").is_some() {
        std::fs::write(&page, format!("{before}{BEGIN}{table}{END}{after}")).expect("the page is written");
        return;
    }
    for (now, then) in table.lines().zip(old.lines()) {
        assert_eq!(now, then, "docs/models.md is not what happens now: run `cargo xtask docs`");
    }
    assert_eq!(table.lines().count(), old.lines().count(), "docs/models.md: run `cargo xtask docs`");
}

#[test]
fn a_cached_model_has_the_models_name() {
    let folder = Folder::of("bert");
    let cache = cached(&folder, &["0f1e"]);
    assert_eq!(Model::load(&cache, &device()).expect("loads").name(), "tiny");
    assert_eq!(Model::load(cache.join("snapshots/0f1e"), &device()).expect("loads").name(), "tiny");
}
