//! Making stores, opening them, and what their marker says.

use super::{Options, Store, TRIES};
use crate::catalogue::{self, CommitError, Locked};
use crate::error::{Error, Result};
use crate::files::container::{FORMAT_VERSION, OLDEST_FORMAT};
use crate::files::{disk, durable};
use crate::records::StoreId;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The file that says what the folder is.
pub(super) const MARKER: &str = "KNDB";
/// What it says before the format.
const SAYS: &str = "kndb store, format ";

impl Store {
    /// Makes a new store in an empty folder, or one that is not there yet.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let there = |found: &str| Error::AlreadyThere { path: path.to_owned(), found: found.to_owned() };
        if path.is_file() {
            return Err(there("there is a file of that name"));
        }
        if path.join(MARKER).exists() {
            return Err(there("there is a store already"));
        }
        if path.exists() {
            if std::fs::read_dir(path).map_err(Error::io("list", path))?.next().is_some() {
                return Err(there("the folder is not empty"));
            }
            return Self::create_in(path).map(|()| Self::at(path, Options::default(), FORMAT_VERSION));
        }
        // Made under another name first, so that nobody finds half a store.
        let whole = std::path::absolute(path).map_err(Error::io("create", path))?;
        let parent = whole.parent().unwrap_or(&whole);
        durable::create_folders(parent)?;
        remove_unfinished(parent);
        let unfinished = Unfinished::create(parent)?;
        let made = Self::create_in(&unfinished.path);
        if let Err(e) = made.and_then(|()| unfinished.rename(&whole)) {
            return Err(if path.join(MARKER).exists() { there("there is a store already") } else { e });
        }
        durable::sync_folder_of(&whole)?;
        Ok(Self::at(path, Options::default(), FORMAT_VERSION))
    }

    /// Makes a store in an empty folder.
    fn create_in(path: &Path) -> Result<()> {
        let files = path.join("files");
        disk::create_folder(&files).map_err(Error::io("create", &files))?;
        let store = Self::at(path, Options::default(), FORMAT_VERSION);
        let mut first = catalogue::open(&store.catalogue(), store.inner.options.lock_timeout)?;
        first.set_store(StoreId::new());
        first.commit(path, &store.inner.epoch).map_err(CommitError::into_error)?;
        // The marker comes last, on the disk as well: a store that was interrupted here is an ordinary folder that `create` refuses by name.
        durable::sync_tree(path)?;
        write_marker(path)?;
        durable::sync_folder_of(path)
    }

    /// Opens a store.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Options::default())
    }

    /// Opens a store, with options.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        let path = path.as_ref();
        let not = |found: &str| Error::NotAStore { path: path.to_owned(), found: found.to_owned() };
        if !path.exists() {
            return Err(not("there is nothing at that path"));
        }
        if !path.is_dir() {
            return Err(not("it is a file, and a store is a folder"));
        }
        let marker = path.join(MARKER);
        let text = match std::fs::read(&marker) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(not("the folder has no KNDB file")),
            Err(e) => return Err(Error::io("read", &marker)(e)),
        };
        match format_of(text.as_bytes()) {
            Some(found @ OLDEST_FORMAT..=FORMAT_VERSION) => Ok(Self::at(path, options, found)),
            Some(found) => Err(Error::format_version(path, found)),
            None => Err(not("its KNDB file does not name a format")),
        }
    }

    /// Opens a store for reading only: every change is refused.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Options { read_only: true, ..Options::default() })
    }

    /// Opens the store, or makes it where there is nothing yet.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self> {
        if path.as_ref().exists() {
            return Self::open(path);
        }
        match Self::create(path.as_ref()) {
            // Another process was faster.
            Err(Error::AlreadyThere { .. }) => Self::open(path),
            created => created,
        }
    }

    /// Says in the marker that the store has the newest format, once that is so.
    pub(crate) fn write_marker(&self) -> Result<()> {
        if self.format() != FORMAT_VERSION {
            write_marker(self.path())?;
            self.inner.format.store(FORMAT_VERSION, Ordering::Release);
        }
        Ok(())
    }

    /// Turns a store of format 1 into one of the newest format: its catalogue gets an id, and saved sets become files. Segments of
    /// format 1 are read as they are.
    pub(crate) fn leave_format_1(&self, locked: &mut Locked) -> Result<()> {
        locked.set_store(StoreId::new());
        let old: Vec<_> = locked.now().sets.values().filter(|record| record.file.is_none()).cloned().collect();
        for record in old {
            let members = locked.saved_members(&record.set.name)?;
            self.put_set(locked, &record.set, self.build_set(&record.set.name, &members)?)?;
        }
        Ok(())
    }

    /// Makes a store of format 1 one of the newest format; says whether it was one. Every other change does the same on its way.
    /// Segments of format 1 become ones of the newest format when they are compacted.
    pub fn upgrade(&self) -> Result<bool> {
        let old = self.format() != FORMAT_VERSION;
        if old {
            self.write(|locked| {
                // Another may have done it since; a commit more does no harm.
                locked.counters();
                Ok(())
            })?;
        }
        Ok(old)
    }
}

/// Says that a folder is a store of the newest format.
pub(crate) fn write_marker(store: &Path) -> Result<()> {
    write_marker_of(store, FORMAT_VERSION)
}

pub(super) fn write_marker_of(store: &Path, format: u32) -> Result<()> {
    // Renamed into place: a marker that is cut short would make the folder no store.
    durable::write_whole(&store.join(MARKER), format!("{SAYS}{format}\n").as_bytes())
}

/// The format that a marker names.
pub(super) fn format_of(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().strip_prefix(SAYS)?.parse().ok()
}

/// A store that is being made, under a name that nobody asks for. Removed when dropped before [`Self::rename`].
struct Unfinished {
    path: PathBuf,
    /// Locked while its maker lives: without a lock it is what a crash left.
    _maker: File,
}

/// How the names of unfinished stores begin. They say nothing of the name to come, which may be as long as names can be.
const UNFINISHED: &str = ".kndb-new-";
/// The file in an unfinished store that its maker has locked.
const MAKER: &str = "maker";

impl Unfinished {
    fn create(parent: &Path) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        for _ in 0..TRIES {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
            match disk::create_folder(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(Error::io("create", &path))?,
            }
            // Until the file is locked, another may take the folder for what a crash left, and remove it.
            let maker =
                File::create(path.join(MAKER)).and_then(|file| file.try_lock().map(|()| file).map_err(Into::into));
            if let Ok(maker) = maker
                && path.join(MAKER).exists()
            {
                return Ok(Self { path, _maker: maker });
            }
        }
        let gone = std::io::Error::other("others remove it again and again");
        Err(Error::io("create", &parent.join(UNFINISHED))(gone))
    }

    /// Gives the store its name.
    fn rename(&self, whole: &Path) -> Result<()> {
        let maker = self.path.join(MAKER);
        disk::remove_file(&maker).map_err(Error::io("remove", &maker))?;
        disk::rename(&self.path, whole).map_err(Error::io("create", whole))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Best effort, and nothing where it was renamed: the folder has a name nobody asks for.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes stores that were begun in a folder by processes that are gone. Best effort: they are in nobody's way.
fn remove_unfinished(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
        let path = entry.path();
        let maker = File::open(path.join(MAKER));
        // One without the file is about to get it, or was left in that moment: only an empty folder can be removed so.
        if maker.is_err() {
            let _ = std::fs::remove_dir(&path);
        }
        if maker.is_ok_and(|maker| maker.try_lock().is_ok()) {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}
