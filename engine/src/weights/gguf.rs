//! GGUF, llama.cpp's format: one file with a header (metadata and a list of tensors) and the tensors' bytes behind it.
//!
//! Its tensors come under Hugging Face's names and in Hugging Face's order, their values dequantised to f32 as llama.cpp
//! does. The file is not trusted: whatever its header says is checked against the file before it is used. Not here: what
//! the metadata means as a configuration (`config::gguf`) and as a tokenizer (`tokenizer::gguf`).

mod blocks;
mod bytes;
mod header;
mod metadata;
mod names;
mod tensor;
mod types;

use super::files::{Files, hashed};
use super::mapped::Source;
use super::stored::Stored;
use crate::error::{Error, Result};
use crate::folder::{self, Content};
use std::collections::BTreeMap;
use std::io::Seek;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

pub use metadata::{Metadata, Value};
pub use names::{ANGLES, Family};
pub use tensor::GgufTensor;

/// A file, with its header read and its tensors found.
pub struct Gguf {
    path: PathBuf,
    /// What it says of the model.
    pub metadata: Metadata,
    /// How its architecture is read.
    pub family: Family,
    /// Tensors by their names in the file.
    tensors: BTreeMap<String, GgufTensor>,
    source: Arc<Source>,
}

impl Gguf {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Something else than GGUF, a header that is damaged or does not fit the file, a part of several files, an adapter, an
    /// architecture or a type of tensors that is not read.
    pub fn open(path: &Path) -> Result<Self> {
        folder::must_not_be_other(path, &[Content::Gguf])?;
        let source = Arc::new(Source::open(path)?);
        let header = header::read(path, source.file(), source.length())?;
        let family = Family::of(path, &header.metadata)?;
        let mut tensors = BTreeMap::new();
        for listed in header.tensors {
            let name = listed.name.clone();
            tensors.insert(name, GgufTensor::new(path, Arc::clone(&source), listed)?);
        }
        Ok(Self { path: path.to_owned(), metadata: header.metadata, family, tensors, source })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it holds a tensor, by its name in the file.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Rows and columns of a tensor of the file.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(GgufTensor::shape)
    }

    /// The values of a vector that is no weight: what angles are divided by, `rope_freqs.weight`.
    ///
    /// # Errors
    /// The file cannot be read; the tensor has several dimensions or more values than any head.
    pub fn vector(&self, name: &str) -> Result<Option<Vec<f32>>> {
        const LONGEST: usize = 4_096;
        let Some(tensor) = self.tensors.get(name) else { return Ok(None) };
        if tensor.shape().len() != 1 || tensor.count() > LONGEST {
            let reason =
                format!("tensor `{name}` has shape {:?}; expected one dimension, at most 4096", tensor.shape());
            return Err(Error::File { path: self.path.clone(), reason });
        }
        let mut values = Vec::with_capacity(tensor.count());
        let read = tensor.read(1, |_, part| values.extend_from_slice(part));
        read.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        Ok(Some(values))
    }

    /// The tensors as weights, under Hugging Face's names, and the hash of the file.
    ///
    /// # Errors
    /// A matrix of queries or keys whose rows are no heads; two tensors of one name; a file that cannot be read.
    pub fn files(&self) -> Result<Files> {
        let (mut hash, mut file) = (Xxh3::new(), self.source.file());
        file.rewind().map_err(|source| Error::Read { path: self.path.clone(), source })?;
        hashed(&self.path, file, &mut hash)?;
        let heads = self.family.heads(&self.metadata)?;
        let mut tensors = BTreeMap::new();
        for (name, tensor) in &self.tensors {
            let Some((own, change)) = self.family.renamed(name, heads) else { continue };
            let tensor = tensor.clone().changed(&self.path, name, change)?;
            if tensors.insert(own.clone(), Stored::Gguf(tensor)).is_some() {
                let reason =
                    format!("holds two tensors that are `{own}` in Hugging Face's names, one of them `{name}`");
                return Err(Error::File { path: self.path.clone(), reason });
            }
        }
        Ok(Files { path: self.path.clone(), tensors, hash: hash.digest128() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Weights;
    use std::io::Write;

    #[test]
    fn a_file_that_is_written_to_while_it_is_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tiny.gguf");
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gguf/llama-F32.gguf");
        std::fs::copy(fixture, &path).expect("a copy");
        let gguf = Gguf::open(&path).expect("a header");
        let weights = Weights::of_gguf(&gguf, "model.", &burn::tensor::Device::flex()).expect("tensors");
        weights.must_be_unchanged().expect("the file is as it was");
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(&[0; 8]).expect("room for it");
        let error = weights.must_be_unchanged().expect_err("it is another file now").to_string();
        assert!(error.contains("tiny.gguf") && error.contains("was written to"), "{error}");
    }
}
