//! An edited model as a folder that Hugging Face's `transformers` loads.

use super::EditedTensors;
use super::tensors::{Source, Written};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Ends of the names of files that belong to a model beside its weights: configuration, tokenizer, chat template, licence.
const BESIDE: [&str; 5] = [".json", ".txt", ".model", ".jinja", ".tiktoken"];
/// Files of the source that are not the edited model's: its card and lists of shards.
const NOT_TAKEN: [&str; 3] = ["README.md", "model.safetensors.index.json", "pytorch_model.bin.index.json"];

/// Writes the edited model: all tensors of floats in `model.safetensors`, the files beside them as they are, and `card` as its README.md.
/// The folder becomes visible whole; it must not be there before.
///
/// # Errors
/// A folder that is there, a disk that is full or cannot be written to, a source that cannot be read.
pub fn save_folder(edited: &EditedTensors, out: &Path, card: &str) -> Result<()> {
    check_place(out)?;
    let part = beside(out);
    // Made here and by nobody else, so that it may be taken away again.
    fs::create_dir(&part).map_err(|source| Error::Write { path: part.clone(), source })?;
    let written = fill(edited, &part, card)
        .and_then(|()| fs::rename(&part, out).map_err(|source| Error::Write { path: out.to_owned(), source }));
    if written.is_err() {
        // What is half written is of no use.
        let _ = fs::remove_dir_all(&part);
    }
    written
}

/// Whether a new folder or file can be made under a name; asked before what goes into it is computed, too.
///
/// # Errors
/// A name that is taken, or in a folder that is not there.
pub fn check_place(out: &Path) -> Result<()> {
    let wrong = |reason| Err(Error::File { path: out.to_owned(), reason });
    // A link to nothing is there, too.
    if out.symlink_metadata().is_ok() {
        return wrong("is there already; give a name that is not, so that nothing is overwritten".to_owned());
    }
    has_folder(out)
}

/// Whether the folder that a file goes into is there.
pub(super) fn has_folder(out: &Path) -> Result<()> {
    match out.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        Some(folder) => {
            let reason = format!("cannot be written: {} is no folder; make it first", folder.display());
            Err(Error::File { path: out.to_owned(), reason })
        }
        None => Ok(()),
    }
}

/// The name that a folder or file has while it is written: one that nothing has, so that nobody else's is taken for it. In a container a process
/// may have the number of one that was killed.
fn beside(out: &Path) -> PathBuf {
    let named = |number: u32| {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{number}.part", std::process::id()));
        out.with_file_name(name)
    };
    (0..).map(named).find(|part| part.symlink_metadata().is_err()).unwrap_or_else(|| named(0))
}

/// Reads a file that is not of a model's folder, and is not told of as if it were.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => {
            let reason = "is not there; its path counts from the current folder".to_owned();
            Error::File { path: path.to_owned(), reason }
        }
        _ => Error::Read { path: path.to_owned(), source },
    })
}

/// Makes a file that must not be there, and says what may be done with it.
fn made(path: &Path) -> Result<fs::Permissions> {
    let metadata = fs::File::create_new(path).and_then(|file| file.metadata());
    Ok(metadata.map_err(|source| Error::Write { path: path.to_owned(), source })?.permissions())
}

/// Writes tensors into a file that whoever may read the user's other files may read, too: the library's own is its owner's alone.
fn write_tensors<'a>(
    tensors: Vec<(&'a str, Written<'a>)>,
    metadata: HashMap<String, String>,
    path: &Path,
    usual: fs::Permissions,
) -> Result<()> {
    let write = |source| Error::Write { path: path.to_owned(), source };
    safetensors::serialize_to_file(tensors, Some(metadata), path).map_err(|e| write(std::io::Error::other(e)))?;
    fs::set_permissions(path, usual).map_err(write)?;
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(write)
}

/// The same under its name once it is whole, in the place of what may have been there.
pub(super) fn replace_tensors<'a>(
    tensors: Vec<(&'a str, Written<'a>)>,
    metadata: HashMap<String, String>,
    path: &Path,
) -> Result<()> {
    let part = beside(path);
    // Made here and by nobody else, so that it may be taken away again.
    let usual = made(&part)?;
    let written = write_tensors(tensors, metadata, &part, usual)
        .and_then(|()| fs::rename(&part, path).map_err(|source| Error::Write { path: path.to_owned(), source }));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn fill(edited: &EditedTensors, folder: &Path, card: &str) -> Result<()> {
    let write = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    for entry in fs::read_dir(&edited.folder).map_err(|source| Error::Read { path: edited.folder.clone(), source })? {
        let entry = entry.map_err(|source| Error::Read { path: edited.folder.clone(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_taken = BESIDE.iter().any(|end| name.ends_with(end)) || name.starts_with("LICENSE");
        if is_taken && !NOT_TAKEN.contains(&name.as_str()) && entry.path().is_file() {
            let to = folder.join(&name);
            fs::copy(entry.path(), &to).map_err(write(&to))?;
        }
    }
    let weights = folder.join("model.safetensors");
    let tensors = edited.weights.stored().filter_map(|(name, stored)| Some((name, stored, stored.kind().ok()?)));
    let all = tensors.map(|(name, stored, kind)| match edited.changed.get(name) {
        Some(changed) => Ok((name, Written::from(changed))),
        None => {
            let bytes = stored.bytes().map_err(|source| Error::Read { path: edited.folder.clone(), source })?;
            Ok((name, Written { dtype: kind.dtype(), shape: stored.shape(), bytes: Source::AsItWas(bytes) }))
        }
    });
    let all = all.collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let usual = made(&weights)?;
    write_tensors(all, metadata, &weights, usual)?;
    let readme = folder.join("README.md");
    fs::write(&readme, card).map_err(write(&readme))?;
    fs::File::open(&readme).and_then(|file| file.sync_all()).map_err(write(&readme))?;
    edited.weights.must_be_unchanged()
}
