//! The tensors of a model by name: safetensors or PyTorch's own format, whole or in shards, or a GGUF file.
//!
//! Every tensor must be used or be known to be without use: one that nobody asked for would be a part of the network
//! that is left out, and every score would be silently wrong. An architecture's `load` runs twice ([`Weights::build`]): a
//! dry pass checks every name and shape and reads nothing; the second reads each tensor straight into the memory it stays
//! in, or maps it where it stays in its file, so that loading takes little more than the network itself.

mod absent;
mod files;
mod gguf;
mod linear;
mod mapped;
mod matrix;
mod names;
mod pickle;
mod stored;
mod tied;

pub(crate) use absent::grouped;
pub(crate) use gguf::{ANGLES, Family, Gguf, Value as GgufValue};
pub(crate) use mapped::Source;

use crate::error::{Error, Result};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub(crate) use stored::{Kind, Stored, StoredBytes};

/// Missing tensors that are remembered; with more, config.json speaks of what no file holds.
const MOST_MISSING: usize = 4_096;

/// Values of missing vectors that a dry pass stands zeros in for; with more, config.json speaks of what no file holds.
const MOST_MADE_UP: usize = 1 << 24;

/// The tensors of a model.
pub struct Weights {
    path: PathBuf,
    device: Device,
    tensors: BTreeMap<String, Stored>,
    /// What the family's names of its base model start with, such as `bert.`.
    base: &'static str,
    /// Whether the file leaves that out.
    bare: bool,
    /// Names of the file, and those they were asked for by.
    used: BTreeMap<String, String>,
    missing: Vec<String>,
    made_up: usize,
    dry: bool,
    notes: Vec<String>,
    hash: u128,
    /// Files that the network reads as it computes.
    mapped: Vec<Arc<Source>>,
}

impl Weights {
    /// Opens the weights of a folder: `model.safetensors`, its shards, `pytorch_model.bin` or its shards, whichever is
    /// there first, as Hugging Face does. `base` is what the family's names of its base model start with (`bert.`).
    ///
    /// # Errors
    /// No weights, something else in their place, a shard that is missing, a file that is damaged.
    pub fn open(folder: &Path, base: &'static str, device: &Device) -> Result<Self> {
        Self::of(files::open(folder)?, base, device)
    }

    /// The weights of a GGUF file.
    ///
    /// # Errors
    /// Queries or keys that are no heads.
    pub(crate) fn of_gguf(gguf: &Gguf, base: &'static str, device: &Device) -> Result<Self> {
        Self::of(gguf.files()?, base, device)
    }

    fn of(files: files::Files, base: &'static str, device: &Device) -> Result<Self> {
        let (tensors, bare) = names::usual(&files.path, files.tensors, base)?;
        names::refuse_other_kinds(&files.path, &tensors)?;
        Ok(Self {
            path: files.path,
            device: device.clone(),
            tensors,
            base,
            bare,
            used: BTreeMap::new(),
            missing: Vec::new(),
            made_up: 0,
            dry: false,
            notes: Vec::new(),
            hash: files.hash,
            mapped: Vec::new(),
        })
    }

    /// Builds a network: first dry, then with its values.
    ///
    /// # Errors
    /// A tensor that is missing, misshapen, of no float type or not finite; one that is left over and not named by
    /// `without_use`.
    pub fn build<T>(&mut self, without_use: impl Fn(&str) -> bool, load: impl Fn(&mut Self) -> Result<T>) -> Result<T> {
        self.dry = true;
        let planned = load(self);
        let left = self.left(&without_use);
        // What is missing is told before what follows from its absence.
        if !self.missing.is_empty() {
            return Err(absent::missing(self, left));
        }
        planned?;
        if !left.is_empty() {
            return Err(absent::left_over(self, &left));
        }
        self.dry = false;
        load(self)
    }

    /// Tensors that nobody asked for.
    fn left(&self, without_use: impl Fn(&str) -> bool) -> Vec<String> {
        let used: Vec<&Stored> = self.used.keys().filter_map(|name| self.tensors.get(name)).collect();
        let left = self.tensors.iter().filter(|(name, _)| !self.used.contains_key(*name) && !without_use(name));
        left.filter(|(_, it)| !used.iter().any(|used| used.is_same_place(it))).map(|(name, _)| name.clone()).collect()
    }

    /// Hash of the files' bytes (XXH3, 128 bits).
    pub fn hash(&self) -> String {
        format!("xxh3-{:032x}", self.hash)
    }

