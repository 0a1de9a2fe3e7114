//! GPT-2 causal language models (Radford et al., 2019), mGPT among them: norms before attention and feed-forward block,
//! learnt positions, `Conv1D` weights kept as `[inputs × outputs]`.

use super::{activation, layer_norm};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Attention, Block, FeedForward, Head, Linear};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    config.only("scale_attn_by_inverse_layer_idx", &false.into())?;
    config.only("add_cross_attention", &false.into())?;
    config.only("scale_attn_weights", &true.into())?;
    let hidden = config.size("n_embd")?;
    let heads = config.size("n_head")?;
    let width = config.maybe_size("n_inner")?.unwrap_or(4 * hidden);
    let vocabulary = config.size("vocab_size")?;
    let positions = config.size("n_positions")?;
    let epsilon = config.number("layer_norm_epsilon", 1e-5)?;
    let act = activation(config, "activation_function", "gelu_new")?;
    if !hidden.is_multiple_of(heads) {
        return Err(config.wrong("n_embd", hidden, format!("a multiple of n_head {heads}")));
    }
    let size = hidden / heads;

    let root = if weights.has("transformer.wte.weight") { "transformer." } else { "" };
    let tokens = weights.take::<2>(&format!("{root}wte.weight"), [vocabulary, hidden])?;
    let embedding = Embedding {
        tokens: tokens.clone(),
        positions: Some(weights.take(&format!("{root}wpe.weight"), [positions, hidden])?),
        segment: None,
        scale: None,
        norm: None,
    };
    let mut blocks = Vec::new();
    for l in 0..config.size("n_layer")? {
        let at = |rest: &str| format!("{root}h.{l}.{rest}");
        let weight = weights.take::<2>(&at("attn.c_attn.weight"), [hidden, 3 * hidden])?;
        let bias = weights.take::<1>(&at("attn.c_attn.bias"), [3 * hidden])?;
        let columns = |from: usize, to: usize| {
            let bias = bias.clone().slice_dim(0, from * hidden..to * hidden);
            Linear::new(weight.clone().slice_dim(1, from * hidden..to * hidden), Some(bias))
        };
        let (query, key_value) = (columns(0, 1), columns(1, 3));
        blocks.push(Block {
            attention_norm: Some(layer_norm(weights, &at("ln_1"), hidden, epsilon)?),
            attention: Attention {
                query,
                key_value,
                output: conv1d(weights, &at("attn.c_proj"), hidden, hidden)?,
                heads,
                key_value_heads: heads,
                size,
                scale: (size as f32).sqrt().recip(),
                query_norm: None,
                key_norm: None,
                rotary: None,
            },
            attention_post: None,
            after_attention: None,
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
    let norm = layer_norm(weights, &format!("{root}ln_f"), hidden, epsilon)?;
    let rows = match config.flag("tie_word_embeddings", true)? {
        true => tokens,
        false => weights.take("lm_head.weight", [vocabulary, hidden])?,
    };
    let head = Head { transform: None, norm: Some(norm), decoder: Linear::from_rows(rows, None) };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens: positions })
}

fn conv1d(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
    let weight = weights.take(&format!("{name}.weight"), [inputs, outputs])?;
    Ok(Linear::new(weight, Some(weights.take(&format!("{name}.bias"), [outputs])?)))
}

/// Causal masks kept as buffers, and the head where it is the embedding once more.
pub fn without_use(name: &str) -> bool {
    name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") || name == "lm_head.weight"
}
