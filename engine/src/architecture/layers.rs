//! Which layers of a model see only a window: `layer_types`.

use crate::config::Config;
use crate::error::Result;
use serde_json::Value;

/// More layers than any model's: a list of them would fill the memory.
const MOST: usize = 65_536;

/// Whether each layer attends to a window: as `layer_types` says, or as `otherwise` says of a layer.
pub(super) fn sliding(config: &Config, layers: usize, otherwise: impl Fn(usize) -> bool) -> Result<Vec<bool>> {
    if layers > MOST {
        return Err(config.wrong("num_hidden_layers", layers, format!("at most {MOST}")));
    }
    let Some(types) = config.value("layer_types") else { return Ok((0..layers).map(otherwise).collect()) };
    let expected = "a list of `sliding_attention` and `full_attention`, one a layer";
    let wrong = || config.wrong("layer_types", types, expected);
    let list = types.as_array().filter(|list| list.len() == layers).ok_or_else(wrong)?;
    let local = |value: &Value| match value.as_str() {
        Some("sliding_attention") => Ok(true),
        Some("full_attention") => Ok(false),
        _ => Err(wrong()),
    };
    list.iter().map(local).collect()
}
