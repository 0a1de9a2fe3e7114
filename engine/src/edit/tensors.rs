//! Which tensors of a model's files an edit changes, and their new bytes.

use super::ValueVectors;
use crate::architecture;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::model::Model;
use crate::weights::{Kind, StoredBytes, Weights};
use burn::tensor::Device;
use safetensors::{Dtype, View};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tensors that an edit changes, each whole, in the type of the model's file.
pub struct EditedTensors {
    /// The model's folder.
    pub(super) folder: PathBuf,
    pub(super) weights: Weights,
    /// By name.
    pub(super) changed: BTreeMap<String, Changed>,
    /// Hash of the files that the edit is of.
    pub(super) base: String,
    /// The new value vectors as the file holds them.
    pub(super) vectors: ValueVectors,
}

/// A changed tensor.
pub(super) struct Changed {
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl EditedTensors {
    /// Finds the tensors of new value vectors in a model's folder, and rounds the vectors to the types that these have there.
    ///
    /// # Errors
    /// A folder that changed since the model was loaded; weights that are no plain tensors of floats, such as quantised ones; vectors that are,
    /// as the file holds them, those that it has.
    pub fn of(folder: &Path, model: &Model, vectors: ValueVectors) -> Result<Self> {
        let folder = hugging_face(folder)?;
        let config = Config::read(&folder)?;
        let weights = Weights::open(&folder, architecture::named(&config)?.base, &Device::flex())?;
        if weights.hash() != model.weights_hash() {
            let reason =
                "its weights are not those of the model that was loaded: the files changed meanwhile; start again";
            return Err(Error::File { path: folder, reason: reason.into() });
        }
        let mut this = Self { folder, base: weights.hash(), weights, changed: BTreeMap::new(), vectors };
        for (&layer, rows) in &mut this.vectors.new {
            let output = &model.network.blocks[layer].feed_forward.output;
            let plain = output.origin().and_then(|name| {
                let (_, stored) = this.weights.stored().find(|(known, _)| *known == name)?;
                Some((name, stored, stored.kind().ok()?))
            });
            let Some((name, stored, kind)) = plain else {
                return Err(Error::File {
                    path: this.folder.clone(),
                    reason: format!(
                        "the second feed-forward matrix of layer {layer} is no tensor of floats of its own; expected F32, F16, BF16 or F64"
                    ),
                });
            };
            let read = |source| Error::Read { path: this.folder.clone(), source };
            let old = stored.bytes().map_err(read)?;
            let mut bytes = old.as_ref().to_vec();
            let [inputs, outputs] = output.dims();
            for (unit, vector) in rows.iter_mut() {
                for (at, value) in vector.iter_mut().enumerate() {
                    if !value.is_finite() || !kind.rounded(*value).is_finite() {
                        return Err(Error::CannotEdit {
                            what: format!("layer {layer}"),
                            reason: format!(
                                "a weight would be {value:e}, which {} of its file cannot hold; a smaller change is needed",
                                kind.name()
                            ),
                        });
                    }
                    let place = if output.has_rows_of_outputs() { at * inputs + unit } else { unit * outputs + at };
                    bytes[place * kind.size()..(place + 1) * kind.size()].copy_from_slice(&kind.bytes(*value));
                    *value = kind.rounded(*value);
                }
            }
            if bytes == old.as_ref() {
                continue;
            }
            this.changed.insert(name.to_owned(), Changed { kind, shape: stored.shape().to_vec(), bytes });
        }
        if this.changed.is_empty() {
            return Err(Error::CannotEdit {
                what: model.name().to_owned(),
                reason:
                    "the new value vectors, in the type of the model's file, are the old ones, so nothing would change"
                        .into(),
            });
        }
        Ok(this)
    }

    /// The new value vectors as the model's file can hold them: what the saved model computes with.
    pub fn vectors(&self) -> &ValueVectors {
        &self.vectors
    }

    /// Names of the changed tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.changed.keys().map(String::as_str)
    }
}

/// The folder of a model that `transformers` can load, so that it can load the edited one.
///
/// # Errors
/// As [`Folder::find`]; a model in GGUF.
pub(super) fn hugging_face(given: &Path) -> Result<PathBuf> {
    let Folder { path, gguf, .. } = Folder::find(given)?;
    let Some(gguf) = gguf else { return Ok(path) };
    Err(Error::Unusable {
        path: gguf,
        found: "a model in GGUF, whose weights are blocks that an edited one could not be kept in".into(),
        instead: "give the Hugging Face folder that it was made from (config.json and safetensors)".into(),
    })
}

/// A tensor to be written.
pub(super) struct Written<'a> {
    pub dtype: Dtype,
    pub shape: &'a [usize],
    pub bytes: Source<'a>,
}

/// Where its bytes are; those of mapped files are not copied.
pub(super) enum Source<'a> {
    New(&'a [u8]),
    AsItWas(StoredBytes),
}

impl Source<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::New(bytes) => bytes,
            Self::AsItWas(stored) => stored.as_ref(),
        }
    }
}

impl View for Written<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes.bytes())
    }

    fn data_len(&self) -> usize {
        self.bytes.bytes().len()
    }
}

impl<'a> From<&'a Changed> for Written<'a> {
    fn from(changed: &'a Changed) -> Self {
        Self { dtype: changed.kind.dtype(), shape: &changed.shape, bytes: Source::New(&changed.bytes) }
    }
}
