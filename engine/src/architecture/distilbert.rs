//! DistilBERT masked language models (Sanh et al., arXiv 1910.01108): BERT's layers without segments, under other names.

use super::Architecture;
use super::encoder::{Encoder, Names};
use super::fields::{activation, equal_heads, fixed_epsilon, size};
use crate::config::Config;
use crate::error::Result;
use crate::transformer::Transformer;
use crate::weights::Weights;

pub(super) const DISTILBERT: Architecture =
    Architecture { model_type: "distilbert", base: "distilbert.", causal: false, computes: &[], load, without_use };

/// Of every norm; no field changes it.
const EPSILON: f64 = 1e-12;

const NAMES: Names = Names {
    base: "distilbert.",
    layers: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attention_output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    input: "ffn.lin1",
    output: "ffn.lin2",
    output_norm: "output_layer_norm",
    transform: "vocab_transform",
    transform_norm: "vocab_layer_norm",
    decoder: "vocab_projector.weight",
    decoder_bias: ["vocab_projector.bias"; 2],
};

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let hidden = size(config, "dim", "hidden_size")?;
    let heads = size(config, "n_heads", "num_attention_heads")?;
    let activation = activation(config, "activation", "gelu")?;
    let encoder = Encoder {
        names: NAMES,
        hidden,
        heads,
        size: equal_heads(config, "dim", hidden, heads)?,
        width: config.size("hidden_dim")?,
        vocabulary: config.size("vocab_size")?,
        layers: size(config, "n_layers", "num_hidden_layers")?,
        positions: config.size("max_position_embeddings")?,
        segments: None,
        padding: None,
        epsilon: fixed_epsilon(config, "DistilBERT's norms", EPSILON)?,
        activation,
        head_activation: activation,
    };
    encoder.build(config, weights)
}

/// Buffers.
fn without_use(name: &str) -> bool {
    name.ends_with("position_ids")
}
