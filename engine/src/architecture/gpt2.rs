//! GPT-2 causal language models (Radford et al., 2019), mGPT among them: norms before attention and feed-forward block,
//! learnt positions, `Conv1D` weights kept as `[inputs × outputs]`.

use super::fields::{activation, epsilon, equal_heads, size};
use super::{Architecture, layer_norm, words};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Attention, Block, FeedForward, Head, Linear};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub(super) const GPT2: Architecture =
    Architecture { model_type: "gpt2", base: "transformer.", causal: true, computes: &[], load, without_use };

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let hidden = size(config, "n_embd", "hidden_size")?;
    let heads = size(config, "n_head", "num_attention_heads")?;
    let width = config.maybe_size("n_inner")?.unwrap_or(4 * hidden);
    let vocabulary = config.size("vocab_size")?;
    let positions = size(config, "n_positions", "max_position_embeddings")?;
    let epsilon = epsilon(config, "layer_norm_epsilon", 1e-5)?;
    let act = activation(config, "activation_function", "gelu_new")?;
    let size_of_head = equal_heads(config, "n_embd", hidden, heads)?;

    let names = ["transformer.wte.weight", "lm_head.weight"];
    let (tokens, rows) = words(config, weights, names, [vocabulary, hidden], true)?;
    let embedding = Embedding {
        tokens,
        positions: Some(weights.take("transformer.wpe.weight", [positions, hidden])?),
        padding: None,
        segment: None,
        scale: None,
        norm: None,
    };
    let mut blocks = Vec::new();
    for l in 0..size(config, "n_layer", "num_hidden_layers")? {
        let at = |rest: &str| format!("transformer.h.{l}.{rest}");
        let [query, key_value] = split(weights, &at("attn.c_attn"), hidden, [(0, hidden), (hidden, 3 * hidden)])?;
        blocks.push(Block {
            attention_norm: Some(layer_norm(weights, &at("ln_1"), hidden, epsilon)?),
            attention: Attention {
                query,
                key_value,
                output: conv1d(weights, &at("attn.c_proj"), hidden, hidden)?,
                heads,
                key_value_heads: heads,
                size: size_of_head,
                scale: (size_of_head as f32).sqrt().recip(),
                cap: None,
                query_norm: None,
                key_norm: None,
                rotary: None,
            },
            attention_post: None,
            after_attention: None,
            parallel: false,
            feed_forward_norm: Some(layer_norm(weights, &at("ln_2"), hidden, epsilon)?),
            feed_forward: FeedForward {
                input: conv1d(weights, &at("mlp.c_fc"), hidden, width)?,
                up: None,
                activation: act,
                output: conv1d(weights, &at("mlp.c_proj"), width, hidden)?,
            },
            feed_forward_post: None,
            after_feed_forward: None,
        });
    }
    let norm = layer_norm(weights, "transformer.ln_f", hidden, epsilon)?;
    let head = Head { transform: None, norm: Some(norm), decoder: Linear::from_rows(rows, None), cap: None };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens: positions })
}

/// `Conv1D`: `{name}.weight [inputs × outputs]` and `{name}.bias`.
fn conv1d(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
    let [map] = split(weights, name, inputs, [(0, outputs)])?;
    Ok(map.of_tensor(weights.own(&format!("{name}.weight"))))
}

/// A `Conv1D` as several maps, each of the outputs from one to before another.
fn split<const N: usize>(
    weights: &mut Weights,
    name: &str,
    inputs: usize,
    outputs: [(usize, usize); N],
) -> Result<[Linear; N]> {
    let all = outputs.last().map_or(0, |last| last.1);
    let parts = weights.columns(&format!("{name}.weight"), [inputs, all], outputs)?;
    let bias = weights.take::<1>(&format!("{name}.bias"), [all])?;
    let mut biases = outputs.into_iter().map(|(from, to)| bias.clone().slice_dim(0, from..to));
    Ok(parts.map(|part| Linear::new(part, biases.next())))
}

/// Causal masks kept as buffers.
fn without_use(name: &str) -> bool {
    name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")
}
