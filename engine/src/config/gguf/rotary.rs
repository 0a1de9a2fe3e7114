//! What a GGUF file says of rotary positions.

use super::Made;
use crate::error::Result;
use crate::weights::Family;
use serde_json::{Map, Value, json};

/// The base where a file of Llama or Qwen 2 does not say, as llama.cpp has it.
const BASE: f64 = 10_000.0;
/// Keys of scaling that are not computed, if they say something.
const NOT_COMPUTED: [&str; 5] = [
    "rope.scaling.alpha",
    "rope.scaling.attn_factor",
    "rope.scaling.yarn_log_multiplier",
    "rope.scaling.yarn_ext_factor",
    "rope.scaling.yarn_attn_factor",
];
/// Those that are.
const COMPUTED: [&str; 5] = [
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
];

/// Whether a key, without the architecture's name, is read here.
pub fn reads(rest: &str) -> bool {
    NOT_COMPUTED.contains(&rest) || COMPUTED.contains(&rest)
}

impl Made<'_> {
    /// `rope_theta` and `rope_scaling`.
    pub(super) fn rotary(&self, size: usize) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        let theta = self.number("rope.freq_base")?;
        if theta.is_none() && self.gguf.family == Family::Gemma3 {
            return Err(self.gguf.metadata.wrong(&self.key("rope.freq_base"), "a number above 1"));
        }
        fields.insert("rope_theta".into(), theta.unwrap_or(BASE).into());
        let (scaling, factors) = (self.scaling()?, self.factors(size)?);
        match (scaling, factors) {
            (Some(_), Some(_)) => {
                let expected = "nothing beside `rope_freqs.weight`, which scales angles, too";
                return Err(self.gguf.metadata.wrong(&self.key("rope.scaling.type"), expected));
            }
            (Some(one), None) | (None, Some(one)) => drop(fields.insert("rope_scaling".into(), one)),
            (None, None) => {}
        }
        Ok(fields)
    }

    fn number(&self, rest: &str) -> Result<Option<f64>> {
        Ok(self.gguf.metadata.number(&self.key(rest))?.filter(|&number| number != 0.0))
    }

    fn scaling(&self) -> Result<Option<Value>> {
        let metadata = &self.gguf.metadata;
        for key in NOT_COMPUTED {
            if self.number(key)?.is_some() {
                return Err(metadata.wrong(&self.key(key), "no such key: it is not computed"));
            }
        }
        let factor = match self.number("rope.scaling.factor")? {
            Some(factor) => Some(factor),
            None => self.number("rope.scale_linear")?,
        };
        let kind = metadata.text(&self.key("rope.scaling.type"))?;
        let kind = kind.or(factor.is_some_and(|factor| factor != 1.0).then_some("linear"));
        match kind {
            None | Some("none") => Ok(None),
            Some("yarn") => {
                let original = self.maybe_size("rope.scaling.original_context_length")?;
                let (fast, slow) =
                    (self.number("rope.scaling.yarn_beta_fast")?, self.number("rope.scaling.yarn_beta_slow")?);
                Ok(Some(json!({
                    "rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original,
                    "beta_fast": fast, "beta_slow": slow,
                })))
            }
            // Other kinds are refused by their names.
            Some(kind) => Ok(Some(json!({"rope_type": kind, "factor": factor}))),
        }
    }

    /// Llama 3's scaling: by what each angle is divided.
    fn factors(&self, size: usize) -> Result<Option<Value>> {
        let Some(factors) = self.gguf.vector(crate::weights::ANGLES)? else { return Ok(None) };
        if factors.len() != size / 2 || !factors.iter().all(|factor| factor.is_finite() && *factor > 0.0) {
            let reason = format!(
                "`rope_freqs.weight` has {} values; expected {} above 0, half a head's",
                factors.len(),
                size / 2
            );
            return Err(crate::Error::File { path: self.gguf.path().to_owned(), reason });
        }
        Ok(Some(json!({"rope_type": "factors", "factors": factors})))
    }
}
