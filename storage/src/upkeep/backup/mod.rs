//! Backups: a folder that is the store at one commit, and opens by itself.
//!
//! A snapshot's hold keeps the files of its commit while they are copied; jobs write meanwhile as ever. Each copy is read back
//! and proved before it gets its name. The catalogue comes last, in one commit: until then the folder is the backup that it was
//! before, or none. Files with their names are whole, so that a backup that was killed goes on where it was.

mod target;

use super::prove::prove;
use crate::catalogue::{Catalogue, FileRecord};
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::container::TRAILER;
use crate::files::garbage::path_of;
use crate::files::history;
use crate::files::manifest::Manifest;
use crate::ids::FileId;
use crate::snapshot::Snapshot;
use crate::store::Store;
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use target::Target;
pub use target::is_within;

/// Bytes copied at once.
const PIECE: usize = 1 << 20;

/// What a backup did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// The commit it holds.
    pub commit: u64,
    /// Files that were copied.
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Files that an earlier backup had copied.
    pub kept: u64,
    /// Files of the earlier backup that the store does not have any more.
    pub removed: u64,
}

impl Store {
    /// Copies the store, as it is at this moment, into a folder: a new or empty one, or one of an earlier backup, which then gets
    /// what is new and loses what is gone. The folder opens as a store by itself. It has the same id: a backup *is* the store,
    /// at a commit. Jobs may write to the store meanwhile.
    ///
    /// `progress` is told how many of how many bytes are done.
    ///
    /// # Errors
    /// [`Error::Backup`] when the folder holds anything else: another store, the same at a later commit, or a backup that was
    /// written to. [`Error::BackupFull`] when there is no room: what was copied stays, and counts for the same call again. Damage of the
    /// store: nothing of a damaged file gets into the backup, and an earlier backup stays as it is. [`Error::Stopped`] where that was asked
    /// for ([`Self::until`]): files that are whole stay, and count for the same call again.
    pub fn backup(&self, to: impl AsRef<Path>, progress: &mut dyn FnMut(u64, u64)) -> Result<BackedUp> {
        let (to, snapshot) = (to.as_ref(), self.refresh()?);
        self.copied_to(to, &snapshot, progress).map_err(|error| match error {
            // The commit of the backup is durable: that is what is to be told.
            Error::AfterCommit { .. } | Error::Unpublished { .. } => error,
            error if error.is_full_disk() => self.has_no_room(to, &snapshot.catalogue, error),
            error => error,
        })
    }

    /// The error for a target without room: what is there, for whoever makes room and goes on.
    fn has_no_room(&self, to: &Path, catalogue: &Catalogue, source: Error) -> Error {
        let is_there = |&(&file, record): &(&FileId, &FileRecord)| {
            let end = |folder: &Path| end_of(&path_of(folder, file, record), record.bytes()).ok();
            end(to).is_some_and(|copy| Some(copy) == end(self.path()))
        };
        // As whoever opens it would find it: its commit is one step, which may have been done.
        let before = Self::open_read_only(to).and_then(|backup| backup.snapshot()).map(|now| now.epoch()).ok();
        let there: Vec<_> = catalogue.files.iter().filter(is_there).map(|(_, record)| record).collect();
        Error::BackupFull {
            store: self.path().to_owned(),
            to: to.to_owned(),
            copied: there.len() as u64,
            copied_bytes: there.iter().map(|record| record.bytes()).sum(),
            files: catalogue.files.len() as u64,
            bytes: catalogue.files.values().map(|record| record.bytes()).sum(),
            before,
            source: Box::new(source),
        }
    }

    fn copied_to(&self, to: &Path, snapshot: &Snapshot, progress: &mut dyn FnMut(u64, u64)) -> Result<BackedUp> {
        let catalogue = &snapshot.catalogue;
        let target = Target::open(self.path(), snapshot, to)?;
        let mut done = BackedUp { commit: catalogue.counters.epoch, ..BackedUp::default() };
        let total = catalogue.files.values().map(|record| record.bytes()).sum();
        let mut passed = 0;
        for (&file, record) in &catalogue.files {
            progress(passed, total);
            let sum = catalogue.sums.get(&file).copied();
            let copied = copy(self, to, (file, record), sum, &mut |bytes| progress(passed + bytes, total))?;
            passed += record.bytes();
            done.copied += u64::from(copied);
            done.copied_bytes += if copied { record.bytes() } else { 0 };
            done.kept += u64::from(!copied);
        }
        progress(total, total);
        done.removed = superfluous(to, catalogue);
        self.keep_mark(done.commit)?;
        target.commit(self.path(), catalogue)?;
        Ok(done)
    }

    /// Makes the mark of a commit durable before its backup is: the next backup is refused where a power cut took it. Who may only
    /// read writes no marks.
    fn keep_mark(&self, commit: u64) -> Result<()> {
        let mark = Manifest::mark(self.path(), commit)?;
        if let (Some(mark), Ok(_locked)) = (mark, self.lock()) {
            history::keep(self.path(), commit, mark);
        }
        Ok(())
    }
}

/// Copies a file, unless it is there; says whether it was copied.
fn copy(
    store: &Store,
    to: &Path,
    (file, record): (FileId, &FileRecord),
    sum: Option<u64>,
    progress: &mut dyn FnMut(u64),
) -> Result<bool> {
    let (from, copy) = (path_of(store.path(), file, record), path_of(to, file, record));
    store.stop.look()?;
    let end = end_of(&from, record.bytes()).map_err(|source| unreadable(&from, source))?;
    if end_of(&copy, record.bytes()).is_ok_and(|there| there == end) {
        return Ok(false);
    }
    let building = Building::create(&to.join("files"))?;
    let mut out = building.writer()?;
    let mut source = File::open(&from).map_err(|source| unreadable(&from, source))?;
    let (mut piece, mut bytes) = (vec![0; PIECE], 0);
    loop {
        let read = source.read(&mut piece).map_err(Error::io("read", &from))?;
        if read == 0 {
            break;
        }
        out.write_all(&piece[..read]).map_err(Error::io("write", building.path()))?;
        bytes += read as u64;
        progress(bytes);
        store.stop.look()?;
    }
    building.sync(out)?;
    // What cannot be proved is damaged in the store, as a rule: then that is the file to name.
    prove(building.path(), record, sum, &store.stop)
        .map_err(|damage| prove(&from, record, sum, &store.stop).err().unwrap_or(damage))?;
    building.rename(&copy)?;
    Ok(true)
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::NotFound => Error::MissingFile { path: path.to_owned() },
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
            Error::corrupt(path, "file", source, "the length that the catalogue says")
        }
        _ => Error::io("read", path)(source),
    }
}

/// The trailer of a file that has so many bytes: it has the checksum of the directory, which has those of all sections.
fn end_of(path: &Path, bytes: u64) -> std::io::Result<[u8; TRAILER]> {
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    if found != bytes || found < TRAILER as u64 {
        let found = format!("{found} bytes instead of {bytes}");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, found));
    }
    let mut end = [0; TRAILER];
    file.seek(SeekFrom::End(-(TRAILER as i64)))?;
    file.read_exact(&mut end)?;
    Ok(end)
}

/// How many files of a backup the store has no more.
fn superfluous(to: &Path, catalogue: &Catalogue) -> u64 {
    let listed: HashSet<_> = catalogue.files.iter().map(|(&file, record)| path_of(to, file, record)).collect();
    let there = std::fs::read_dir(to.join("files")).into_iter().flatten().flatten().map(|entry| entry.path());
    there.filter(|path| path.extension().is_some_and(|end| end != "tmp") && !listed.contains(path)).count() as u64
}
