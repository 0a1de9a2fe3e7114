//! BERT masked language models (Devlin et al., arXiv 1810.04805), multilingual BERT among them.

use super::Architecture;
use super::encoder::{Encoder, Names};
use super::fields::{activation, epsilon, equal_heads};
use crate::config::Config;
use crate::error::Result;
use crate::transformer::Transformer;
use crate::weights::Weights;

pub(super) const BERT: Architecture =
    Architecture { model_type: "bert", base: "bert.", causal: false, computes: &[], load, without_use };

const NAMES: Names = Names {
    base: "bert.",
    layers: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attention_output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    input: "intermediate.dense",
    output: "output.dense",
    output_norm: "output.LayerNorm",
    transform: "cls.predictions.transform.dense",
    transform_norm: "cls.predictions.transform.LayerNorm",
    decoder: "cls.predictions.decoder.weight",
    decoder_bias: ["cls.predictions.bias", "cls.predictions.decoder.bias"],
};

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    encoder(config, NAMES)?.build(config, weights)
}

/// The sizes as BERT's configuration names them.
pub(super) fn encoder(config: &Config, names: Names) -> Result<Encoder> {
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let activation = activation(config, "hidden_act", "gelu")?;
    Ok(Encoder {
        names,
        hidden,
        heads,
        size: equal_heads(config, "hidden_size", hidden, heads)?,
        width: config.size("intermediate_size")?,
        vocabulary: config.size("vocab_size")?,
        layers: config.size("num_hidden_layers")?,
        positions: config.size("max_position_embeddings")?,
        segments: Some(config.size("type_vocab_size")?),
        padding: None,
        epsilon: epsilon(config, "layer_norm_eps", 1e-12)?,
        activation,
        head_activation: activation,
    })
}

/// The names that RoBERTa shares.
pub(super) const fn names(base: &'static str) -> Names {
    Names { base, ..NAMES }
}

/// Next-sentence prediction and buffers.
fn without_use(name: &str) -> bool {
    name.contains("pooler.") || name.starts_with("cls.seq_relationship.") || name.ends_with("position_ids")
}
