//! A config.json beside a GGUF file: what both say must be the same.

use super::Config;
use crate::error::Result;
use serde_json::Value;

/// Fields in which a config.json beside the file must not say something else.
const SAME: [&str; 11] = [
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "rms_norm_eps",
    "query_pre_attn_scalar",
    "layer_types",
    "rope_local_base_freq",
];
impl Config {
    /// Both may round: GGUF has 32 bits.
    pub(super) fn must_agree(&self, beside: &Self) -> Result<()> {
        let equal = |one: &Value, two: &Value| match (one.as_f64(), two.as_f64()) {
            (Some(one), Some(two)) => one as f32 == two as f32,
            _ => one == two,
        };
        for field in SAME {
            if let (Some(own), Some(other)) = (self.values.get(field), beside.value(field))
                && !equal(own, other)
            {
                let expected = format!("{own}, as {} says; do both belong to one model?", self.path.display());
                return Err(beside.wrong(field, other, expected));
            }
        }
        Ok(())
    }
}
