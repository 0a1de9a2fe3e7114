//! Phi causal language models, 1 to 2 (arXiv 2306.11644, 2309.05463): attention and feed-forward block beside each other, read
//! from one norm; a part of each head turned; biases everywhere, in the head, too.

use super::fields::{activation, epsilon};
use super::rotary::{self, Family};
use super::{Architecture, joined, layer_norm, linear, words};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Activation, Attention, Block, FeedForward, Head, Linear, Norm, Rotary};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub(super) const PHI: Architecture = Architecture {
    model_type: "phi",
    base: "model.",
    causal: true,
    computes: &[
        "qk_layernorm",
        "partial_rotary_factor",
        "rotary_pct",
        "rope_scaling",
        "rope_parameters",
        "rope_theta",
        "rotary_emb_base",
    ],
    load,
    without_use,
};

const POSITIONS: Family = Family {
    theta: &["rope_theta", "rotary_emb_base"],
    default_theta: 10_000.0,
    share: Some((&["partial_rotary_factor", "rotary_pct"], 0.5)),
};

struct Phi {
    hidden: usize,
    heads: usize,
    key_value_heads: usize,
    size: usize,
    width: usize,
    epsilon: f64,
    activation: Activation,
    head_norms: bool,
    rotary: Rotary,
}

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let key_value_heads = config.maybe_size("num_key_value_heads")?.unwrap_or(heads);
    let vocabulary = config.size("vocab_size")?;
    let max_tokens = rotary::max_tokens(config, config.maybe_size("sliding_window")?)?;
    if !hidden.is_multiple_of(heads) {
        return Err(config.wrong("hidden_size", hidden, format!("a multiple of num_attention_heads {heads}")));
    }
    if !heads.is_multiple_of(key_value_heads) {
        let expected = format!("a divisor of num_attention_heads {heads}");
        return Err(config.wrong("num_key_value_heads", key_value_heads, expected));
    }
    let size = hidden / heads;
    if let Some(other) = config.maybe_size("head_dim")?
        && other != size
    {
        return Err(config.wrong("head_dim", other, format!("{size}: other values are not computed")));
    }
    let model = Phi {
        hidden,
        heads,
        key_value_heads,
        size,
        width: config.size("intermediate_size")?,
        epsilon: epsilon(config, "layer_norm_eps", 1e-5)?,
        activation: activation(config, "hidden_act", "gelu_new")?,
        head_norms: config.flag("qk_layernorm", false)?,
        rotary: rotary::read(config, &POSITIONS, size, max_tokens, weights.device())?,
    };
    let names = ["model.embed_tokens.weight", "lm_head.weight"];
    let (tokens, rows) = words(config, weights, names, [vocabulary, hidden], false)?;
    let embedding = Embedding { tokens, positions: None, padding: None, segment: None, scale: None, norm: None };
    let layers = 0..config.size("num_hidden_layers")?;
    let blocks = layers.map(|l| model.block(weights, l)).collect::<Result<Vec<_>>>()?;
    let norm = layer_norm(weights, "model.final_layernorm", hidden, model.epsilon)?;
    let decoder = Linear::from_rows(rows, Some(weights.take("lm_head.bias", [vocabulary])?));
    let head = Head { transform: None, norm: Some(norm), decoder, cap: None };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens })
}

impl Phi {
    fn block(&self, weights: &mut Weights, layer: usize) -> Result<Block> {
        let (hidden, width) = (self.hidden, self.width);
        let at = |rest: &str| format!("model.layers.{layer}.{rest}");
        let norm = layer_norm(weights, &at("input_layernorm"), hidden, self.epsilon)?;
        Ok(Block {
            attention_norm: Some(norm.clone()),
            attention: self.attention(weights, &at("self_attn"))?,
            attention_post: None,
            after_attention: None,
            parallel: true,
            feed_forward_norm: Some(norm),
            feed_forward: FeedForward {
                input: linear(weights, &at("mlp.fc1"), hidden, width, true)?,
                up: None,
                activation: self.activation,
                output: linear(weights, &at("mlp.fc2"), width, hidden, true)?,
            },
            feed_forward_post: None,
            after_feed_forward: None,
        })
    }

    fn attention(&self, weights: &mut Weights, name: &str) -> Result<Attention> {
        let (hidden, size) = (self.hidden, self.size);
        let (inner, outer) = (self.key_value_heads * size, self.heads * size);
        let at = |rest: &str| format!("{name}.{rest}");
        let norm = |weights: &mut Weights, rest: &str| -> Result<Option<Norm>> {
            self.head_norms.then(|| layer_norm(weights, &at(rest), size, self.epsilon)).transpose()
        };
        Ok(Attention {
            query: linear(weights, &at("q_proj"), hidden, outer, true)?,
            key_value: joined(weights, [&at("k_proj"), &at("v_proj")], hidden, inner, true)?,
            output: linear(weights, &at("dense"), outer, hidden, true)?,
            heads: self.heads,
            key_value_heads: self.key_value_heads,
            size,
            scale: (size as f32).sqrt().recip(),
            cap: None,
            query_norm: norm(weights, "q_layernorm")?,
            key_norm: norm(weights, "k_layernorm")?,
            rotary: Some(self.rotary.clone()),
        })
    }
}

/// Angles kept as buffers.
fn without_use(name: &str) -> bool {
    name.ends_with("rotary_emb.inv_freq")
}
