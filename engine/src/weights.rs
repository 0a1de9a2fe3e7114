//! The tensors of a model folder by name: safetensors, whole or in shards, or PyTorch's own format.
//!
//! Every tensor must be used or be known to be without use: one that nobody asked for would be a part of the network
//! that is left out, and every score would be silently wrong.

use crate::error::{Error, Result};
use burn::store::pytorch_reader::{DType as PytorchType, PytorchReader, Tensor as PytorchTensor};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Tensors of a model that have not been asked for yet.
pub struct Weights {
    path: PathBuf,
    device: Device,
    tensors: BTreeMap<String, Stored>,
    missing: Vec<String>,
    hash: u128,
}

enum Stored {
    Raw { shape: Vec<usize>, dtype: Dtype, bytes: Vec<u8> },
    Pytorch(PytorchTensor),
}

impl Stored {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Raw { shape, .. } => shape,
            Self::Pytorch(tensor) => tensor.shape(),
        }
    }
}

impl Weights {
    /// Reads the weights of a folder: `model.safetensors`, its shards, or `pytorch_model.bin`, whichever is there first.
    pub fn read(folder: &Path, device: &Device) -> Result<Self> {
        let whole = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        let pytorch = folder.join("pytorch_model.bin");
        let mut weights = Self {
            path: whole.clone(),
            device: device.clone(),
            tensors: BTreeMap::new(),
            missing: Vec::new(),
            hash: 0,
        };
        let mut hash = Xxh3::new();
        if whole.exists() {
            weights.add_safetensors(&whole, &mut hash)?;
        } else if index.exists() {
            for shard in shards(&index)? {
                weights.add_safetensors(&folder.join(shard), &mut hash)?;
            }
            weights.path = index;
        } else if pytorch.exists() {
            hash.update(&read(&pytorch)?);
            let file = PytorchReader::new(&pytorch)
                .map_err(|e| Error::File { path: pytorch.clone(), reason: format!("not a PyTorch checkpoint: {e}") })?;
            weights.tensors =
                file.into_tensors().into_iter().map(|(name, tensor)| (name, Stored::Pytorch(tensor))).collect();
            weights.path = pytorch;
        } else {
            let reason = "no weights; expected model.safetensors, model.safetensors.index.json or pytorch_model.bin";
            return Err(Error::File { path: folder.to_owned(), reason: reason.into() });
        }
        weights.hash = hash.digest128();
        weights.use_new_norm_names();
        Ok(weights)
    }

    fn add_safetensors(&mut self, path: &Path, hash: &mut Xxh3) -> Result<()> {
        let bytes = read(path)?;
        hash.update(&bytes);
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|e| Error::File { path: path.to_owned(), reason: format!("not a safetensors file: {e}") })?;
        for (name, view) in file.iter() {
            let stored = Stored::Raw { shape: view.shape().to_vec(), dtype: view.dtype(), bytes: view.data().to_vec() };
            self.tensors.insert(name.to_owned(), stored);
        }
        Ok(())
    }

    /// Checkpoints converted from TensorFlow call a norm's weight `gamma` and its bias `beta`.
    fn use_new_norm_names(&mut self) {
        let old = std::mem::take(&mut self.tensors);
        self.tensors = old
            .into_iter()
            .map(|(name, tensor)| {
                let renamed = match name.strip_suffix(".gamma") {
                    Some(stem) => format!("{stem}.weight"),
                    None => match name.strip_suffix(".beta") {
                        Some(stem) => format!("{stem}.bias"),
                        None => name,
                    },
                };
                (renamed, tensor)
            })
            .collect();
    }

    /// Hash of the files' bytes (XXH3, 128 bits).
    pub fn hash(&self) -> String {
        format!("xxh3-{:032x}", self.hash)
    }

    /// Where the tensors go.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether a tensor is there.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A tensor of a known shape. One that is missing is remembered for [`Weights::finish`] and given as zeros until then.
    pub fn take<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>> {
        let Some(stored) = self.tensors.remove(name) else {
            self.missing.push(name.to_owned());
            return Ok(Tensor::zeros(shape, &self.device));
        };
        if stored.shape() != shape {
            return Err(Error::Shape {
                path: self.path.clone(),
                name: name.to_owned(),
                found: stored.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let values = self.values(name, &stored)?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            let reason = format!("tensor `{name}` holds {value}, which is not a finite number");
            return Err(Error::File { path: self.path.clone(), reason });
        }
        Ok(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }

    fn values(&self, name: &str, stored: &Stored) -> Result<Vec<f32>> {
        let unknown = |found: String| Error::File {
            path: self.path.clone(),
            reason: format!("tensor `{name}` has type {found}; expected F32, F16, BF16 or F64"),
        };
        let from = |bytes: &[u8], kind: Kind| match kind {
            Kind::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Kind::F16 => bytes.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Kind::Bf16 => bytes.chunks_exact(2).map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Kind::F64 => bytes
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
                .collect(),
        };
        match stored {
            Stored::Raw { dtype, bytes, .. } => {
                let kind = match dtype {
                    Dtype::F32 => Kind::F32,
                    Dtype::F16 => Kind::F16,
                    Dtype::BF16 => Kind::Bf16,
                    Dtype::F64 => Kind::F64,
                    other => return Err(unknown(format!("{other:?}"))),
                };
                Ok(from(bytes, kind))
            }
            Stored::Pytorch(tensor) => {
                let kind = match tensor.dtype() {
                    PytorchType::F32 => Kind::F32,
                    PytorchType::F16 => Kind::F16,
                    PytorchType::BF16 => Kind::Bf16,
                    PytorchType::F64 => Kind::F64,
                    other => return Err(unknown(format!("{other:?}"))),
                };
                let bytes = tensor.read().map_err(|source| Error::Read { path: self.path.clone(), source })?;
                Ok(from(&bytes, kind))
            }
        }
    }

    /// Fails if a tensor was missing, or if one is left over that `without_use` does not name.
    pub fn finish(self, without_use: impl Fn(&str) -> bool) -> Result<()> {
        let left: Vec<String> = self.tensors.into_keys().filter(|name| !without_use(name)).collect();
        if !self.missing.is_empty() {
            return Err(Error::Missing { path: self.path, missing: self.missing, present: left });
        }
        if !left.is_empty() {
            let shown = left.iter().take(6).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let reason = format!(
                "holds what this architecture does not use ({} in all): {shown}; leaving it out would compute another model",
                left.len()
            );
            return Err(Error::File { path: self.path, reason });
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    F32,
    F16,
    Bf16,
    F64,
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The files an index names, each once, in order of their names.
fn shards(index: &Path) -> Result<BTreeSet<String>> {
    let wrong = |reason: String| Error::File { path: index.to_owned(), reason };
    let value: serde_json::Value =
        serde_json::from_slice(&read(index)?).map_err(|e| wrong(format!("not JSON: {e}")))?;
    let map = value.get("weight_map").and_then(|map| map.as_object());
    let map = map.ok_or_else(|| wrong("no object `weight_map`".into()))?;
    let name = |value: &serde_json::Value| match value.as_str() {
        // A shard is a file of the same folder, nothing else.
        Some(name) if Path::new(name).components().count() == 1 && !name.contains("..") => Ok(name.to_owned()),
        _ => Err(wrong(format!("`weight_map` names {value}; expected a file of the same folder"))),
    };
    map.values().map(name).collect()
}
