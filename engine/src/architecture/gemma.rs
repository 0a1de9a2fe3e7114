//! Gemma (arXiv 2403.08295): gated by GELU, norms scaled by 1 + weight, embeddings scaled by √hidden. Gemma 2 (arXiv
//! 2408.00118): norms also after attention and feed-forward block, capped scores and logits. Gemma 3 text models (arXiv
//! 2503.19786): norms on query and key heads in the place of caps, two rotary bases.

use super::fields::{activation, positive};
use super::gated::{Member, Sizes, Unsaid, without_use};
use super::rotary::{self, Family, Reader, WHOLE};
use super::{Architecture, layers};
use crate::config::Config;
use crate::error::Result;
use crate::nn::{Activation, Cap};
use crate::transformer::Transformer;
use crate::weights::Weights;
use serde_json::Value;

pub(super) const GEMMA: Architecture = Architecture {
    model_type: "gemma",
    base: "model.",
    causal: true,
    computes: &["attention_bias", "rope_scaling", "rope_parameters", "rope_theta", "rotary_emb_base"],
    load: load_gemma,
    without_use,
};
pub(super) const GEMMA2: Architecture = Architecture {
    model_type: "gemma2",
    computes: &[
        "attention_bias",
        "attn_logit_softcapping",
        "final_logit_softcapping",
        "query_pre_attn_scalar",
        "layer_types",
        "rope_scaling",
        "rope_parameters",
        "rope_theta",
        "rotary_emb_base",
    ],
    load: load_gemma2,
    ..GEMMA
};
pub(super) const GEMMA3: Architecture = Architecture {
    model_type: "gemma3_text",
    computes: &[
        "attention_bias",
        "final_logit_softcapping",
        "query_pre_attn_scalar",
        "layer_types",
        "sliding_window_pattern",
        "rope_scaling",
        "rope_parameters",
        "rope_theta",
        "rope_local_base_freq",
    ],
    load: load_gemma3,
    ..GEMMA
};

/// Rotary positions of Gemma 3's layers that see everything, and of those that see a window.
const FAR: Family = Family { theta: &["rope_theta"], default_theta: 1_000_000.0, share: None };
const NEAR: Family = Family { theta: &["rope_local_base_freq"], default_theta: 10_000.0, share: None };
/// Each so many-th layer of Gemma 3 sees everything, where nothing else is said.
const PATTERN: usize = 6;

/// What `GemmaConfig` has for key-value heads, and `Gemma2Config` and `Gemma3TextConfig`. The size of a head must be said.
const GEMMA_SIZES: Unsaid = Unsaid { size: None, key_value_heads: Some(16) };
const LATER_SIZES: Unsaid = Unsaid { key_value_heads: Some(4), ..GEMMA_SIZES };

fn load_gemma(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let act = match config.text("hidden_act") {
        // The first Gemma files say `gelu` and mean its approximation.
        Some("gelu") => match config.value("hidden_activation") {
            Some(value) if value != "gelu_pytorch_tanh" => {
                return Err(config.wrong("hidden_activation", value, "gelu_pytorch_tanh"));
            }
            _ => Activation::GeluTanh,
        },
        _ => activation(config, "hidden_act", "gelu_pytorch_tanh")?,
    };
    let member = plain(config, GEMMA_SIZES, config.maybe_size("sliding_window")?, act)?;
    let rotary = rotary::read(config, &WHOLE, member.sizes.size, member.max_tokens, weights.device())?;
    member.build(config, weights, |_| &rotary)
}

fn load_gemma2(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    // Within the window every layer sees everything, so longer prompts are refused instead.
    layers::sliding(config, config.size("num_hidden_layers")?, |l| l.is_multiple_of(2))?;
    let member = later(config)?;
    let caps =
        [cap(config, "attn_logit_softcapping", Some(50.0))?, cap(config, "final_logit_softcapping", Some(30.0))?];
    let rotary = rotary::read(config, &WHOLE, member.sizes.size, member.max_tokens, weights.device())?;
    Member { caps, ..member }.build(config, weights, |_| &rotary)
}

