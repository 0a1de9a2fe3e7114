//! Llama (arXiv 2302.13971) and its relatives: SmolLM; Mistral (a window of attention; arXiv 2310.06825); Qwen 2 and 2.5
//! (biases on queries, keys and values; arXiv 2407.10671); Qwen 3 (norms on query and key heads; arXiv 2505.09388).

use super::fields::activation;
use super::gated::{Member, Sizes, Unsaid, without_use};
use super::rotary::{self, WHOLE};
use super::{Architecture, layers};
use crate::config::Config;
use crate::error::Result;
use crate::transformer::Transformer;
use crate::weights::Weights;

pub(super) const LLAMA: Architecture = Architecture {
    model_type: "llama",
    base: "model.",
    causal: true,
    computes: &[
        "attention_bias",
        "mlp_bias",
        "layer_types",
        "rope_scaling",
        "rope_parameters",
        "rope_theta",
        "rotary_emb_base",
    ],
    load: load_llama,
    without_use,
};
pub(super) const MISTRAL: Architecture = Architecture {
    model_type: "mistral",
    computes: &["layer_types", "rope_scaling", "rope_parameters", "rope_theta", "rotary_emb_base"],
    load: load_mistral,
    ..LLAMA
};
pub(super) const QWEN2: Architecture = Architecture {
    model_type: "qwen2",
    computes: &["attention_bias", "layer_types", "rope_scaling", "rope_parameters", "rope_theta", "rotary_emb_base"],
    load: load_qwen2,
    ..LLAMA
};
pub(super) const QWEN3: Architecture = Architecture { model_type: "qwen3", load: load_qwen3, ..QWEN2 };

/// What `LlamaConfig`, `MistralConfig`, `Qwen2Config` and `Qwen3Config` have where `config.json` does not say.
const LLAMA_SIZES: Unsaid = Unsaid { size: None, key_value_heads: None };
const MISTRAL_SIZES: Unsaid = Unsaid { size: None, key_value_heads: Some(8) };
const QWEN2_SIZES: Unsaid = Unsaid { size: None, key_value_heads: Some(32) };
const QWEN3_SIZES: Unsaid = Unsaid { size: Some(128), ..QWEN2_SIZES };

fn load_llama(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let bias = config.flag("attention_bias", false)?;
    let feed_forward_bias = config.flag("mlp_bias", false)?;
    let member = plain(config, LLAMA_SIZES, window(config)?)?;
    build(config, weights, Member { attention_bias: bias, output_bias: bias, feed_forward_bias, ..member })
}

fn load_mistral(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let member = plain(config, MISTRAL_SIZES, window(config)?)?;
    build(config, weights, member)
}

fn load_qwen2(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    super::fields::only(config, "attention_bias", &["true"])?;
    let member = plain(config, QWEN2_SIZES, qwen_window(config)?)?;
    build(config, weights, Member { attention_bias: true, ..member })
}

fn load_qwen3(config: &Config, weights: &mut Weights) -> Result<Transformer> {
    let bias = config.flag("attention_bias", false)?;
    let member = plain(config, QWEN3_SIZES, qwen_window(config)?)?;
    build(config, weights, Member { attention_bias: bias, output_bias: bias, head_norms: true, ..member })
}

fn plain(config: &Config, unsaid: Unsaid, window: Option<usize>) -> Result<Member> {
    let max_tokens = rotary::max_tokens(config, window)?;
    Ok(Member::plain(Sizes::read(config, unsaid)?, max_tokens, activation(config, "hidden_act", "silu")?))
}

fn build(config: &Config, weights: &mut Weights, member: Member) -> Result<Transformer> {
    let rotary = rotary::read(config, &WHOLE, member.sizes.size, member.max_tokens, weights.device())?;
    member.build(config, weights, |_| &rotary)
}

/// Within the window every layer sees everything, so longer prompts are refused instead.
fn window(config: &Config) -> Result<Option<usize>> {
    layers::sliding(config, config.size("num_hidden_layers")?, |_| true)?;
    if config.flag("use_sliding_window", true)? { config.maybe_size("sliding_window") } else { Ok(None) }
}

/// Qwen's window holds in the layers from `max_window_layers` on, if `use_sliding_window`.
fn qwen_window(config: &Config) -> Result<Option<usize>> {
    let uses = config.flag("use_sliding_window", false)?;
    let first = match config.value("max_window_layers") {
        None => 28,
        Some(value) => {
            value.as_u64().ok_or_else(|| config.wrong("max_window_layers", value, "a number of layers"))? as usize
        }
    };
    let sliding = layers::sliding(config, config.size("num_hidden_layers")?, |l| uses && l >= first)?;
    let any = sliding.contains(&true);
    if any && !uses {
        let expected = "true, as layer_types has `sliding_attention`, or no such layers";
        return Err(config.wrong("use_sliding_window", false, expected));
    }
    if any { config.maybe_size("sliding_window") } else { Ok(None) }
}
