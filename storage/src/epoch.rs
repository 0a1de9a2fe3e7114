//! The number of the last commit, in a file of its own.
//!
//! Readers look here whether to read the catalogue again. And it is how a commit that was acknowledged
//! and then lost to damage is noticed: sled takes a damaged end of its log for a crash, and forgets it.
//! Not for finding out what is stored: the catalogue is the truth.

use crate::error::{Error, Result};
use crate::files::disk;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Digits of any `u64`; the state follows.
const DIGITS: usize = 20;
const BEGUN: u8 = b'+';
const DONE: u8 = b'\n';

/// The epoch file of a store.
pub(crate) struct Epoch {
    path: PathBuf,
    /// Kept open: it is read before every query.
    open: Mutex<Option<Open>>,
    /// How often another file came in its place, and with how many of these whoever reads the catalogue found the same store. As long as
    /// they differ its number says nothing: another store may have as many commits.
    doubts: AtomicU64,
    cleared: AtomicU64,
}

/// The file, and what it is known by. As long as it is open, no other has its number.
struct Open {
    file: File,
    number: Number,
}

impl Epoch {
    pub(crate) fn of(store: &Path) -> Self {
        let (doubts, cleared) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { path: store.join("epoch"), open: Mutex::default(), doubts, cleared }
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
        OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?.write_all(&text)?;
        disk::wrote();
        Ok(())
    }

    /// The last commit, if the file says that it is done; `None` also when another file has come in its place, and with it, perhaps,
    /// another store, until somebody [finds](Self::clear) that it is the same.
    pub(crate) fn confirmed(&self) -> Option<u64> {
        let read = self.read();
        let is_known = self.doubts() == self.cleared.load(Ordering::Acquire);
        read.filter(|&(_, state)| state == DONE && is_known).map(|(epoch, _)| epoch)
    }

    /// How often another file came in the place of the one that was open.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Acquire)
    }

    /// The catalogue was read, and is that of the same store, after so many [doubts](Self::doubts). Later ones stay.
    pub(crate) fn clear(&self, doubts: u64) {
        self.cleared.fetch_max(doubts, Ordering::AcqRel);
    }

    /// The last number that is written down, done or begun; 0 where none can be read.
    pub(crate) fn last(&self) -> u64 {
        self.read().map_or(0, |(epoch, _)| epoch)
    }

    /// The number and what became of it.
    /// Two calls of the system: this is done before every query, and may not cost what a query does.
    fn read(&self) -> Option<(u64, u8)> {
        let mut guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = guard.as_ref().is_some_and(|open| open.number != Number::at(&self.path));
        if replaced || guard.is_none() {
            if replaced && cfg!(unix) {
                self.doubts.fetch_add(1, Ordering::AcqRel);
            }
            *guard = File::open(&self.path).ok().map(|file| Open { number: Number::of(&file), file });
        }
        guard.as_mut().and_then(|open| parse(&mut open.file))
    }

    /// The last commit that the file says is done, itself or by one that has begun after it; `None` where the file says nothing.
    pub(crate) fn done(&self) -> Option<u64> {
        self.read().map(|(epoch, state)| if state == DONE { epoch } else { epoch.saturating_sub(1) })
    }

    /// Why the file says nothing.
    pub(crate) fn why_unread(&self) -> Error {
        let bad = |found: String| {
            let expected = "the number of the last commit in 20 digits and a line feed; whoever may write to the store has only to read it once, \
                            and the file is written anew";
            Error::corrupt(&self.path, "number of the last commit", found, expected)
        };
        match std::fs::read(&self.path) {
            Ok(text) => bad(format!("{:?}", String::from_utf8_lossy(&text[..text.len().min(40)]))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => bad("no such file".to_owned()),
            Err(e) => Error::io("read", &self.path)(e),
        }
    }

    /// Fails if a confirmed commit is not in the catalogue. Only under the catalogue's lock.
    pub(crate) fn check(&self, catalogue: &Path, found: u64) -> Result<()> {
        let done = self.done().unwrap_or(0);
        if done <= found {
            return Ok(());
        }
        let expected = format!("commit {done}, which {} says is done", self.path.display());
        Err(Error::corrupt(catalogue, "last commit", format!("commit {found}"), expected))
    }
}

/// What a file says: a number, and what became of it.
fn parse(file: &mut File) -> Option<(u64, u8)> {
    let mut text = [0; DIGITS + 1];
    read_at_start(file, &mut text).ok()?;
    let (&state, digits) = text.split_last()?;
    let known = matches!(state, BEGUN | DONE) && digits.iter().all(u8::is_ascii_digit);
    let epoch = std::str::from_utf8(digits).ok().filter(|_| known)?.parse().ok()?;
    Some((epoch, state))
}

#[cfg(unix)]
fn read_at_start(file: &mut File, text: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, text, 0)
}

#[cfg(not(unix))]
fn read_at_start(file: &mut File, text: &mut [u8]) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(text))
}

/// Device and number of a file. What cannot be asked is like nothing, so that the file is opened again.
#[derive(Clone, Copy)]
struct Number(#[cfg_attr(not(unix), expect(dead_code, reason = "files have no number there"))] Option<(u64, u64)>);

impl Number {
    #[cfg(unix)]
    fn from(found: std::io::Result<std::fs::Metadata>) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(found.ok().map(|found| (found.dev(), found.ino())))
    }

    #[cfg(not(unix))]
    fn from(_: std::io::Result<std::fs::Metadata>) -> Self {
        Self(None)
    }

    fn of(file: &File) -> Self {
        Self::from(file.metadata())
    }

    fn at(path: &Path) -> Self {
        Self::from(std::fs::metadata(path))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }
}
