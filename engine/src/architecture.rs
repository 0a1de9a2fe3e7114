//! The architectures that can be loaded. To add one: a file here, and a line in [`KNOWN`].

mod bert;
mod distilbert;
mod encoder;
mod fields;
mod gated;
mod gemma;
mod gpt2;
mod gpt_neox;
mod layers;
mod llama;
mod phi;
mod roberta;
mod rotary;
mod silent;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::nn::{Linear, Matrix, Norm};
use crate::transformer::Transformer;
use crate::weights::Weights;

/// How a `model_type` of Hugging Face is read.
pub struct Architecture {
    /// `model_type` in `config.json`.
    pub model_type: &'static str,
    /// What the names of the tensors below the head begin with.
    pub base: &'static str,
    /// Whether it is asked for the next token, else for masked ones.
    pub causal: bool,
    /// Fields that `load` computes, of those that `fields::check` refuses in all others.
    pub computes: &'static [&'static str],
    /// Builds the network from its configuration and weights.
    pub load: fn(&Config, &mut Weights) -> Result<Transformer>,
    /// Tensors a checkpoint may hold that language modelling does not need.
    pub without_use: fn(&str) -> bool,
}

/// Every architecture.
pub const KNOWN: &[Architecture] = &[
    bert::BERT,
    roberta::ROBERTA,
    roberta::XLM_ROBERTA,
    distilbert::DISTILBERT,
    gpt2::GPT2,
    gpt_neox::GPT_NEOX,
    phi::PHI,
    llama::LLAMA,
    llama::MISTRAL,
    llama::QWEN2,
    llama::QWEN3,
    gemma::GEMMA,
    gemma::GEMMA2,
    gemma::GEMMA3,
];

/// The architecture that `config.json` names.
///
/// # Errors
/// An unknown one; a field that changes what is computed, with a value that this architecture does not compute.
pub fn named(config: &Config) -> Result<&'static Architecture> {
    let found = config.text("model_type").unwrap_or("");
    let known = KNOWN.iter().find(|known| known.model_type == found).ok_or_else(|| Error::Architecture {
        path: config.path().to_owned(),
        found: if found.is_empty() { "(no model_type)".into() } else { found.into() },
        expected: KNOWN.iter().map(|known| known.model_type).collect(),
    })?;
    fields::check(config, known)?;
    Ok(known)
}

/// What the user should be told of fields that nobody asked for, once the network is built.
pub fn unread(config: &Config) -> Option<String> {
    let fields: Vec<String> = config
        .unread()
        .into_iter()
        .filter(|field| !silent::is_silent(field))
        .map(|field| format!("`{field}`"))
        .collect();
    let many = if fields.len() == 1 { "is" } else { "are" };
    let path = config.path().display();
    (!fields.is_empty()).then(|| {
        let fields = fields.join(", ");
        format!("{path}: {fields} {many} not known; the model is computed without, as Hugging Face does")
    })
}

/// `nn.Linear`: `{name}.weight [outputs × inputs]`, and `{name}.bias` where there is one.
fn linear(weights: &mut Weights, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
    weights.linear(name, inputs, outputs, bias)
}

/// Two `nn.Linear`s of the same input, as one with both outputs.
fn joined(weights: &mut Weights, names: [&str; 2], inputs: usize, outputs: usize, bias: bool) -> Result<Linear> {
    weights.joined(&names, inputs, outputs, bias)
}

/// The embedding's rows and the head's ([`Weights::tied`]); `tied` holds where `tie_word_embeddings` does not say.
fn words(
    config: &Config,
    weights: &mut Weights,
    [embedding, head]: [&str; 2],
    shape: [usize; 2],
    tied: bool,
) -> Result<(Matrix, Matrix)> {
    weights.tied(embedding, head, shape, config.flag("tie_word_embeddings", tied)?)
}

/// `nn.LayerNorm`.
fn layer_norm(weights: &mut Weights, name: &str, size: usize, epsilon: f64) -> Result<Norm> {
    let weight = weights.take(&format!("{name}.weight"), [size])?;
    Ok(Norm::layer(weight, weights.take(&format!("{name}.bias"), [size])?, epsilon))
}
