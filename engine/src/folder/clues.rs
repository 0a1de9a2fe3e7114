//! What file names say about a folder that is not a model's.

use crate::error::Error;
use std::path::{Path, PathBuf};

/// The way out of quantised weights.
pub const UNQUANTISED: &str = "kndb reads F32, F16, BF16 and F64: use the model that it was made from, or write it out with \
                               `model.dequantize()` and `save_pretrained`";
/// The way out of an adapter.
pub const MERGED: &str = "an adapter changes the model that it belongs to: merge them with PEFT (`merge_and_unload()`, then \
                          `save_pretrained`) and give that folder";
/// The way out of formats for other programs.
pub const ORIGINAL: &str = "kndb reads Hugging Face folders: use the model that it was converted from";
/// The way out of a maker's own layout.
const PUBLISHED: &str = "kndb reads Hugging Face folders: use that of the same model, or the script that transformers has to \
                         convert this architecture";
/// The way out of other frameworks' weights.
pub const CONVERTED: &str = "kndb reads safetensors and PyTorch's weights: load it with transformers 4 (`from_tf=True` or \
                             `from_flax=True`) and `save_pretrained`";
/// The way out of a bare state dictionary.
pub const STATE: &str = "kndb reads Hugging Face folders: load it into its transformers class (`load_state_dict`) and write \
                         that with `save_pretrained`; a state dictionary of such a class is read beside its config.json, \
                         as pytorch_model.bin";

/// What it is and what to do, by the end of a file's name. The first that fits counts.
const BY_NAME: &[(&str, &str, &str)] = &[
    (".h5", "weights of TensorFlow", CONVERTED),
    (".keras", "weights of Keras", CONVERTED),
    (".msgpack", "weights of Flax", CONVERTED),
    (".onnx", "an ONNX graph", ORIGINAL),
    ("saved_model.pb", "a graph of TensorFlow", ORIGINAL),
    (".tflite", "a graph of TensorFlow Lite", ORIGINAL),
    ("consolidated.safetensors", "weights in the layout of their maker", PUBLISHED),
    ("consolidated.00.pth", "weights in the layout of their maker", PUBLISHED),
    (".distcp", "a distributed checkpoint", "write it as one with `accelerate merge-weights`"),
    ("zero_to_fp32.py", "a DeepSpeed checkpoint", "run its `zero_to_fp32.py`, and give the folder that this writes"),
    (".incomplete", "a download that has not ended", "download it again"),
    (".part", "a download that has not ended", "download it again"),
    (
        "optimizer.pt",
        "the state of a training",
        "give the folder that `save_pretrained` or the trainer wrote the model to",
    ),
    ("trainer_state.json", "the state of a training", "give the folder that the trainer wrote the model to"),
    (".ckpt", "a checkpoint of PyTorch Lightning or TensorFlow", STATE),
    (".pt", "a file of PyTorch", STATE),
    (".pth", "a file of PyTorch", STATE),
    (".pkl", "a pickle", STATE),
    (".pickle", "a pickle", STATE),
    (".npz", "arrays of NumPy", ORIGINAL),
    (".zip", "a packed file", "unpack it first"),
    (".tar", "a packed file", "unpack it first"),
    (".tar.gz", "a packed file", "unpack it first"),
    (".tgz", "a packed file", "unpack it first"),
];

/// Shards and variants that are read only under other names.
const OTHER_WEIGHTS: &str = "name it model.safetensors or pytorch_model.bin, or bring the index of the shards \
                             (model.safetensors.index.json)";

/// What a file's name says, in small letters.
pub fn by_name(name: &str) -> Option<(&'static str, &'static str)> {
    BY_NAME.iter().find(|(end, ..)| name.ends_with(end)).map(|(_, found, instead)| (*found, *instead))
}

/// The first thing in a folder that says what the folder is.
pub fn in_folder(folder: &Path) -> Option<(String, String)> {
    let mut names: Vec<String> =
        entries(folder).iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    names.sort();
    for (end, found, instead) in BY_NAME {
        if let Some(name) = names.iter().find(|name| name.to_lowercase().ends_with(end)) {
            return Some((format!("{found} (`{name}`)"), (*instead).to_owned()));
        }
    }
    let weights = |name: &&String| name.ends_with(".safetensors") || name.ends_with(".bin");
    let name = names.iter().find(weights)?;
    Some((format!("`{name}`"), OTHER_WEIGHTS.to_owned()))
}

/// An adapter, alone or beside the model that it changes.
pub fn adapter(folder: &Path) -> Option<Error> {
    let names = ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"];
    let name = names.iter().find(|name| folder.join(name).exists())?;
    Some(Error::Unusable { path: folder.join(name), found: "an adapter (PEFT)".into(), instead: MERGED.into() })
}

/// Whether a folder has a config.json or a GGUF file.
pub fn has_model(folder: &Path) -> bool {
    folder.join("config.json").exists() || !super::gguf::files(folder).is_empty()
}

/// Folders inside that hold a model, in order of their names.
pub fn folders_with_model(folder: &Path) -> Vec<PathBuf> {
    let mut inside: Vec<PathBuf> = entries(folder).into_iter().filter(|path| has_model(path)).collect();
    inside.sort();
    inside
}

/// A model's folder in what may be Hugging Face's cache of several.
pub fn cached_model(folder: &Path) -> Option<PathBuf> {
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("models--"));
    entries(folder).into_iter().filter(named).min()
}

pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
