//! What makes two imports the same job.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use crate::error::ImportError;
use crate::input::Input;
use crate::options::Options;
use crate::source::folders;
use crate::source::ids::beside;

/// The files, the lists of ids that belong to them, and everything that decides how they are read.
pub(super) fn signature(inputs: &[Input], options: &Options) -> Result<String, ImportError> {
    let mut files = inputs.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    files.sort();
    // All fields by name, so that a new one is not forgotten. The run's name is the run's.
    let Options { shape, format, language, prompt, run: _, ids, ig, ignore, skip_invalid } = options;
    let format = format.as_deref().unwrap_or("detected");
    let language = language.as_deref().unwrap_or("as said");
    let prompt = prompt.map_or_else(|| "as said".to_owned(), |prompt| prompt.to_string());
    let mut text = format!("{shape}, format {format}, language {language}, prompt {prompt}, {ig}");
    // Writing to a String does not fail.
    let _ = write!(text, ", without {ignore:?}, skip invalid {skip_invalid}");
    if let Some(ids) = ids {
        let _ = write!(text, "\nids {}", content(ids)?);
    }
    for file in files {
        text.push('\n');
        text.push_str(&file);
    }
    Ok(text)
}

/// A file: its name, size and time, what its folders say, and what its lists of ids hold. Those are small
/// enough to be read; a corrected one makes another import of the same scores.
fn named(input: &Input) -> Result<String, ImportError> {
    let Input { path, size, modified, folders } = input;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let said = folders::of(path, *folders).unwrap_or_default();
    let mut text = format!("{name} {size} {modified} {said:?}");
    for list in beside(path).iter().filter(|list| list.is_file()) {
        let _ = write!(text, " ids {}", content(list)?);
    }
    Ok(text)
}

/// A hash of a file's bytes.
fn content(path: &Path) -> Result<String, ImportError> {
    let bytes = fs::read(path).map_err(|source| ImportError::Io { file: path.to_owned(), doing: "read", source })?;
    Ok(format!("{:032x}", xxh3_128(&bytes)))
}
