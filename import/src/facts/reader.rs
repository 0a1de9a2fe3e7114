//! Reads the files of a data set one after the other.

use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::layout::{self, FactsFile};
use super::problem::Problem;
use super::repeats::Repeats;
use super::rows::{Desk, FileRows};
use super::understood::{NotRead, Skipped, Understood};
use super::{FactsFormat, FactsItem, FactsOptions};
use crate::error::ImportError;

/// Opens a file or folder of facts.
pub fn open(path: &Path, options: &FactsOptions) -> Result<FactsReader, ImportError> {
    let (format, files, notes) = layout::files(path, options)?;
    let bytes_total = files.iter().map(|file| file.size).sum();
    Ok(FactsReader {
        format,
        files: files.into(),
        current: None,
        desk: Desk::new(notes),
        repeats: Repeats::default(),
        skip_invalid: options.skip_invalid,
        bytes_total,
        bytes_done: 0,
        failed: false,
        items: 0,
        items_of_file: 0,
        root: path.to_owned(),
    })
}

/// The rows of a facts file or folder, file by file in the order of their names.
pub struct FactsReader {
    format: FactsFormat,
    files: VecDeque<FactsFile>,
    current: Option<FileRows>,
    desk: Desk,
    repeats: Repeats,
    skip_invalid: bool,
    bytes_total: u64,
    bytes_done: u64,
    failed: bool,
    /// Items of all files, and of the one that is read.
    items: u64,
    items_of_file: u64,
    root: PathBuf,
}

impl FactsReader {
    /// The same reader, for which what an earlier one gave counts too: two inputs that disagree are refused as two
    /// rows of one are.
    #[must_use]
    pub fn after(mut self, earlier: Self) -> Self {
        self.repeats = earlier.repeats;
        self
    }

    /// The data set that is read.
    pub fn format(&self) -> FactsFormat {
        self.format
    }

    /// Bytes of all its files.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total
    }

    /// Bytes dealt with so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_done + self.current.as_ref().map_or(0, FileRows::bytes_read)
    }

    /// Where the reader is, for progress and messages.
    pub fn place(&self) -> String {
        self.current.as_ref().map_or_else(|| "the end".to_owned(), FileRows::place)
    }

    /// What was understood of the files; complete once all rows are read.
    pub fn understood(&self) -> &Understood {
        &self.desk.notes
    }

    /// The files were read to their ends, and gave nothing.
    fn nothing(&self) -> ImportError {
        let notes = &self.desk.notes;
        let skipped = notes.skipped.iter().map(|(reason, skipped)| format!("{} skipped: {reason}", skipped.rows));
        let left_out = notes.left_out.iter().map(|(what, number)| format!("{number} left out: {what}"));
        let why: Vec<_> = skipped.chain(left_out).collect();
        let why = if why.is_empty() { "it has no rows".to_owned() } else { why.join(", ") };
        ImportError::NoFacts { path: self.root.clone(), found: format!("has no entries that could be stored ({why})") }
    }

    fn advance(&mut self) -> Result<Option<FactsItem>, ImportError> {
        loop {
            if let Some(item) = self.desk.items.pop_front() {
                if let Some(rows) = &self.current {
                    self.repeats.check(&item, rows)?;
                }
                self.items += 1;
                self.items_of_file += 1;
                return Ok(Some(item));
            }
            match &mut self.current {
                Some(rows) => match rows.next(&mut self.desk) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.bytes_done += rows.file.size;
                        if std::mem::take(&mut self.items_of_file) == 0 {
                            let why = "nothing in it was taken".to_owned();
                            self.desk.notes.not_read.push(NotRead { path: rows.file.path.clone(), why });
                        }
                        self.current = None;
                    }
                    Err(problem) => pass_over(rows, problem, &mut self.desk, self.skip_invalid)?,
                },
                None => match self.files.pop_front() {
                    Some(file) => {
                        self.repeats.file(file.path.clone());
                        self.current = Some(FileRows::open(file, &mut self.desk)?);
                    }
                    None if self.items == 0 => return Err(self.nothing()),
                    None => return Ok(None),
                },
            }
        }
    }
}

/// Counts an invalid row, or fails.
fn pass_over(rows: &FileRows, problem: Problem, desk: &mut Desk, skip: bool) -> Result<(), ImportError> {
    // A row gives all that it says, or nothing.
    desk.items.clear();
    match problem.reason().filter(|_| skip) {
        Some(reason) => {
            match desk.notes.skipped.entry(reason) {
                Entry::Occupied(mut known) => known.get_mut().rows += 1,
                Entry::Vacant(new) => {
                    new.insert(Skipped { rows: 1, first: problem.into_error(rows.mapped()).to_string() });
                }
            }
            Ok(())
        }
        None => Err(problem.into_error(rows.mapped())),
    }
}

impl Iterator for FactsReader {
    type Item = Result<FactsItem, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.advance().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}
