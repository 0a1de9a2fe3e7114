//! The number of the last commit, in a file of its own.
//!
//! Readers look here whether to read the catalogue again. And it is how a commit that was acknowledged
//! and then lost to damage is noticed: sled takes a damaged end of its log for a crash, and forgets it.
//! Not for finding out what is stored: the catalogue is the truth.

use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Digits of any `u64`; the state follows.
const DIGITS: usize = 20;
const BEGUN: u8 = b'+';
const DONE: u8 = b'\n';

/// The epoch file of a store.
pub(crate) struct Epoch {
    path: PathBuf,
    /// Kept open: it is read before every query.
    open: Mutex<Option<File>>,
}

impl Epoch {
    pub(crate) fn of(store: &Path) -> Self {
        Self { path: store.join("epoch"), open: Mutex::default() }
    }

    /// A commit begins: until [`Self::confirm`], every reader asks the catalogue.
    pub(crate) fn announce(&self, epoch: u64) -> Result<()> {
        self.write(epoch, BEGUN).map_err(Error::io("write", &self.path))
    }

    /// The commit is durable. Without this readers only work harder, so failing to write it is no error.
    pub(crate) fn confirm(&self, epoch: u64) {
        let _ = self.write(epoch, DONE);
    }

    /// Writes in place, always the same length and at once, so that a reader never finds half a number.
    fn write(&self, epoch: u64, state: u8) -> std::io::Result<()> {
        let mut text = format!("{epoch:0DIGITS$}").into_bytes();
        text.push(state);
        OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?.write_all(&text)
    }

    /// The last commit, if the file says that it is done.
    pub(crate) fn confirmed(&self) -> Option<u64> {
        let mut file = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = File::open(&self.path).ok();
        }
        let open = file.as_mut()?;
        let mut text = [0; DIGITS + 1];
        open.seek(SeekFrom::Start(0)).and_then(|_| open.read_exact(&mut text)).ok()?;
        let digits = text.strip_suffix(&[DONE]).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// Fails if a confirmed commit is not in the catalogue. Only under the catalogue's lock.
    pub(crate) fn check(&self, catalogue: &Path, found: u64) -> Result<()> {
        match self.confirmed() {
            Some(confirmed) if confirmed > found => Err(Error::corrupt(
                catalogue,
                "last commit",
                format!("commit {found}"),
                format!("commit {confirmed}, which {} says is done", self.path.display()),
            )),
            _ => Ok(()),
        }
    }
}
