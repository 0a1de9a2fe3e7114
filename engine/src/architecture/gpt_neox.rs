//! GPT-NeoX causal language models (arXiv 2204.06745), Pythia (arXiv 2304.01373) among them: attention beside the
//! feed-forward block, a part of each head turned, queries, keys and values of a head kept together.

use super::fields::{activation, epsilon, equal_heads};
use super::rotary::{self, Family};
use super::{Architecture, layer_norm, linear, words};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Activation, Attention, Block, FeedForward, Head, Linear, Rotary};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub(super) const GPT_NEOX: Architecture = Architecture {
    model_type: "gpt_neox",
    base: "gpt_neox.",
    causal: true,
    computes: &[
        "attention_bias",
        "use_parallel_residual",
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
    theta: &["rotary_emb_base", "rope_theta"],
    default_theta: 10_000.0,
    share: Some((&["rotary_pct", "partial_rotary_factor"], 0.25)),
};

struct NeoX {
    hidden: usize,
    heads: usize,
    size: usize,
    width: usize,
    epsilon: f64,
    activation: Activation,
    bias: bool,
    parallel: bool,
    rotary: Rotary,
}

fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let vocabulary = config.size("vocab_size")?;
    let size = equal_heads(config, "hidden_size", hidden, heads)?;
    let max_tokens = rotary::max_tokens(config, config.maybe_size("sliding_window")?)?;
    let model = NeoX {
        hidden,
        heads,
        size,
        width: config.size("intermediate_size")?,
        epsilon: epsilon(config, "layer_norm_eps", 1e-5)?,
        activation: activation(config, "hidden_act", "gelu")?,
        bias: config.flag("attention_bias", true)?,
        parallel: config.flag("use_parallel_residual", true)?,
        rotary: rotary::read(config, &POSITIONS, size, max_tokens, weights.device())?,
    };
    // Published files call the head `embed_out`, Hugging Face 5 `lm_head`.
    let published = "embed_out.weight";
    let head = if weights.has(published) { published } else { "lm_head.weight" };
    let names = ["gpt_neox.embed_in.weight", head];
    let (tokens, rows) = words(config, weights, names, [vocabulary, hidden], false)?;
    let embedding = Embedding { tokens, positions: None, padding: None, segment: None, scale: None, norm: None };
    let layers = 0..config.size("num_hidden_layers")?;
    let blocks = layers.map(|l| model.block(weights, l)).collect::<Result<Vec<_>>>()?;
    let norm = layer_norm(weights, "gpt_neox.final_layer_norm", hidden, model.epsilon)?;
    let head = Head { transform: None, norm: Some(norm), decoder: Linear::from_rows(rows, None), cap: None };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens })
}

impl NeoX {
    fn block(&self, weights: &mut Weights, layer: usize) -> Result<Block> {
        let (hidden, width) = (self.hidden, self.width);
        let at = |rest: &str| format!("gpt_neox.layers.{layer}.{rest}");
        let norm = |weights: &mut Weights, rest: &str| layer_norm(weights, &at(rest), hidden, self.epsilon);
        Ok(Block {
            attention_norm: Some(norm(weights, "input_layernorm")?),
            attention: self.attention(weights, &at("attention"))?,
            attention_post: None,
            after_attention: None,
            parallel: self.parallel,
            feed_forward_norm: Some(norm(weights, "post_attention_layernorm")?),
            feed_forward: FeedForward {
                input: linear(weights, &at("mlp.dense_h_to_4h"), hidden, width, true)?,
                up: None,
                activation: self.activation,
                output: linear(weights, &at("mlp.dense_4h_to_h"), width, hidden, true)?,
            },
            feed_forward_post: None,
            after_feed_forward: None,
        })
    }

    fn attention(&self, weights: &mut Weights, name: &str) -> Result<Attention> {
        let (hidden, heads, size) = (self.hidden, self.heads, self.size);
        // Of each head its query, its key, its value: `part` 0, 1, 2.
        let rows = |part: usize| (0..heads).map(move |head| (3 * head + part) * size..(3 * head + part + 1) * size);
        let picks = [rows(0).collect(), rows(1).chain(rows(2)).collect()];
        let name_of_all = format!("{name}.query_key_value");
        let [query, key_value] = weights.picked(&name_of_all, hidden, 3 * hidden, self.bias, picks)?;
        Ok(Attention {
            query,
            key_value,
            output: linear(weights, &format!("{name}.dense"), hidden, hidden, self.bias)?,
            heads,
            key_value_heads: heads,
            size,
            scale: (size as f32).sqrt().recip(),
            cap: None,
            query_norm: None,
            key_norm: None,
            rotary: Some(self.rotary.clone()),
        })
    }
}

/// Causal masks and angles kept as buffers.
fn without_use(name: &str) -> bool {
    name.ends_with(".attention.bias")
        || name.ends_with(".attention.masked_bias")
        || name.ends_with("rotary_emb.inv_freq")
}
