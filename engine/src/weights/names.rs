//! Names of tensors as Hugging Face's classes give them, whatever the checkpoint went through.

use super::Stored;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

/// What wrappers put before every name: `DataParallel`, `torch.compile`, PEFT, a trainer's dictionary, Lightning.
const WRAPPERS: [&str; 6] =
    ["module.", "_orig_mod.", "base_model.model.", "state_dict.", "model_state_dict.", "model."];

/// The usual names, and whether they lack `base`, as those of a base model that was saved without its head's class.
///
/// # Errors
/// Two names of one tensor whose values differ: which one counts is not known.
pub fn usual(path: &Path, tensors: BTreeMap<String, Stored>, base: &str) -> Result<(BTreeMap<String, Stored>, bool)> {
    let mut tensors = renamed(path, tensors, newer)?;
    while let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wraps(wrapper, &tensors, base)) {
        tensors = renamed(path, tensors, |name| name[wrapper.len()..].to_owned())?;
    }
    let bare = !tensors.keys().any(|name| name.starts_with(base));
    Ok((tensors, bare))
}

/// The tensors by their new names. Where two come by one name they must be the same: else one would be dropped in silence.
fn renamed(
    path: &Path,
    tensors: BTreeMap<String, Stored>,
    new: impl Fn(&str) -> String,
) -> Result<BTreeMap<String, Stored>> {
    let mut all: BTreeMap<String, (String, Stored)> = BTreeMap::new();
    for (old, tensor) in tensors {
        match all.entry(new(&old)) {
            Entry::Vacant(free) => {
                free.insert((old, tensor));
            }
            Entry::Occupied(taken) => {
                let (other, there) = taken.get();
                let read = |source| Error::Read { path: path.to_owned(), source };
                if !there.is_equal(&tensor).map_err(read)? {
                    let reason = format!(
                        "`{other}` and `{old}` are names of one tensor, but their values differ; leave out the one that \
                         the model does not use"
                    );
                    return Err(Error::File { path: path.to_owned(), reason });
                }
            }
        }
    }
    Ok(all.into_iter().map(|(name, (_, tensor))| (name, tensor)).collect())
}

/// Checkpoints converted from TensorFlow call a norm's weight `gamma` and its bias `beta`.
fn newer(name: &str) -> String {
    match (name.strip_suffix(".gamma"), name.strip_suffix(".beta")) {
        (Some(stem), _) => format!("{stem}.weight"),
        (_, Some(stem)) => format!("{stem}.bias"),
        _ => name.to_owned(),
    }
}

/// Whether every name has the wrapper before it. `model.` is one only where the base model's own prefix follows.
fn wraps(wrapper: &str, tensors: &BTreeMap<String, Stored>, base: &str) -> bool {
    let all = !tensors.is_empty() && tensors.keys().all(|name| name.starts_with(wrapper));
    let follows = |name: &String| name[wrapper.len()..].starts_with(base);
    all && (wrapper != "model." || tensors.keys().any(follows))
}

/// What quantised weights bring along, by the ends of their names.
const QUANTISED: [&str; 19] = [
    ".qweight",
    ".qzeros",
    ".g_idx",
    ".absmax",
    ".nested_absmax",
    ".quant_map",
    ".SCB",
    ".weight_format",
    ".weight_scale",
    ".weight_scale_inv",
    ".weight_scale_2",
    ".weight_zero_point",
    ".weight_packed",
    ".weight_shape",
    ".input_scale",
    ".k_scale",
    ".bitmask",
    ".compressed",
    ".scales",
];
/// What adapters leave in the names of a model that they are not merged into.
const ADAPTED: [&str; 12] = [
    "lora_A",
    "lora_B",
    "lora_embedding_A",
    "lora_embedding_B",
    "lora_magnitude_vector",
    ".base_layer.",
    ".modules_to_save.",
    ".original_module.",
    "ia3_l",
    "hada_w1",
    "lokr_w",
    "vera_lambda",
];

/// Refuses what is not a model's weights as they are: quantised ones, adapters.
pub fn refuse_other_kinds(path: &Path, tensors: &BTreeMap<String, Stored>) -> Result<()> {
    let unusable = |found: String, instead: &str| {
        Err(Error::Unusable { path: path.to_owned(), found, instead: instead.to_owned() })
    };
    let is_quantised =
        |name: &&String| QUANTISED.iter().any(|end| name.ends_with(end)) || name.contains(".quant_state.");
    if let Some(name) = tensors.keys().find(is_quantised) {
        return unusable(format!("quantised weights (`{name}`)"), crate::folder::UNQUANTISED);
    }
    if let Some(name) = tensors.keys().find(|name| ADAPTED.iter().any(|part| name.contains(part))) {
        return unusable(format!("weights of an adapter (PEFT) that is not merged (`{name}`)"), crate::folder::MERGED);
    }
    Ok(())
}
