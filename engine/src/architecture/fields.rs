//! What a configuration may say besides sizes: each field that changes what is computed is computed, or refused by its name.
//!
//! Fields of one family turn up in configurations of another: merged, distilled or converted models, and code of their own.
//! Hugging Face ignores what a class does not know; here such a field must have the value that changes nothing.

use super::Architecture;
use crate::config::Config;
use crate::error::Result;
use crate::nn::Activation;
use serde_json::Value;

/// Fields that change what is computed, with the values that do not, as JSON. A field that is missing or null says nothing.
const FIELDS: &[(&str, &[&str])] = &[
    // Factors of parts (Granite, Cohere, MiniCPM, GPT-2).
    ("attention_multiplier", &[]),
    ("residual_multiplier", &["1"]),
    ("embedding_multiplier", &["1"]),
    ("logits_scaling", &["1"]),
    ("logit_scale", &["1"]),
    ("scale_emb", &["1"]),
    ("scale_depth", &[]),
    ("dim_model_base", &[]),
    ("query_pre_attn_scalar", &[]),
    ("scale_attn_weights", &["true"]),
    ("scale_attn_by_inverse_layer_idx", &["false"]),
    // Bounds.
    ("attn_logit_softcapping", &[]),
    ("final_logit_softcapping", &[]),
    ("clip_qkv", &[]),
    // Biases and norms.
    ("attention_bias", &["false"]),
    ("mlp_bias", &["false"]),
    ("qk_layernorm", &["false"]),
    ("use_qk_norm", &["false"]),
    ("qk_norm", &["false"]),
    // The block.
    ("use_parallel_residual", &["false"]),
    ("parallel_attn", &["false"]),
    ("num_experts", &["0"]),
    ("num_local_experts", &["0"]),
    ("n_routed_experts", &["0"]),
    ("per_layer_config", &["{}"]),
    ("pruned_heads", &["{}"]),
    ("num_kv_shared_layers", &["0"]),
    ("multi_query", &["false"]),
    // Positions.
    ("alibi", &["false"]),
    ("use_alibi", &["false"]),
    ("no_rope_layers", &["[]"]),
    ("no_rope_layer_interval", &["0"]),
    ("partial_rotary_factor", &["1"]),
    ("rotary_pct", &["1"]),
    ("rotary_dim", &[]),
    ("rope_interleaved", &["false"]),
    ("rope_interleave", &["false"]),
    ("use_mrope", &["false"]),
    ("use_logn_attn", &["false"]),
    ("use_dynamic_ntk", &["false"]),
    ("rope_scaling", &["{}"]),
    ("rope_parameters", &["{}"]),
    ("rope_theta", &[]),
    ("rope_local_base_freq", &[]),
    ("rotary_emb_base", &[]),
    ("layer_types", &[]),
    ("sliding_window_pattern", &[]),
    // What sees what.
    ("use_bidirectional_attention", &["false"]),
    ("add_cross_attention", &["false"]),
    ("is_encoder_decoder", &["false"]),
];

/// Fields that say whether the model is causal.
const CAUSAL: &[(&str, &[&str])] = &[("is_causal", &["true"])];
/// The same for masked models.
const MASKED: &[(&str, &[&str])] = &[("is_causal", &["false"]), ("is_decoder", &["false"])];

/// How positions are told, for architectures with and without rotary ones.
const ROTARY: &[(&str, &[&str])] = &[("position_embedding_type", &["\"rope\"", "\"rotary\""])];
const LEARNT: &[(&str, &[&str])] = &[("position_embedding_type", &["\"absolute\""])];

/// Names of the field of the feed-forward block's non-linearity.
const ACTIVATIONS: &[&str] = &["hidden_act", "hidden_activation", "activation_function", "activation"];
/// Names of the field of what is added to variances.
const EPSILONS: &[&str] = &["layer_norm_eps", "layer_norm_epsilon", "rms_norm_eps", "norm_eps", "norm_epsilon"];

/// Refuses fields that change what is computed and that `architecture` does not compute.
pub(super) fn check(config: &Config, architecture: &Architecture) -> Result<()> {
    let direction = if architecture.causal { CAUSAL } else { MASKED };
    let positions = if architecture.computes.contains(&"rope_theta") { ROTARY } else { LEARNT };
    for &(field, neutral) in FIELDS.iter().chain(direction).chain(positions) {
        if architecture.computes.contains(&field) {
            continue;
        }
        only(config, field, neutral)?;
    }
    Ok(())
}

