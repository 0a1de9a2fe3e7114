//! The files of a folder that hold its weights.

use super::Stored;
use super::mapped::Source;
use super::pickle::{self, Odd};
use crate::error::{Error, Result};
use crate::folder;
use burn::store::pytorch_reader::PytorchReader;
use safetensors::tensor::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Longest header of a safetensors file, as the format has it.
const LONGEST_HEADER: u64 = 100_000_000;
/// The record that ends a zip archive, with its longest comment.
const LONGEST_ZIP_END: u64 = 22 + 65_535;
/// Why a file is too short, and the way out.
pub const CUT_OFF: &str = "; was it cut off while copied? download or copy it again";

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
        let source = Source::open(path)?;
        let file = source.file();
        let length = hashed(path, file, hash)?;
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        let broken = |reason: &str| wrong(format!("not a safetensors file: {reason}"));
        let mut reader = file;
        let read = |source| Error::Read { path: path.to_owned(), source };
        reader.rewind().map_err(read)?;
        let mut size = [0; 8];
        let cut = |expected: u64| broken(&format!("{length} bytes, expected {expected}{CUT_OFF}"));
        if length < 8 {
            return Err(broken(&format!("{length} bytes, expected 8 and more, the size of its header first{CUT_OFF}")));
        }
        reader.read_exact(&mut size).map_err(read)?;
        let size = u64::from_le_bytes(size);
        if size > LONGEST_HEADER {
            return Err(broken(&format!("a header of {size} bytes, expected {LONGEST_HEADER} at most")));
        }
        if size > length - 8 {
            return Err(broken(&format!("{length} bytes, expected {} for its header alone{CUT_OFF}", 8 + size)));
        }
        let mut header = vec![0; size as usize];
        reader.read_exact(&mut header).map_err(read)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| broken(&e.to_string()))?;
        let (data, needed) = (length - 8 - size, header.data_len() as u64);
        if data < needed {
            return Err(cut(8 + size + needed));
        }
        if data > needed {
            let expected = 8 + size + needed;
            return Err(broken(&format!(
                "{length} bytes, expected {expected}; the {} behind them are no tensor's",
                data - needed
            )));
        }
        let file = Arc::new(source);
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
        let length = hashed(path, &open_file(path)?, hash)?;
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        if let Some(what) = cut_off(path, length).map_err(|source| Error::Read { path: path.to_owned(), source })? {
            return Err(wrong(format!("not a PyTorch checkpoint: {length} bytes, {what}{CUT_OFF}")));
        }
        let looked = pickle::odd_tensor(path);
        if let Ok(Some(Odd { name, what })) = &looked {
            let name = name.as_ref().map_or_else(|| "a tensor".into(), |name| format!("tensor `{name}`"));
            return Err(wrong(format!(
                "{name} is {what}; kndb reads plain tensors: make it one in PyTorch and save again"
            )));
        }
        let file = PytorchReader::new(path).map_err(|e| wrong(format!("not a PyTorch checkpoint: {e}")))?;
        looked.map_err(|e| {
            wrong(format!("a pickle that cannot be looked through for what is beside its tensors' bytes: {e}"))
        })?;
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

/// What a checkpoint lacks at its end, where that can be told.
fn cut_off(path: &Path, length: u64) -> std::io::Result<Option<&'static str>> {
    let mut file = File::open(path)?;
    let mut start = [0; 2];
    if length < 2 {
        return Ok(Some("expected a zip archive or a pickle"));
    }
    file.read_exact(&mut start)?;
    if start != *b"PK" {
        return Ok(None);
    }
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_ZIP_END)))?;
    file.read_to_end(&mut end)?;
    let is_whole = end.windows(4).any(|bytes| bytes == b"PK\x05\x06");
    Ok((!is_whole).then_some("expected a zip archive's list of its files at the end, which is not there"))
}

pub fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Hashes a file by the piece; its length.
pub fn hashed(path: &Path, mut file: &File, hash: &mut Xxh3) -> Result<u64> {
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
