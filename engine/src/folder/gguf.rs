//! Weights that are one GGUF file: given by its path, or alone in a folder.

use super::{Folder, WEIGHTS, clues, content::Content};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Whether a file is one, by its name or by its first bytes.
pub fn is(file: &Path) -> bool {
    named(file) || Content::of(file) == Content::Gguf
}

fn named(file: &Path) -> bool {
    file.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"))
}

/// What says which tensors there are, beside weights of this name.
pub fn whose(weights: &Path) -> &'static str {
    if named(weights) { "its metadata" } else { "config.json" }
}

/// A file as a model, which has its name.
pub fn alone(file: &Path) -> Folder {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned());
    Folder { path: folder.to_owned(), gguf: Some(file.to_owned()), name }
}

/// The GGUF files of a folder, in order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = clues::entries(folder).into_iter().filter(|path| named(path)).collect();
    files.sort();
    files
}

/// The one GGUF file of a folder without weights of Hugging Face's, which go first.
///
/// # Errors
/// Several: which one is meant is not known.
pub fn in_folder(folder: &Path) -> Result<Option<PathBuf>> {
    if WEIGHTS.iter().any(|name| folder.join(name).exists()) {
        return Ok(None);
    }
    let mut files = files(folder);
    if files.len() > 1 {
        let names: Vec<_> = files.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        let more = if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
        let shown = names.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(Error::Unusable {
            path: folder.to_owned(),
            found: format!("{} GGUF files: {shown}{more}", files.len()),
            instead: format!("give the one that is meant, such as {}", files[0].display()),
        });
    }
    Ok(files.pop())
}
