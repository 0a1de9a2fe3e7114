//! The folder of a trained model, as Hugging Face lays it out: weights in half precision, configuration, tokenizer.

use std::fs;
use std::path::{Path, PathBuf};

use burn::store::{
    BurnToPyTorchAdapter, FloatCastAdapter, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore,
};
use burn::tensor::{DType, Device};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Result, TrainingError};
use crate::material::Material;
use crate::model::{LanguageModel, Sizes};
use crate::tokenizer::{END_OF_TEXT, Encoder, MASKED_SPECIAL, Objective};

/// File of the weights.
const WEIGHTS: &str = "model.safetensors";

/// Writes a model, its tokenizer and its configuration.
pub fn write<M: LanguageModel>(folder: &Path, model: &M, material: &Material) -> Result<()> {
    let Material { encoder, sizes, .. } = material;
    fs::create_dir_all(folder).map_err(|source| failed(folder, "create", source))?;
    let tokenizer = encoder.tokenizer.to_string(true);
    let tokenizer = tokenizer
        .map_err(|error| TrainingError::Tokenizer { doing: "could not be written", reason: error.to_string() })?;
    write_text(&folder.join("tokenizer.json"), &tokenizer)?;
    write_json(&folder.join("tokenizer_config.json"), &tokenizer_config(encoder))?;
    write_json(&folder.join("config.json"), &M::config(sizes, encoder)?)?;
    let path = folder.join(WEIGHTS);
    let mut store = renamed(SafetensorsStore::from_bytes(None), M::names())
        .with_to_adapter(BurnToPyTorchAdapter.chain(FloatCastAdapter::to(DType::F16)))
        .clear_metadata()
        .metadata("format", "pt");
    let saved = model.save_into(&mut store).and_then(|()| store.get_bytes());
    let bytes = saved.map_err(|error| weights(&path, "write", &error))?;
    fs::write(&path, bytes).map_err(|source| failed(&path, "write", source))
}

/// Reads the weights back, as they were rounded.
pub fn read<M: LanguageModel>(folder: &Path, sizes: &Sizes, device: &Device) -> Result<M> {
    let path = folder.join(WEIGHTS);
    let mut model = M::new(sizes, device);
    let mut store = renamed(SafetensorsStore::from_file(&path), M::fields())
        .with_from_adapter(PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32)));
    let applied = model.load_from(&mut store).map_err(|error| weights(&path, "read back", &error))?;
    if !applied.is_success() || !applied.missing.is_empty() || !applied.unused.is_empty() {
        return Err(weights(&path, "read back", &applied));
    }
    Ok(model)
}

/// Writes a report beside the model.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| failed(path, "write", error.into()))?;
    write_text(path, &text)
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    fs::write(path, format!("{text}\n")).map_err(|source| failed(path, "write", source))
}

/// `AutoTokenizer` takes `tokenizer.json` as it is with this, instead of building the architecture's usual one.
fn tokenizer_config(encoder: &Encoder) -> Value {
    let length = crate::model::POSITIONS;
    match encoder.objective {
        Objective::Causal => json!({
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": length,
            "bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT
        }),
        Objective::Masked => {
            let [pad, unknown, start, separator, mask] = MASKED_SPECIAL;
            json!({
                "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": length, "pad_token": pad,
                "unk_token": unknown, "cls_token": start, "sep_token": separator, "mask_token": mask
            })
        }
    }
}

fn renamed(store: SafetensorsStore, names: &[(&str, &str)]) -> SafetensorsStore {
    names.iter().fold(store, |store, &(from, to)| store.with_key_remapping(from, to))
}

fn failed(path: &Path, doing: &'static str, source: std::io::Error) -> TrainingError {
    TrainingError::Io { file: path.to_owned(), doing, source }
}

fn weights(path: &Path, doing: &'static str, reason: &dyn std::fmt::Display) -> TrainingError {
    TrainingError::Weights { file: PathBuf::from(path), doing, reason: reason.to_string() }
}
