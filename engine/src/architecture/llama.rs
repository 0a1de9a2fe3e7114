//! Llama (arXiv 2302.13971) and its family with gated feed-forward blocks: SmolLM, Qwen 2 and 2.5 (biases on queries, keys
//! and values; arXiv 2407.10671), Qwen 3 (norms on query and key heads; arXiv 2505.09388).

use super::{activation, joined, linear};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Attention, Block, FeedForward, Head, Linear, Norm, Rotary};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

/// Angles are made for prompts up to this long; longer ones are refused.
const LONGEST: usize = 4_096;

/// How members of the family differ.
struct Member {
    attention_bias: bool,
    output_bias: bool,
    head_norms: bool,
}

pub fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let bias = config.flag("attention_bias", false)?;
    build(config, weights, &Member { attention_bias: bias, output_bias: bias, head_norms: false })
}

pub fn load_qwen2(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    build(config, weights, &Member { attention_bias: true, output_bias: false, head_norms: false })
}

pub fn load_qwen3(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let bias = config.flag("attention_bias", false)?;
    build(config, weights, &Member { attention_bias: bias, output_bias: bias, head_norms: true })
}

fn build(config: &Config, weights: &mut Weights, member: &Member) -> Result<Transformer> {
    config.only("mlp_bias", &false.into())?;
    config.only("use_sliding_window", &false.into())?;
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let key_value_heads = config.maybe_size("num_key_value_heads")?.unwrap_or(heads);
    let size = config.maybe_size("head_dim")?.unwrap_or(hidden / heads);
    let width = config.size("intermediate_size")?;
    let vocabulary = config.size("vocab_size")?;
    let epsilon = config.number("rms_norm_eps", 1e-6)?;
    let max_tokens = config.size("max_position_embeddings")?.min(LONGEST);
    let act = activation(config, "hidden_act", "silu")?;
    if !heads.is_multiple_of(key_value_heads) {
        let expected = format!("a divisor of num_attention_heads {heads}");
        return Err(config.wrong("num_key_value_heads", key_value_heads, expected));
    }
    let rotary = Rotary::new(rotary_base(config)?, size, max_tokens, weights.device());

    let tokens = weights.take::<2>("model.embed_tokens.weight", [vocabulary, hidden])?;
    let embedding = Embedding { tokens: tokens.clone(), positions: None, segment: None, scale: None, norm: None };
    let mut blocks = Vec::new();
    for l in 0..config.size("num_hidden_layers")? {
        let at = |rest: &str| format!("model.layers.{l}.{rest}");
        let norm = |weights: &mut Weights, rest: &str, size: usize| -> Result<Norm> {
            Ok(Norm::root_mean_square(weights.take(&at(rest), [size])?, epsilon))
        };
        let (inner, outer) = (key_value_heads * size, heads * size);
        let (key, value) = (at("self_attn.k_proj"), at("self_attn.v_proj"));
        let head_norm = |weights: &mut Weights, rest: &str| -> Result<Option<Norm>> {
            member.head_norms.then(|| norm(weights, rest, size)).transpose()
        };
        blocks.push(Block {
            attention_norm: Some(norm(weights, "input_layernorm.weight", hidden)?),
            attention: Attention {
                query: linear(weights, &at("self_attn.q_proj"), hidden, outer, member.attention_bias)?,
                key_value: joined(weights, [&key, &value], hidden, inner, member.attention_bias)?,
                output: linear(weights, &at("self_attn.o_proj"), outer, hidden, member.output_bias)?,
                heads,
                key_value_heads,
                size,
                scale: (size as f32).sqrt().recip(),
                query_norm: head_norm(weights, "self_attn.q_norm.weight")?,
                key_norm: head_norm(weights, "self_attn.k_norm.weight")?,
                rotary: Some(rotary.clone()),
            },
            attention_post: None,
            after_attention: None,
            feed_forward_norm: Some(norm(weights, "post_attention_layernorm.weight", hidden)?),
            feed_forward: FeedForward {
                input: linear(weights, &at("mlp.gate_proj"), hidden, width, false)?,
                up: Some(linear(weights, &at("mlp.up_proj"), hidden, width, false)?),
                activation: act,
                output: linear(weights, &at("mlp.down_proj"), width, hidden, false)?,
            },
            feed_forward_post: None,
            after_feed_forward: None,
        });
    }
    let norm = Norm::root_mean_square(weights.take("model.norm.weight", [hidden])?, epsilon);
    let rows = match config.flag("tie_word_embeddings", false)? {
        true => tokens,
        false => weights.take("lm_head.weight", [vocabulary, hidden])?,
    };
    let head = Head { transform: None, norm: Some(norm), decoder: Linear::from_rows(rows, None) };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens })
}

/// θ of the rotary positions, from `rope_theta` or, in newer configurations, `rope_parameters`. Scaled variants are refused.
fn rotary_base(config: &Config) -> Result<f64> {
    for field in ["rope_scaling", "rope_parameters"] {
        let Some(value) = config.value(field) else { continue };
        let kind = value.get("rope_type").or_else(|| value.get("type")).and_then(|kind| kind.as_str());
        if !matches!(kind, None | Some("default")) {
            return Err(config.wrong(field, value, "null or rope_type `default`"));
        }
        if let Some(theta) = value.get("rope_theta").and_then(serde_json::Value::as_f64) {
            return Ok(theta);
        }
    }
    config.number("rope_theta", 10_000.0)
}

/// The head where it is the embedding once more, and kept angles.
pub fn without_use(name: &str) -> bool {
    name == "lm_head.weight" || name.ends_with("rotary_emb.inv_freq")
}
