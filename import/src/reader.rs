//! One attribution file as an iterator of entries, whatever its format.

use std::path::Path;

use kndb_storage::Entry;

use crate::error::ImportError;
use crate::format::{Source, by_name, detect};
use crate::options::Options;

/// Reader of one file's entries, in the file's order.
///
/// Memory is bounded by the largest single fact, not by the file. After an error it gives nothing more.
pub struct Reader {
    format: &'static str,
    source: Box<dyn Source>,
    failed: bool,
}

impl Reader {
    /// Name of the format the file is read as.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Bytes of the file that have been dealt with.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// Facts, neurons and groups dropped because the file gives them more than once.
    pub fn duplicates(&self) -> u64 {
        self.source.duplicates()
    }

    /// Where the reader is, for progress and messages.
    pub fn place(&self) -> String {
        self.source.place()
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.source.next_entry().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

/// Opens a file in the format the options name, or in the one its content shows.
pub fn open(path: &Path, options: &Options) -> Result<Reader, ImportError> {
    let format = match &options.format {
        Some(name) => by_name(name)?,
        None => detect(path)?,
    };
    let source = format.open(path, options)?;
    Ok(Reader { format: format.name(), source, failed: false })
}
