//! One attribution file as an iterator of entries, whatever its format.

use std::path::Path;

use kndb_storage::Entry;

use crate::error::{ImportError, Location, Place};
use crate::format::{Account, Context, Source, by_name, check_start, detect};
use crate::input::Input;
use crate::options::Options;
use crate::source::given::Given;
use crate::source::ids::meant_for;

/// Reader of one file's entries, in the file's order.
///
/// Memory is bounded by the largest single fact, not by the file. After an error it gives nothing more.
pub struct Reader {
    format: &'static str,
    source: Box<dyn Source>,
    failed: bool,
    /// A list of ids beside the file, which says itself what its facts are.
    ids_not_used: Option<String>,
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
        let mut account = self.source.account();
        account.not_used.extend(self.ids_not_used.clone());
        account
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
    let mut ids_not_used = None;
    if source.account().ids.is_empty() {
        if let Some(list) = &options.ids {
            return Err(ids_of_no_use(path, format.name(), list));
        }
        ids_not_used = meant_for(path).map(|list| format!("list of ids {}", list.display()));
    }
    Ok(Reader { format: format.name(), source, failed: false, ids_not_used })
}

/// An error for a list of ids that was given for a file whose entries name their facts themselves.
fn ids_of_no_use(path: &Path, format: &str, list: &Path) -> ImportError {
    ImportError::Unexpected {
        at: Box::new(Location { file: path.to_owned(), place: Place::File }),
        found: format!(
            "a {format} file that names its facts itself, so that the list of ids {} cannot be used",
            list.display()
        ),
        expected: "no list of ids for it, or an array of many facts without names; import other files by themselves"
            .to_owned(),
    }
}
