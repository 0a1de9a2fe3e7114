//! The folder that takes a backup: what is there, and the commit that makes it the store at another one.

use crate::catalogue::{self, Catalogue, CommitError};
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::garbage::path_of;
use crate::files::manifest::{self, Manifest};
use crate::files::{durable, history};
use crate::snapshot::Snapshot;
use crate::store::{Options, Store, write_marker};
use crate::upkeep::REPAIRS;
use crate::upkeep::repair::note;
use std::fs::{DirEntry, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The file by which a backup is known: what it is of, the last commit that is whole, and the one that is being copied.
const NOTE: &str = "backup";
/// Files that say of a store what its catalogue does not.
const BESIDE: [&str; 1] = [REPAIRS];

/// A folder that a backup goes into.
pub(super) struct Target {
    path: PathBuf,
    /// The store that is in it, if it is one already, and the mark of its last commit.
    there: Option<(Store, Option<u64>)>,
    /// Of two backups into one folder, the second is refused.
    _alone: File,
}

/// What the note says.
#[derive(Debug, PartialEq, Eq)]
struct Note {
    store: String,
    whole: u64,
    coming: u64,
}

impl Target {
    /// Looks what is there, and claims it.
    pub(super) fn open(store: &Path, snapshot: &Snapshot, to: &Path) -> Result<Self> {
        let (source, catalogue) = ((store, snapshot), &snapshot.catalogue);
        let refused = |found: String, expected: &str| {
            Err(Error::Backup { store: store.to_owned(), to: to.to_owned(), found, expected: expected.to_owned() })
        };
        let Some(id) = catalogue.store.map(|id| id.to_string()) else {
            return refused("a store of format 1".into(), "one that `kndb upgrade` has made one of the newest format");
        };
        if is_within(to, store) {
            return refused("the store itself, or a folder in it".into(), "another place");
        }
        let commit = catalogue.counters.epoch;
        let note = Note::read(to)?;
        let is_store = to.join("KNDB").exists();
        let other = "a new or empty folder, or an earlier backup of this store";
        let mut there = None;
        match &note {
            Some(note) if note.store != id => return refused(format!("a backup of store {}", note.store), other),
            Some(note) if is_store => {
                let open = Store::open_with(to, Options::default())?;
                // The lock publishes what a backup that was killed had committed.
                let locked = open.lock()?.1.release();
                let found = locked.counters.epoch;
                if found > commit {
                    return refused(
                        format!("commit {found}, which is later than commit {commit}"),
                        "an earlier backup",
                    );
                }
                if found != note.whole && found != note.coming {
                    let found = format!("commit {found}, made in the backup itself");
                    return refused(found, "a backup that nobody has written to");
                }
                let mark = Manifest::mark(to, found)?;
                if mark.is_none() || mark != past(store, found, commit)? {
                    return refused(
                        format!(
                            "commit {found}, which is not known to be in this store's past: its mark is missing in the store's file \
                             `history`, or another's, of a copy that was written to, too"
                        ),
                        "an earlier backup of this very copy; or back up into another folder",
                    );
                }
                if let Some(lost) = lost_since(source, to, &open)? {
                    return refused(
                        format!("a backup from before a repair, which has what the store has lost ({lost})"),
                        "another folder: keep this backup, it may be the only good copy (`kndb merge` brings entries back)",
                    );
                }
                there = Some((open, mark));
            }
            Some(_) => {}
            None if is_store => return refused("a store that is no backup".into(), other),
            None if File::open(to.join("claims").join(NOTE)).is_ok_and(|lock| lock.try_lock().is_err()) => {
                return refused("another backup at work there".into(), "to be alone");
            }
            None if has_other_files(to) => {
                return refused("a folder with other files".into(), other);
            }
            None => {}
        }
        let claims = to.join("claims");
        for folder in [to, &to.join("files"), &claims] {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let lock = claims.join(NOTE);
        let alone = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
        let alone = alone.map_err(Error::io("open", &lock))?;
        if alone.try_lock().is_err() {
            return refused("another backup at work there".into(), "to be alone");
        }
        // What was looked at before the lock may be another's by now.
        if Note::read(to)? != note || to.join("KNDB").exists() != is_store {
            return refused("a backup that was made at this moment".into(), "to be alone");
        }
        let whole = there.as_ref().map_or(Ok(0), |(there, _)| there.snapshot().map(|now| now.epoch()))?;
        Note { store: id, whole, coming: commit }.write(to)?;
        durable::sync_folder_of(to)?;
        Ok(Self { path: to.to_owned(), there, _alone: alone })
    }

    /// Makes the folder the store that a catalogue says; all its files are there.
    pub(super) fn commit(self, store: &Path, catalogue: &Catalogue) -> Result<()> {
        // Nobody else is to commit there; but who did has taken copied files for garbage.
        for (&file, record) in &catalogue.files {
            let path = path_of(&self.path, file, record);
            if !path.exists() {
                return Err(Error::MissingFile { path });
            }
        }
        for name in BESIDE {
            let from = store.join(name);
            match std::fs::read(&from) {
                // Half of it would say that the backup lacks less than the store does.
                Ok(bytes) => durable::write_whole(&self.path.join(name), &bytes)?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(Error::io("read", &from)(e)),
            }
        }
        let commit = catalogue.counters.epoch;
        match &self.there {
            Some((there, mark)) => {
                let (_gate, mut locked) = there.lock()?;
                let found = locked.now().counters.epoch;
                if Manifest::mark(&self.path, found)? != *mark {
                    return Err(Error::Backup {
                        store: store.to_owned(),
                        to: self.path.clone(),
                        found: format!("commit {found}, made in the backup while it was copied to"),
                        expected: "a backup that nobody writes to".into(),
                    });
                }
                history::copy(store, &self.path, commit)?;
                if found < commit {
                    locked.adopt(catalogue, commit)?;
                    locked.commit(&self.path, there.epoch()).map_err(CommitError::into_error)?;
                }
            }
            None => {
                history::copy(store, &self.path, commit)?;
                self.begin(catalogue)?;
            }
        }
        let id = catalogue.store.map_or_else(String::new, |id| id.to_string());
        Note { store: id, whole: commit, coming: commit }.write(&self.path)?;
        // Through the lock: somebody may have opened the backup by now. It is complete, whatever becomes of this.
        Store::open(&self.path).and_then(|backup| backup.collect_garbage()).map_err(Error::after_commit)
    }

    /// The first commit of a folder that is no store yet.
    fn begin(&self, catalogue: &Catalogue) -> Result<()> {
        let path = self.path.join("catalogue");
        // What a backup left that was killed here: without the marker nobody has opened it.
        for folder in [&path, &manifest::folder(&self.path)] {
            if folder.exists() {
                std::fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
            }
        }
        let mut locked = catalogue::open(&path, Options::default().lock_timeout)?;
        locked.adopt(catalogue, catalogue.counters.epoch)?;
        locked.commit(&self.path, &Epoch::of(&self.path)).map_err(CommitError::into_error)?;
        durable::sync_folder(&self.path)?;
        write_marker(&self.path)
    }
}

/// Whether there is anything but what a backup makes before its note: one that found the disk full may have come no further.
fn has_other_files(folder: &Path) -> bool {
    let is_other = |entry: DirEntry| match entry.file_name().to_str() {
        Some("claims") => false,
        Some("files") => std::fs::read_dir(entry.path()).map_or(true, |mut files| files.next().is_some()),
        _ => !durable::is_unfinished(&entry.file_name()),
    };
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(is_other))
}

/// The mark that a commit of a store's past has; `commit` is its last. `None` where that is not known.
fn past(store: &Path, found: u64, commit: u64) -> Result<Option<u64>> {
    // What a reader reads by is there, whether its mark was written down or not.
    if found == commit { Manifest::mark(store, commit) } else { Ok(history::mark_of(store, found)) }
}

/// What repairs have taken from the store, and not from its backup.
fn lost_since(source: (&Path, &Snapshot), to: &Path, backup: &Store) -> Result<Option<String>> {
    // Whoever deletes the text has not brought the entries back.
    if !source.1.catalogue.lost.is_empty()
        && let Some(losses) = backup.refresh()?.has_what_is_lost(source.1)
    {
        return Ok(Some(losses.to_string()));
    }
    let (now, then) = (note::read(source.0)?.unwrap_or_default(), note::read(to)?.unwrap_or_default());
    // A line may have become one of what was brought back, and the same may be lost twice.
    let mut new: Vec<&str> = note::losses(&now).collect();
    for known in note::losses(&then) {
        new.iter().position(|line| *line == known).map(|at| new.remove(at));
    }
    let Some((first, more)) = new.split_first().map(|(first, more)| (first, more.len())) else { return Ok(None) };
    let more = if more == 0 { String::new() } else { format!("; and {more} more, see the file `{REPAIRS}`") };
    Ok(Some(format!("{first}{more}")))
}

/// Whether a path, there or not, is a folder or lies in it; links are followed.
pub fn is_within(path: &Path, folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.ancestors().any(|part| part.canonicalize().is_ok_and(|part| part == folder))
}

impl Note {
    fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NOTE);
        let text = match std::fs::read(&path) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
                return Err(Error::AlreadyThere {
                    path: folder.to_owned(),
                    found: "there is a file of that name".into(),
                });
            }
            Err(e) => return Err(Error::io("read", &path)(e)),
        };
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let number = |name: &str| line(name).and_then(|number| number.parse().ok());
        match (line("store "), number("commit "), number("coming ")) {
            (Some(store), Some(whole), Some(coming)) => Ok(Some(Self { store: store.to_owned(), whole, coming })),
            _ => Err(Error::corrupt(&path, "text", format!("{:.100}", text.trim()), "what `kndb backup` wrote")),
        }
    }

    fn write(&self, folder: &Path) -> Result<()> {
        let text = format!("kndb backup\nstore {}\ncommit {}\ncoming {}\n", self.store, self.whole, self.coming);
        durable::write_whole(&folder.join(NOTE), text.as_bytes())
    }
}
