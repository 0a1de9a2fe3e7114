//! Architectures of GGUF, and what Hugging Face calls their tensors.

use super::metadata::Metadata;
use super::tensor::Change;
use crate::error::{Error, Result};
use crate::folder;
use std::path::Path;

/// An architecture that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama, SmolLM, TinyLlama, and Mistral, which GGUF calls `llama` as well.
    Llama,
    /// Qwen 2 and 2.5.
    Qwen2,
    /// Gemma 3, text alone.
    Gemma3,
}

/// Parts of a layer that all have, with those of Hugging Face.
const PARTS: [(&str, &str); 8] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];
/// Gemma 3's, and the others'.
const OF_GEMMA: [(&str, &str); 5] = [
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];
const OF_OTHERS: [(&str, &str); 1] = [("ffn_norm", "post_attention_layernorm")];

/// What angles are divided by; the configuration has it.
pub const ANGLES: &str = "rope_freqs.weight";

impl Family {
    /// The architecture that the metadata names.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> Result<Self> {
        let unusable = |found: String, instead: &str| {
            Err(Error::Unusable { path: path.to_owned(), found, instead: instead.to_owned() })
        };
        match metadata.text("general.type")? {
            None | Some("model") => {}
            Some("adapter") => return unusable("a GGUF file of an adapter".into(), folder::MERGED),
            Some(other) => {
                return unusable(format!("a GGUF file of type `{other}`"), "give the one of the model itself");
            }
        }
        if let Some(parts) = metadata.maybe_size("split.count")?.filter(|&parts| parts > 1) {
            let found = format!("one of the {parts} parts of a model in GGUF");
            return unusable(found, "make one file of them with llama.cpp's `llama-gguf-split --merge FIRST WHOLE`");
        }
        match metadata.text("general.architecture")? {
            Some("llama") => Ok(Self::Llama),
            Some("qwen2") => Ok(Self::Qwen2),
            Some("gemma3") => Ok(Self::Gemma3),
            other => {
                let found = format!("a GGUF file of architecture `{}`", other.unwrap_or("(none)"));
                unusable(
                    found,
                    "kndb reads llama, qwen2 and gemma3 in GGUF: use the Hugging Face folder of the same model",
                )
            }
        }
    }

    /// What keys of the metadata begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Gemma3 => "gemma3",
        }
    }

    /// Heads of queries, and of keys and values.
    pub(super) fn heads(self, metadata: &Metadata) -> Result<[usize; 2]> {
        let heads = metadata.size(&format!("{}.attention.head_count", self.name()))?;
        let of_keys = metadata.maybe_size(&format!("{}.attention.head_count_kv", self.name()))?;
        Ok([heads, of_keys.filter(|&heads| heads > 0).unwrap_or(heads)])
    }

    /// Hugging Face's name of a tensor and what undoes the conversion; its own where there is none, so that it is left over
    /// and told. `None` for what the configuration has.
    pub(super) fn renamed(self, name: &str, heads: [usize; 2]) -> Option<(String, Change)> {
        let of_norm = if self == Self::Gemma3 { Change::FromOne } else { Change::None };
        match name {
            ANGLES => return None,
            "token_embd.weight" => return Some(("model.embed_tokens.weight".into(), Change::None)),
            "output.weight" => return Some(("lm_head.weight".into(), Change::None)),
            "output_norm.weight" => return Some(("model.norm.weight".into(), of_norm)),
            _ => {}
        }
        let Some((layer, part, end)) = split(name) else { return Some((name.to_owned(), Change::None)) };
        let own: &[_] = if self == Self::Gemma3 { &OF_GEMMA } else { &OF_OTHERS };
        let Some((_, new)) = PARTS.iter().chain(own).find(|(known, _)| *known == part) else {
            return Some((name.to_owned(), Change::None));
        };
        let change = match part {
            // llama.cpp turns pairs that lie side by side here, and Hugging Face the two halves of a head.
            "attn_q" if self == Self::Llama => Change::Heads(heads[0]),
            "attn_k" if self == Self::Llama => Change::Heads(heads[1]),
            _ if part.ends_with("norm") => of_norm,
            _ => Change::None,
        };
        Some((format!("model.layers.{layer}.{new}.{end}"), change))
    }
}

/// `blk.3.attn_q.weight`: 3, `attn_q`, `weight`.
fn split(name: &str) -> Option<(usize, &str, &str)> {
    let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
    let (part, end) = rest.rsplit_once('.')?;
    Some((layer.parse().ok()?, part, end)).filter(|_| matches!(end, "weight" | "bias"))
}
