//! The architectures that can be loaded. To add one: a file here, and a line in [`KNOWN`].

mod bert;
mod gemma3;
mod gpt2;
mod llama;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::nn::{Activation, Linear, Norm};
use crate::transformer::Transformer;
use crate::weights::Weights;

/// How a `model_type` of Hugging Face is read.
pub struct Architecture {
    /// `model_type` in `config.json`.
    pub model_type: &'static str,
    /// Builds the network from its configuration and weights.
    pub load: fn(&Config, &mut Weights) -> Result<Transformer>,
    /// Tensors a checkpoint may hold that language modelling does not need.
    pub without_use: fn(&str) -> bool,
}

/// Every architecture.
pub const KNOWN: &[Architecture] = &[
    Architecture { model_type: "bert", load: bert::load, without_use: bert::without_use },
    Architecture { model_type: "gpt2", load: gpt2::load, without_use: gpt2::without_use },
    Architecture { model_type: "llama", load: llama::load, without_use: llama::without_use },
    Architecture { model_type: "qwen2", load: llama::load_qwen2, without_use: llama::without_use },
    Architecture { model_type: "qwen3", load: llama::load_qwen3, without_use: llama::without_use },
    Architecture { model_type: "gemma3_text", load: gemma3::load, without_use: llama::without_use },
];

/// The architecture that `config.json` names.
pub fn named(config: &Config) -> Result<&'static Architecture> {
    let found = config.text("model_type").unwrap_or("");
    KNOWN.iter().find(|known| known.model_type == found).ok_or_else(|| Error::Architecture {
        path: config.path().to_owned(),
        found: if found.is_empty() { "(no model_type)".into() } else { found.into() },
        expected: KNOWN.iter().map(|known| known.model_type).collect(),
    })
}

/// The activation a configuration names.
fn activation(config: &Config, field: &'static str, default: &str) -> Result<Activation> {
    let name = config.text(field).unwrap_or(default);
    Activation::named(name).ok_or_else(|| config.wrong(field, name, Activation::NAMES))
}

/// `nn.Linear`: `{name}.weight [outputs × inputs]`, and `{name}.bias` where there is one.
fn linear(weights: &mut Weights, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
    let weight = weights.take(&format!("{name}.weight"), [outputs, inputs])?;
    let bias = if bias { Some(weights.take(&format!("{name}.bias"), [outputs])?) } else { None };
    Ok(Linear::from_rows(weight, bias))
}

/// Two `nn.Linear`s of the same input, as one with both outputs.
fn joined(weights: &mut Weights, names: [&str; 2], inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
    use burn::tensor::Tensor;
    let mut rows = Vec::with_capacity(2);
    let mut biases = Vec::with_capacity(2);
    for name in names {
        rows.push(weights.take::<2>(&format!("{name}.weight"), [outputs, inputs])?);
        if bias {
            biases.push(weights.take::<1>(&format!("{name}.bias"), [outputs])?);
        }
    }
    Ok(Linear::from_rows(Tensor::cat(rows, 0), bias.then(|| Tensor::cat(biases, 0))))
}

/// `nn.LayerNorm`.
fn layer_norm(weights: &mut Weights, name: &str, size: usize, epsilon: f64) -> Result<Norm> {
    let weight = weights.take(&format!("{name}.weight"), [size])?;
    Ok(Norm::layer(weight, weights.take(&format!("{name}.bias"), [size])?, epsilon))
}
