//! Reads the files of a data set one after the other.

use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::path::Path;

use super::layout::{self, FactsFile};
use super::problem::Problem;
use super::repeats::Repeats;
use super::rows::{Desk, FileRows};
use super::understood::{Skipped, Understood};
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
}

impl FactsReader {
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

    fn advance(&mut self) -> Result<Option<FactsItem>, ImportError> {
        loop {
            if let Some(item) = self.desk.items.pop_front() {
                if let Some(rows) = &self.current {
                    self.repeats.check(&item, rows)?;
                }
                return Ok(Some(item));
            }
            match &mut self.current {
                Some(rows) => match rows.next(&mut self.desk) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.bytes_done += rows.file.size;
                        self.current = None;
                    }
                    Err(problem) => pass_over(rows, problem, &mut self.desk, self.skip_invalid)?,
                },
                None => match self.files.pop_front() {
                    Some(file) => {
                        self.repeats.file(file.path.clone());
                        self.current = Some(FileRows::open(file, &mut self.desk)?);
                    }
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