/// Fails unless the field is missing, null, or one of `neutral`, which is JSON.
pub(super) fn only(config: &Config, field: &'static str, neutral: &[&str]) -> Result<()> {
    let Some(value) = config.value(field) else { return Ok(()) };
    let same = |text: &&str| serde_json::from_str::<Value>(text).is_ok_and(|neutral| alike(&neutral, value));
    if neutral.iter().any(same) {
        return Ok(());
    }
    let expected = match neutral {
        [] => format!("no such field: {} does not compute it", config.text("model_type").unwrap_or("this model_type")),
        values => format!("{}: other values are not computed for this model_type", values.join(" or ")),
    };
    Err(config.wrong(field, value, expected))
}

/// Equal values; `1` and `1.0` are.
fn alike(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The non-linearity that `field` names; a field of another family that names another one is refused.
pub(super) fn activation(config: &Config, field: &'static str, default: &str) -> Result<Activation> {
    let name = match config.value(field) {
        None => default,
        Some(Value::String(name)) => name,
        Some(value) => return Err(config.wrong(field, value, Activation::NAMES)),
    };
    let activation = Activation::named(name).ok_or_else(|| config.wrong(field, name, Activation::NAMES))?;
    for &other in ACTIVATIONS.iter().filter(|&&other| other != field) {
        if let Some(value) = config.value(other)
            && value.as_str().and_then(Activation::named) != Some(activation)
        {
            return Err(config.wrong(other, value, format!("none, or that of {field}, {name:?}")));
        }
    }
    Ok(activation)
}

/// What is added to variances, in `field`; a field of another family that says another number is refused.
pub(super) fn epsilon(config: &Config, field: &'static str, default: f64) -> Result<f64> {
    let epsilon = config.number(field, default)?;
    if !(epsilon >= 0.0 && (epsilon as f32).is_finite()) {
        return Err(config.wrong(field, epsilon, "a number of 0 or more within the range of f32"));
    }
    fixed_epsilon(config, field, epsilon)
}

/// The same where the architecture has a fixed number.
pub(super) fn fixed_epsilon(config: &Config, field: &'static str, epsilon: f64) -> Result<f64> {
    for &other in EPSILONS.iter().filter(|&&other| other != field) {
        if let Some(value) = config.value(other)
            && value.as_f64() != Some(epsilon)
        {
            return Err(config.wrong(other, value, format!("none, or that of {field}, {epsilon:e}")));
        }
    }
    Ok(epsilon)
}

/// A number above 0, or `None` where the field is missing. One that f32 has only as 0 or as infinite would make every output
/// not a number.
pub(super) fn positive(config: &Config, field: &'static str) -> Result<Option<f64>> {
    let Some(value) = config.value(field) else { return Ok(None) };
    match value.as_f64() {
        Some(number) if number as f32 > 0.0 && (number as f32).is_finite() => Ok(Some(number)),
        _ => Err(config.wrong(field, value, "a number above 0 within the range of f32")),
    }
}

/// A size that goes by two names, the family's own and the general one; both must agree.
pub(super) fn size(config: &Config, own: &'static str, general: &'static str) -> Result<usize> {
    match maybe_size(config, own, general)? {
        Some(size) => Ok(size),
        None => config.size(own),
    }
}

/// Hidden size over heads; a head size or a number of key-value heads of its own is refused.
pub(super) fn equal_heads(config: &Config, field: &'static str, hidden: usize, heads: usize) -> Result<usize> {
    if !hidden.is_multiple_of(heads) {
        return Err(config.wrong(field, hidden, format!("a multiple of the number of attention heads, {heads}")));
    }
    for (other, expected) in [("head_dim", hidden / heads), ("num_key_value_heads", heads)] {
        if let Some(found) = config.maybe_size(other)?
            && found != expected
        {
            return Err(config.wrong(other, found, format!("{expected}: other values are not computed")));
        }
    }
    Ok(hidden / heads)
}

/// A size that goes by two names and may be missing; both must agree.
pub(super) fn maybe_size(config: &Config, own: &'static str, general: &'static str) -> Result<Option<usize>> {
    match (config.maybe_size(own)?, config.maybe_size(general)?) {
        (Some(a), Some(b)) if a != b => Err(config.wrong(general, b, format!("that of {own}, {a}"))),
        (a, b) => Ok(a.or(b)),
    }
}
