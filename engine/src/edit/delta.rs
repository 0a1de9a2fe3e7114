//! The difference that an edit makes: only the changed tensors, with the hash of what they are to be put into.

use super::save::{check_place, read, replace_tensors};
use super::tensors::{Changed, EditedTensors, Written, hugging_face};
use super::{ValueVectors, save_folder};
use crate::architecture;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::weights::{Kind, Weights};
use burn::tensor::Device;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// Metadata: the hash of the weights that the edit is of.
const BASE: &str = "kndb_base";
/// The card that the edited folder gets.
const CARD: &str = "kndb_card";
/// Hash of all of that and of the tensors: a bit that a copy lost would else become a weight.
const CONTENT: &str = "kndb_content";

/// Writes the changed tensors as a safetensors file, with the base's hash and the card as metadata. The file must not be there before.
///
/// # Errors
/// A file that is there, or that cannot be written.
pub fn write_delta(edited: &EditedTensors, out: &Path, card: &str) -> Result<()> {
    check_place(out)?;
    let metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        (BASE.to_owned(), edited.base.clone()),
        (CARD.to_owned(), card.to_owned()),
        (CONTENT.to_owned(), content(&edited.base, card, &edited.changed)),
    ]);
    let tensors: Vec<(&str, Written<'_>)> =
        edited.changed.iter().map(|(name, changed)| (name.as_str(), changed.into())).collect();
    replace_tensors(tensors, metadata, out)
}

/// Puts a difference into the model that it is of, and writes the edited model as a folder.
///
/// # Errors
/// A file that is no difference of kndb's, or is not as it was written; a model that it is not of; tensors that the model does not have in that shape and type; as
/// [`save_folder`].
pub fn apply_delta(delta: &Path, folder: &Path, out: &Path) -> Result<Vec<String>> {
    let bytes = read(delta)?;
    let wrong = |reason: String| Error::File { path: delta.to_owned(), reason };
    let no_file = |e| wrong(format!("not a safetensors file: {e}; expected one that `kndb edit --delta` wrote"));
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(no_file)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let (Some(base), Some(card), Some(hash)) = (metadata.get(BASE), metadata.get(CARD), metadata.get(CONTENT)) else {
        return Err(wrong(format!(
            "has no `{BASE}`, `{CARD}` and `{CONTENT}` in its metadata; expected a file that `kndb edit --delta` wrote"
        )));
    };
    let folder = hugging_face(folder)?;
    let config = Config::read(&folder)?;
    let weights = Weights::open(&folder, architecture::named(&config)?.base, &Device::flex())?;
    if weights.hash() != *base {
        return Err(wrong(format!(
            "is an edit of weights {base}; {} holds {}: give the folder of the model that was edited",
            folder.display(),
            weights.hash()
        )));
    }
    let mut changed = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(&bytes).map_err(no_file)?.iter() {
        let kind = kind(view.dtype());
        let there = weights.stored().find(|(known, _)| *known == name).map(|(_, stored)| stored);
        let fits = there.is_some_and(|stored| stored.shape() == view.shape() && stored.kind().ok() == kind);
        let Some(kind) = kind.filter(|_| fits) else {
            return Err(wrong(format!(
                "tensor `{name}` ({:?}, {:?}) is none of the model's in that type and shape",
                view.dtype(),
                view.shape()
            )));
        };
        changed.insert(name.to_owned(), Changed { kind, shape: view.shape().to_vec(), bytes: view.data().to_vec() });
    }
    let found = content(base, card, &changed);
    if found != *hash {
        return Err(wrong(format!(
            "is damaged: its content has the hash {found}, and was written with {hash}; copy it again, or edit again"
        )));
    }
    if let Some((name, _)) = changed.iter().find(|(_, tensor)| !tensor.kind.are_finite(&tensor.bytes)) {
        return Err(wrong(format!("tensor `{name}` has a number that is not finite; expected weights")));
    }
    let names = changed.keys().cloned().collect();
    let edited = EditedTensors { folder, base: base.clone(), weights, changed, vectors: ValueVectors::default() };
    save_folder(&edited, out, card)?;
    Ok(names)
}

/// The hash of a difference: of every byte that says or is something, each text behind its length.
fn content(base: &str, card: &str, changed: &BTreeMap<String, Changed>) -> String {
    let mut hash = Xxh3::new();
    let mut take = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    take(base.as_bytes());
    take(card.as_bytes());
    for (name, tensor) in changed {
        take(name.as_bytes());
        take(format!("{:?} {:?}", tensor.kind.dtype(), tensor.shape).as_bytes());
        take(&tensor.bytes);
    }
    format!("xxh3-{:032x}", hash.digest128())
}

fn kind(dtype: Dtype) -> Option<Kind> {
    [Kind::F32, Kind::F16, Kind::Bf16, Kind::F64].into_iter().find(|kind| kind.dtype() == dtype)
}
