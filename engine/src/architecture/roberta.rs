//! RoBERTa masked language models (arXiv 1907.11692) and XLM-R (arXiv 1911.02116): BERT's layers; positions counted from
//! behind the padding token's id; a head with names of its own, whose activation is always GELU.

use super::Architecture;
use super::bert::{encoder, names};
use super::encoder::{Encoder, Names};
use crate::config::Config;
use crate::error::Result;
use crate::nn::Activation;
use crate::transformer::Transformer;
use crate::weights::Weights;

pub(super) const ROBERTA: Architecture =
    Architecture { model_type: "roberta", base: "roberta.", causal: false, computes: &[], load, without_use };
pub(super) const XLM_ROBERTA: Architecture = Architecture { model_type: "xlm-roberta", ..ROBERTA };

const NAMES: Names = Names {
    transform: "lm_head.dense",
    transform_norm: "lm_head.layer_norm",
    decoder: "lm_head.decoder.weight",
    decoder_bias: ["lm_head.bias", "lm_head.decoder.bias"],
    ..names("roberta.")
};

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let encoder = encoder(config, NAMES)?;
    let padding = match config.value("pad_token_id") {
        None => 1,
        Some(value) => value.as_u64().ok_or_else(|| config.wrong("pad_token_id", value, "a token's id"))?,
    };
    // The first position is behind the padding token's id.
    if padding >= encoder.positions as u64 - 1 {
        let expected = format!("below max_position_embeddings {} less one", encoder.positions);
        return Err(config.wrong("pad_token_id", padding, expected));
    }
    Encoder { padding: Some(padding as u32), head_activation: Activation::Gelu, ..encoder }.build(config, weights)
}

/// Classification and buffers.
fn without_use(name: &str) -> bool {
    name.contains("pooler.") || name.ends_with("position_ids")
}