    /// Files that what was built reads as it computes.
    pub(crate) fn mapped(&self) -> Vec<Arc<Source>> {
        self.mapped.clone()
    }

    /// Where the tensors go.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Refuses files that were written to since they were opened.
    pub(crate) fn must_be_unchanged(&self) -> Result<()> {
        let sources = self.tensors.values().filter_map(|stored| match stored {
            Stored::Raw { file, .. } => Some(file),
            Stored::Gguf(tensor) => Some(tensor.source()),
            Stored::Pytorch(_) => None,
        });
        sources.into_iter().try_for_each(|source| source.must_be_unchanged())
    }

    /// The tensors by the file's names, and where each lies.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (&str, &Stored)> {
        self.tensors.iter().map(|(name, stored)| (name.as_str(), stored))
    }

    /// What the user should be told.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Tells the user something, once.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether a tensor is there.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(self.own(name))
    }

    /// A name as the file writes it.
    pub(crate) fn own<'a>(&self, name: &'a str) -> &'a str {
        if self.bare { name.strip_prefix(self.base).unwrap_or(name) } else { name }
    }

    /// A tensor of a known shape, row by row. One that is missing is remembered, and [`Weights::build`] fails.
    pub fn take<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>> {
        match self.checked(name, &shape)? {
            Some(own) if !self.dry => Ok(self.tensor(self.values(&own)?, shape)),
            found => self.stand_in(found.is_some(), shape),
        }
    }

    /// A tensor of a known shape, or nothing where it is not there.
    pub fn maybe<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Option<Tensor<D>>> {
        if self.has(name) { self.take(name, shape).map(Some) } else { Ok(None) }
    }

    /// The file's name of a tensor of this shape, or nothing, remembered, if it is missing.
    fn checked(&mut self, name: &str, shape: &[usize]) -> Result<Option<String>> {
        let own = self.own(name).to_owned();
        let Some(stored) = self.tensors.get(&own) else {
            self.missing.push(name.to_owned());
            if self.missing.len() > MOST_MISSING {
                return Err(self.too_much(name));
            }
            return Ok(None);
        };
        if stored.shape() != shape {
            let (found, expected) = (stored.shape().to_vec(), shape.to_vec());
            return Err(Error::Shape { path: self.path.clone(), name: own, found, expected });
        }
        if let Err(found) = stored.kind() {
            let reason = format!("tensor `{own}` has type {found}; expected F32, F16, BF16 or F64");
            return Err(Error::File { path: self.path.clone(), reason });
        }
        self.used.insert(own.clone(), name.to_owned());
        Ok(Some(own))
    }

    /// A view of one zero in the place of a tensor.
    fn stand_in<const D: usize>(&mut self, is_there: bool, shape: [usize; D]) -> Result<Tensor<D>> {
        let values = shape.iter().try_fold(4_usize, |product, &size| product.checked_mul(size));
        if D == 1 && !is_there {
            self.made_up = self.made_up.saturating_add(shape[0]);
        }
        if values.is_none_or(|bytes| bytes > isize::MAX as usize) || self.made_up > MOST_MADE_UP {
            return Err(self.too_much("a tensor"));
        }
        Ok(Tensor::<1>::zeros([1], &self.device).expand(shape))
    }

    /// Ends a dry pass; [`Weights::build`] tells what is missing instead.
    fn too_much(&self, name: &str) -> Error {
        Error::Missing { path: self.path.clone(), missing: vec![name.to_owned()], present: Vec::new(), why: None }
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// All values of a tensor.
    fn values(&self, own: &str) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(self.tensors[own].count());
        self.read(own, 1, |_, part| values.extend_from_slice(part))?;
        Ok(values)
    }

    /// Whether a tensor holds these values.
    fn holds(&self, own: &str, values: &[f32]) -> Result<bool> {
        let mut equal = true;
        self.read(own, 1, |first, part| equal &= values.get(first..first + part.len()) == Some(part))?;
        Ok(equal)
    }

    /// Reads a tensor in parts, each a multiple of `step` values, with the index of its first.
    fn read(&self, own: &str, step: usize, mut each: impl FnMut(usize, &[f32])) -> Result<()> {
        let mut wrong = None;
        let read = self.tensors[own].read(step, |first, part| {
            wrong = wrong.or_else(|| part.iter().copied().find(|value| !value.is_finite()));
            each(first, part);
        });
        read.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        match wrong {
            None => Ok(()),
            Some(value) => {
                let reason = format!("tensor `{own}` holds {value}, which is not a finite number");
                Err(Error::File { path: self.path.clone(), reason })
            }
        }
    }
}