fn load_gemma3(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let member = later(config)?;
    let caps = [None, cap(config, "final_logit_softcapping", None)?];
    let local = gemma3_layers(config, member.sizes.layers)?;
    let [near, far] = gemma3_rotary(config)?;
    let near = near.rotary(member.sizes.size, member.max_tokens, weights.device())?;
    let far = far.rotary(member.sizes.size, member.max_tokens, weights.device())?;
    let rotary = |layer: usize| if local[layer] { &near } else { &far };
    Member { caps, head_norms: true, ..member }.build(config, weights, rotary)
}

fn plain(config: &Config, unsaid: Unsaid, window: Option<usize>, act: Activation) -> Result<Member> {
    config.size("head_dim")?;
    let bias = config.flag("attention_bias", false)?;
    let member = Member::plain(Sizes::read(config, unsaid)?, rotary::max_tokens(config, window)?, act);
    Ok(Member {
        attention_bias: bias,
        output_bias: bias,
        norms_from_one: true,
        scaled_embedding: true,
        tied: true,
        ..member
    })
}

/// What Gemma 2 and 3 share.
fn later(config: &Config) -> Result<Member> {
    let act = activation(config, "hidden_activation", "gelu_pytorch_tanh")?;
    let member = plain(config, LATER_SIZES, config.maybe_size("sliding_window")?, act)?;
    let scale = positive(config, "query_pre_attn_scalar")?.unwrap_or(256.0).sqrt().recip() as f32;
    Ok(Member { norms_after: true, scale, ..member })
}

/// A cap; null is none, and a missing field the class's default.
fn cap(config: &Config, field: &'static str, default: Option<f64>) -> Result<Option<Cap>> {
    let said = positive(config, field)?;
    let cap = if config.is_null(field) { None } else { said.or(default) };
    Ok(cap.map(|cap| Cap(cap as f32)))
}

/// Which layers see a window: `layer_types`, or all but each `sliding_window_pattern`-th; both must agree.
fn gemma3_layers(config: &Config, layers: usize) -> Result<Vec<bool>> {
    let field = "sliding_window_pattern";
    let said = config.maybe_size(field)?;
    if config.value("layer_types").is_none() {
        // Hugging Face writes this one beside `layer_types`, whatever those are, and does not read it.
        super::fields::only(config, "_sliding_window_pattern", &["6"])?;
    }
    let by_pattern = |l: usize| !(l + 1).is_multiple_of(said.unwrap_or(PATTERN));
    let local = layers::sliding(config, layers, by_pattern)?;
    match said {
        Some(pattern) if (0..layers).any(|l| local[l] != by_pattern(l)) => {
            Err(config.wrong(field, pattern, "the pattern of layer_types, or only one of the two"))
        }
        _ => Ok(local),
    }
}

/// Newer configurations keep both kinds in `rope_parameters`; older ones have `rope_scaling` for the layers that see everything.
fn gemma3_rotary(config: &Config) -> Result<[Reader<'_>; 2]> {
    let reader = |family, said| Reader { config, family, said };
    let Some((field, map)) = rotary::said(config)? else { return Ok([reader(&NEAR, None), reader(&FAR, None)]) };
    if field == "rope_scaling" {
        return Ok([reader(&NEAR, None), reader(&FAR, Some((field, map)))]);
    }
    let of = |kind: &str| match map.get(kind) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(own)) => Ok(Some((field, own))),
        Some(_) => Err(()),
    };
    let known = |key: &String| key == "sliding_attention" || key == "full_attention";
    match (of("sliding_attention"), of("full_attention")) {
        (Ok(near), Ok(far)) if map.keys().all(known) => Ok([reader(&NEAR, near), reader(&FAR, far)]),
        _ => {
            let expected = "an object with `sliding_attention` and `full_attention`, each an object with a `rope_type`";
            Err(config.wrong(field, Value::Object(map.clone()), expected))
        }
    }
}
