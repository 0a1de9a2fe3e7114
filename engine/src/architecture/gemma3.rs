//! Gemma 3 text models (arXiv 2503.19786): norms before and after attention and feed-forward block, scaled by 1 + weight;
//! norms on query and key heads; two rotary bases; embeddings scaled by √hidden.

use super::{activation, joined, linear};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Attention, Block, FeedForward, Head, Linear, Norm, Rotary};
use crate::transformer::{Embedding, Transformer};
use crate::weights::Weights;

pub fn load(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    config.only("attention_bias", &false.into())?;
    config.only("final_logit_softcapping", &serde_json::Value::Null)?;
    config.only("attn_logit_softcapping", &serde_json::Value::Null)?;
    config.only("use_bidirectional_attention", &false.into())?;
    let hidden = config.size("hidden_size")?;
    let heads = config.size("num_attention_heads")?;
    let key_value_heads = config.size("num_key_value_heads")?;
    let size = config.size("head_dim")?;
    let width = config.size("intermediate_size")?;
    let vocabulary = config.size("vocab_size")?;
    let layers = config.size("num_hidden_layers")?;
    let epsilon = config.number("rms_norm_eps", 1e-6)?;
    let scale = config.number("query_pre_attn_scalar", 256.0)?.sqrt().recip() as f32;
    let act = activation(config, "hidden_activation", "gelu_pytorch_tanh")?;
    // Within the window local attention sees everything, so longer prompts are refused instead.
    let window = config.maybe_size("sliding_window")?.unwrap_or(4_096);
    let max_tokens = config.size("max_position_embeddings")?.min(window);
    let local = sliding_layers(config, layers)?;
    let device = weights.device().clone();
    let rotary =
        |local: bool| -> Result<Rotary> { Ok(Rotary::new(rotary_base(config, local)?, size, max_tokens, &device)) };
    let (near, far) = (rotary(true)?, rotary(false)?);

    let norm = |weights: &mut Weights, name: String, size: usize| -> Result<Norm> {
        Ok(Norm::root_mean_square(weights.take::<1>(&name, [size])? + 1.0, epsilon))
    };
    let tokens = weights.take::<2>("model.embed_tokens.weight", [vocabulary, hidden])?;
    let embedding = Embedding {
        tokens: tokens.clone(),
        positions: None,
        segment: None,
        scale: Some((hidden as f32).sqrt()),
        norm: None,
    };
    let mut blocks = Vec::new();
    for (l, &is_local) in local.iter().enumerate() {
        let at = |rest: &str| format!("model.layers.{l}.{rest}");
        let (inner, outer) = (key_value_heads * size, heads * size);
        let (key, value) = (at("self_attn.k_proj"), at("self_attn.v_proj"));
        blocks.push(Block {
            attention_norm: Some(norm(weights, at("input_layernorm.weight"), hidden)?),
            attention: Attention {
                query: linear(weights, &at("self_attn.q_proj"), hidden, outer, false)?,
                key_value: joined(weights, [&key, &value], hidden, inner, false)?,
                output: linear(weights, &at("self_attn.o_proj"), outer, hidden, false)?,
                heads,
                key_value_heads,
                size,
                scale,
                query_norm: Some(norm(weights, at("self_attn.q_norm.weight"), size)?),
                key_norm: Some(norm(weights, at("self_attn.k_norm.weight"), size)?),
                rotary: Some(if is_local { near.clone() } else { far.clone() }),
            },
            attention_post: Some(norm(weights, at("post_attention_layernorm.weight"), hidden)?),
            after_attention: None,
            feed_forward_norm: Some(norm(weights, at("pre_feedforward_layernorm.weight"), hidden)?),
            feed_forward: FeedForward {
                input: linear(weights, &at("mlp.gate_proj"), hidden, width, false)?,
                up: Some(linear(weights, &at("mlp.up_proj"), hidden, width, false)?),
                activation: act,
                output: linear(weights, &at("mlp.down_proj"), width, hidden, false)?,
            },
            feed_forward_post: Some(norm(weights, at("post_feedforward_layernorm.weight"), hidden)?),
            after_feed_forward: None,
        });
    }
    let last = norm(weights, "model.norm.weight".into(), hidden)?;
    let rows = match config.flag("tie_word_embeddings", true)? {
        true => tokens,
        false => weights.take("lm_head.weight", [vocabulary, hidden])?,
    };
    let head = Head { transform: None, norm: Some(last), decoder: Linear::from_rows(rows, None) };
    Ok(Transformer { embedding, blocks, head, causal: true, max_tokens })
}

/// Which layers attend locally: `layer_types`, or every one but each `sliding_window_pattern`-th.
fn sliding_layers(config: &Config, layers: usize) -> Result<Vec<bool>> {
    let Some(types) = config.value("layer_types") else {
        let pattern = config.maybe_size("sliding_window_pattern")?.unwrap_or(6);
        return Ok((0..layers).map(|l| !(l + 1).is_multiple_of(pattern)).collect());
    };
    let expected = "a list of `sliding_attention` and `full_attention`, one a layer";
    let wrong = || config.wrong("layer_types", types, expected);
    let list = types.as_array().filter(|list| list.len() == layers).ok_or_else(wrong)?;
    let local = |value: &serde_json::Value| match value.as_str() {
        Some("sliding_attention") => Ok(true),
        Some("full_attention") => Ok(false),
        _ => Err(wrong()),
    };
    list.iter().map(local).collect()
}

/// θ of local and of full attention; newer configurations keep both in `rope_parameters`.
fn rotary_base(config: &Config, local: bool) -> Result<f64> {
    let (kind, field, default) = match local {
        true => ("sliding_attention", "rope_local_base_freq", 10_000.0),
        false => ("full_attention", "rope_theta", 1_000_000.0),
    };
    if let Some(value) = config.value("rope_scaling") {
        return Err(config.wrong("rope_scaling", value, "null"));
    }
    if let Some(own) = config.value("rope_parameters").and_then(|all| all.get(kind)) {
        if !matches!(own.get("rope_type").and_then(|t| t.as_str()), None | Some("default")) {
            return Err(config.wrong("rope_parameters", own, "rope_type `default`"));
        }
        if let Some(theta) = own.get("rope_theta").and_then(serde_json::Value::as_f64) {
            return Ok(theta);
        }
    }
    config.number(field, default)
}
