//! What makes two imports the same job.

use std::fmt::Write as _;

use crate::error::ImportError;
use crate::input::Input;
use crate::options::Options;

/// What makes two imports the same: the files and everything that decides how they are read.
pub(super) fn signature(inputs: &[Input], options: &Options) -> Result<String, ImportError> {
    let ids = options.ids.as_deref().map(Input::of_file).transpose()?;
    let mut files: Vec<_> = inputs.iter().chain(&ids).map(named).collect();
    files.sort();
    let Options { shape, format, language, prompt, ids: _, ig } = options;
    let format = format.as_deref().unwrap_or("detected");
    let mut text = format!("{shape}, format {format}, language {language}, prompt {prompt}, {ig}");
    for (name, size, modified) in files {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{name} {size} {modified}");
    }
    Ok(text)
}

fn named(input: &Input) -> (String, u64, u128) {
    let name = input.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (name, input.size, input.modified)
}
