//! The files of a folder that hold its weights.

use super::Stored;
use crate::error::{Error, Result};
use crate::folder;
use burn::store::pytorch_reader::PytorchReader;
use safetensors::tensor::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Longest header of a safetensors file, as the format has it.
const LONGEST_HEADER: u64 = 100_000_000;

/// What the weights' files hold.
pub struct Files {
    /// The file, or the index of its shards.
    pub path: PathBuf,
    pub tensors: BTreeMap<String, Stored>,
    /// XXH3 of the files' bytes.
    pub hash: u128,
}

/// Opens the weights of a folder and reads what tensors there are.
pub fn open(folder: &Path) -> Result<Files> {
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let mut files = Files { path: PathBuf::new(), tensors: BTreeMap::new(), hash: 0 };
    let mut hash = Xxh3::new();
    if let Some(path) = there("model.safetensors") {
        files.add_safetensors(&path, &mut hash)?;
        files.path = path;
    } else if let Some(index) = there("model.safetensors.index.json") {
        for shard in shards(&index)? {
            files.add_safetensors(&folder.join(shard), &mut hash)?;
        }
        files.path = index;
    } else if let Some(path) = there("pytorch_model.bin") {
        files.add_pytorch(&path, &mut hash)?;
        files.path = path;
    } else if let Some(index) = there("pytorch_model.bin.index.json") {
        for shard in shards(&index)? {
            files.add_pytorch(&folder.join(shard), &mut hash)?;
        }
        files.path = index;
    } else {
        return Err(folder::without_weights(folder));
    }
    files.hash = hash.digest128();
    Ok(files)
}

impl Files {
    fn add_safetensors(&mut self, path: &Path, hash: &mut Xxh3) -> Result<()> {
        folder::must_not_be_other(path, &[])?;
        let file = open_file(path)?;
        let length = hashed(path, &file, hash)?;
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        let broken = |reason: &str| wrong(format!("not a safetensors file: {reason}"));
        let mut reader: &File = &file;
        let read = |source| Error::Read { path: path.to_owned(), source };
        std::io::Seek::rewind(&mut reader).map_err(read)?;
        let mut size = [0; 8];
        reader.read_exact(&mut size).map_err(|_| broken("shorter than the size of its header"))?;
        let size = u64::from_le_bytes(size);
        if size > LONGEST_HEADER || size > length - 8 {
            return Err(broken(&format!("its header has {size} bytes, the file {length}")));
        }
        let mut header = vec![0; size as usize];
        reader.read_exact(&mut header).map_err(read)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| broken(&e.to_string()))?;
        let (data, needed) = (length - 8 - size, header.data_len() as u64);
        if data != needed {
            return Err(broken(&format!("{data} bytes of data, its header speaks of {needed}; cut off while copied?")));
        }
        let file = Arc::new(file);
        for (name, info) in header.tensors() {
            let start = 8 + size + info.data_offsets.0 as u64;
            let raw = Stored::Raw { file: Arc::clone(&file), start, shape: info.shape.clone(), dtype: info.dtype };
            self.add(path, name, raw)?;
        }
        // `save_model` of safetensors writes a shared tensor once, and its other names as metadata.
        for (other, name) in header.metadata().iter().flatten() {
            if let (Some(same), false) = (self.tensors.get(name).cloned(), self.tensors.contains_key(other)) {
                self.tensors.insert(other.clone(), same);
            }
        }
        Ok(())
    }

    fn add_pytorch(&mut self, path: &Path, hash: &mut Xxh3) -> Result<()> {
        folder::must_not_be_other(path, &[folder::Content::Zip, folder::Content::Pickle])?;
        hashed(path, &open_file(path)?, hash)?;
        let file = PytorchReader::new(path)
            .map_err(|e| Error::File { path: path.to_owned(), reason: format!("not a PyTorch checkpoint: {e}") })?;
        file.into_tensors().into_iter().try_for_each(|(name, tensor)| self.add(path, name, Stored::Pytorch(tensor)))
    }

    fn add(&mut self, path: &Path, name: String, stored: Stored) -> Result<()> {
        if self.tensors.contains_key(&name) {
            let reason = format!("holds tensor `{name}`, and so does a shard before it; which one counts is not known");
            return Err(Error::File { path: path.to_owned(), reason });
        }
        self.tensors.insert(name, stored);
        Ok(())
    }
}

fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Hashes a file by the piece; its length.
fn hashed(path: &Path, mut file: &File, hash: &mut Xxh3) -> Result<u64> {
    let (mut piece, mut length) = (vec![0; 1 << 20], 0);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(length),
            Ok(n) => {
                hash.update(&piece[..n]);
                length += n as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
        }
    }
}

/// The files an index names, each once, in order of their names.
fn shards(index: &Path) -> Result<BTreeSet<String>> {
    let wrong = |reason: String| Error::File { path: index.to_owned(), reason };
    let value: serde_json::Value =
        serde_json::from_slice(&folder::text(index)?).map_err(|e| wrong(format!("not JSON: {e}")))?;
    let map = value.get("weight_map").and_then(|map| map.as_object());
    let map = map.ok_or_else(|| wrong("no object `weight_map`".into()))?;
    let name = |value: &serde_json::Value| match value.as_str() {
        // A shard is a file of the same folder, nothing else.
        Some(name) if Path::new(name).components().count() == 1 && !name.contains("..") => Ok(name.to_owned()),
        _ => Err(wrong(format!("`weight_map` names {value}; expected a file of the same folder"))),
    };
    let names: BTreeSet<String> = map.values().map(name).collect::<Result<_>>()?;
    let folder = index.parent().unwrap_or(Path::new("."));
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !folder.join(name).exists()).collect();
    if let Some(first) = missing.first() {
        let reason = format!(
            "{} of the {} files that it names are missing, such as `{first}`; copy every shard into the folder",
            missing.len(),
            names.len()
        );
        return Err(wrong(reason));
    }
    Ok(names)
}
