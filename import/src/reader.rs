//! One attribution file as an iterator of entries, whatever its format.

use std::path::Path;

use kndb_storage::Entry;

use crate::error::ImportError;
use crate::format::{Account, Context, Source, by_name, check_start, detect};
use crate::input::Input;
use crate::options::Options;
use crate::source::given::Given;

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
        self.source.account().duplicates
    }

    /// What the file holds that did not become an entry, so far.
    pub fn account(&self) -> Account {
        self.source.account()
    }

    /// Where the reader is, for progress and messages.
    pub fn place(&self) -> String {
        self.source.place()
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_given().map(|given| given.map(|given| given.entry))
    }
}

impl Reader {
    /// The next entry with what is said of it besides.
    pub(crate) fn next_given(&mut self) -> Option<Result<Given, ImportError>> {
        if self.failed {
            return None;
        }
        let item = self.source.next_entry().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

/// Opens a file in the format the options name, or in the one its content shows.
///
/// Of the folders in the path only the one the file is in can say its language by its name, and any by
/// `key=value`; [`crate::expand`] knows better which folders were meant.
pub fn open(path: &Path, options: &Options) -> Result<Reader, ImportError> {
    open_below(path, 1, options)
}

/// [`open`] for a file that was found by [`crate::expand`].
pub fn open_input(input: &Input, options: &Options) -> Result<Reader, ImportError> {
    open_below(&input.path, input.folders, options)
}

/// [`open`] for a file of which so many folders were chosen by whoever named it.
fn open_below(path: &Path, folders: usize, options: &Options) -> Result<Reader, ImportError> {
    let format = match &options.format {
        Some(name) => by_name(name)?,
        None => detect(path)?,
    };
    check_start(path, format)?;
    let source = format.open(path, &Context { options, folders })?;
    Ok(Reader { format: format.name(), source, failed: false })
}
