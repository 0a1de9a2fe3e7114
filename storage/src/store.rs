//! A store: a folder that several processes read while one at a time commits to it.
//!
//! Nobody keeps the catalogue open. [`Store::snapshot`] and every commit take its lock for the
//! milliseconds they need; everything expensive — computing scores, building segments — happens without it.

use crate::catalogue::{self, Catalogue, Locked, SavedSet};
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::container::{FORMAT_VERSION, OLDEST_FORMAT};
use crate::files::durable;
use crate::files::garbage;
use crate::ids::RunId;
use crate::run::{Run, RunSpec};
use crate::snapshot::{Contents, Gone, Snapshot};
use crate::writer::RunWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The file that says what the folder is.
const MARKER: &str = "KNDB";
/// How often an operation is repeated when another process changed what it was built on.
pub(crate) const TRIES: usize = 16;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to wait for another process's commit.
    pub lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(30) }
    }
}

/// An open store. Clones share it; it can be used from several threads.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    epoch: Epoch,
    options: Options,
    /// sled's lock is between processes; threads of this one queue here.
    gate: Mutex<()>,
    current: Mutex<Option<Arc<Snapshot>>>,
    /// The same for writers, without what waits to be sealed.
    writing: Mutex<Option<Arc<Snapshot>>>,
    /// The catalogue of this process's last commit: saves reading it again.
    committed: Mutex<Option<Catalogue>>,
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes here protect is replaced whole, so a panic elsewhere leaves nothing half-done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
            return Self::create_in(path).map(|()| Self::at(path, Options::default()));
        }
        // Made under another name first, so that nobody finds half a store.
        let whole = std::path::absolute(path).map_err(Error::io("create", path))?;
        let parent = whole.parent().unwrap_or(&whole);
        std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = parent.join(format!(".{name}.new-{}-{:?}", std::process::id(), std::thread::current().id()));
        std::fs::create_dir(&unfinished).map_err(Error::io("create", &unfinished))?;
        let named = Self::create_in(&unfinished)
            .and_then(|()| std::fs::rename(&unfinished, &whole).map_err(Error::io("create", path)));
        if let Err(e) = named {
            // Best effort: the folder has a name nobody asks for.
            let _ = std::fs::remove_dir_all(&unfinished);
            return Err(if path.join(MARKER).exists() { there("there is a store already") } else { e });
        }
        durable::sync_folder_of(&whole)?;
        Ok(Self::at(path, Options::default()))
    }

    /// Makes a store in an empty folder.
    fn create_in(path: &Path) -> Result<()> {
        let files = path.join("files");
        std::fs::create_dir(&files).map_err(Error::io("create", &files))?;
        let store = Self::at(path, Options::default());
        let mut first = catalogue::open(&store.catalogue(), store.inner.options.lock_timeout)?;
        first.counters();
        first.commit(&store.inner.epoch)?;
        // The marker comes last: a store that was interrupted here is an ordinary folder that `create` refuses by name.
        let marker = path.join(MARKER);
        std::fs::write(&marker, format!("kndb store, format {FORMAT_VERSION}\n"))
            .map_err(Error::io("write", &marker))?;
        durable::sync_tree(path)?;
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
        match text.trim().strip_prefix("kndb store, format ").map(str::parse) {
            Some(Ok(OLDEST_FORMAT..=FORMAT_VERSION)) => Ok(Self::at(path, options)),
            Some(Ok(found)) => Err(Error::format_version(path, found)),
            _ => Err(not("its KNDB file does not name a format")),
        }
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

    fn at(path: &Path, options: Options) -> Self {
        let inner = Inner {
            path: path.to_owned(),
            epoch: Epoch::of(path),
            options,
            gate: Mutex::new(()),
            current: Mutex::new(None),
            writing: Mutex::new(None),
            committed: Mutex::new(None),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The store's folder.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What the store holds now. As cheap as reading one small file while nobody commits.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.snapshot_at(self.inner.epoch.confirmed())
    }

    /// Like [`Store::snapshot`], but always reads the catalogue.
    pub fn refresh(&self) -> Result<Arc<Snapshot>> {
        self.snapshot_at(None)
    }

    /// A snapshot to write by: it says what is where, and costs nothing for what waits to be sealed.
    pub(crate) fn for_writing(&self) -> Result<Arc<Snapshot>> {
        self.taken(self.inner.epoch.confirmed(), Contents::Sealed)
    }

    /// What the store holds under the lock.
    pub(crate) fn snapshot_under(&self, locked: &Locked) -> Result<Snapshot> {
        let before = self.current();
        Snapshot::take(self.path(), locked.now().clone(), before.as_deref(), Contents::Sealed).map_err(Gone::into_error)
    }

    fn snapshot_at(&self, epoch: Option<u64>) -> Result<Arc<Snapshot>> {
        self.taken(epoch, Contents::All)
    }

    fn taken(&self, epoch: Option<u64>, contents: Contents) -> Result<Arc<Snapshot>> {
        let cache = match contents {
            Contents::All => &self.inner.current,
            Contents::Sealed => &self.inner.writing,
        };
        let before = guard(cache).clone();
        if let Some(current) = before.as_ref().filter(|current| Some(current.epoch()) == epoch) {
            return Ok(Arc::clone(current));
        }
        let mut tries = 0;
        loop {
            let committed = guard(&self.inner.committed).clone();
            let catalogue = match committed.filter(|c| Some(c.counters.epoch) == epoch && tries == 0) {
                Some(catalogue) => catalogue,
                None => self.lock()?.1.release(),
            };
            tries += 1;
            match Snapshot::take(self.path(), catalogue, before.as_deref(), contents) {
                Ok(snapshot) => {
                    let snapshot = Arc::new(snapshot);
                    *guard(cache) = Some(Arc::clone(&snapshot));
                    return Ok(snapshot);
                }
                Err(Gone::File(_)) if tries < TRIES => {}
                Err(Gone::File(e) | Gone::Other(e)) => return Err(e),
            }
        }
    }

    /// The last snapshot taken, however old: its open files can be taken over.
    fn current(&self) -> Option<Arc<Snapshot>> {
        guard(&self.inner.writing).clone().or_else(|| guard(&self.inner.current).clone())
    }

    fn catalogue(&self) -> PathBuf {
        self.path().join("catalogue")
    }

    fn lock(&self) -> Result<(MutexGuard<'_, ()>, Locked)> {
        let gate = guard(&self.inner.gate);
        let path = self.catalogue();
        let none = |found| Err(Error::corrupt(&path, "catalogue", found, "that of the store"));
        // sled would make a new one, and all files would look like garbage.
        if !path.join("db").exists() {
            return none("no database");
        }
        let locked = catalogue::open(&path, self.inner.options.lock_timeout)?;
        let epoch = locked.now().counters.epoch;
        self.inner.epoch.check(&path, epoch)?;
        if epoch == 0 {
            return none("an empty database");
        }
        Ok((gate, locked))
    }

    /// Runs `change` under the lock and commits what it changed. When `change` fails, nothing of it is committed. When the
    /// commit itself fails (a full disk), whether it is there is known only to the next one who opens the catalogue: the
    /// batch is atomic, so all of it is or none.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Locked) -> Result<T>) -> Result<T> {
        let (_gate, mut locked) = self.lock()?;
        garbage::collect(&self.path().join("files"), locked.now());
        let result = change(&mut locked)?;
        if !locked.changed() {
            return Ok(result);
        }
        let catalogue = locked.commit(&self.inner.epoch)?;
        *guard(&self.inner.committed) = Some(catalogue);
        Ok(result)
    }

    /// The error for an operation that others overtook again and again.
    pub(crate) fn overtaken(&self) -> Error {
        Error::Locked { path: self.path().to_owned(), waited: self.inner.options.lock_timeout }
    }

    /// Removes files that no commit and no reader needs any more.
    pub fn collect_garbage(&self) -> Result<()> {
        *guard(&self.inner.current) = None;
        *guard(&self.inner.writing) = None;
        let (_gate, locked) = self.lock()?;
        garbage::collect(&self.path().join("files"), locked.now());
        Ok(())
    }

    /// A new file that belongs to nobody until it is committed.
    pub(crate) fn building(&self) -> Result<Building> {
        Building::create(&self.path().join("files"))
    }

    /// Begins a run, or goes on with one of the same name, which must agree in every parameter.
    pub fn open_run(&self, spec: RunSpec) -> Result<RunWriter> {
        spec.check()?;
        let known = self.for_writing()?.run_named(&spec.name).cloned();
        let run = match known {
            Some(run) => run,
            None => self.write(|locked| match locked.now().run_named(&spec.name).cloned() {
                Some(run) => Ok(run),
                None => {
                    let same_model = locked.now().runs.values().find(|run| run.spec.model == spec.model);
                    if let Some(other) = same_model.filter(|run| run.spec.shape != spec.shape) {
                        return Err(Error::RunParameter {
                            run: spec.name.clone(),
                            field: "shape",
                            given: format!("{} for model {:?}", spec.shape, spec.model),
                            expected: format!("{} as in run {:?}", other.spec.shape, other.spec.name),
                        });
                    }
                    let counters = locked.counters();
                    counters.next_run += 1;
                    let id = RunId(counters.next_run);
                    let tool = concat!("kndb ", env!("CARGO_PKG_VERSION")).to_owned();
                    let run = Run { id, spec: spec.clone(), tool, begun: now(), finished: false };
                    locked.set_run(&run);
                    Ok(run)
                }
            })?,
        };
        run.spec.must_equal(&spec)?;
        Ok(RunWriter::new(self.clone(), run))
    }

    /// Saves a named set, replacing one of the same name.
    pub fn save_set(&self, set: &SavedSet, members: &[u8]) -> Result<()> {
        check_name("set name", &set.name)?;
        self.write(|locked| {
            locked.set_saved(set, members);
            Ok(())
        })
    }

    /// The members of a saved set, as they were given to [`Store::save_set`].
    pub fn saved_set(&self, name: &str) -> Result<(SavedSet, Vec<u8>)> {
        let (_gate, locked) = self.lock()?;
        match locked.now().sets.get(name) {
            Some(set) => Ok((set.clone(), locked.saved_members(name)?)),
            None => Err(unknown_set(locked.now(), name)),
        }
    }

    /// Removes a saved set.
    pub fn drop_set(&self, name: &str) -> Result<()> {
        self.write(|locked| {
            if !locked.now().sets.contains_key(name) {
                return Err(unknown_set(locked.now(), name));
            }
            locked.remove_saved(name);
            Ok(())
        })
    }

    /// The ids of languages; unknown ones are registered.
    pub(crate) fn language_ids(&self, names: &[&str]) -> Result<Vec<crate::ids::LanguageId>> {
        let snapshot = self.for_writing()?;
        let known: Option<Vec<_>> = names.iter().map(|name| snapshot.language(name)).collect();
        match known {
            Some(ids) => Ok(ids),
            None => self.write(|locked| names.iter().map(|name| named_language(locked, name)).collect()),
        }
    }
}

pub(crate) fn named_language(locked: &mut Locked, name: &str) -> Result<crate::ids::LanguageId> {
    check_name("language", name)?;
    locked.language(name)
}

pub(crate) fn check_name(what: &'static str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > 1_000 || name.chars().any(char::is_control) {
        let expected = "1 to 1,000 bytes of text without control characters";
        return Err(Error::Name { what, name: name.chars().take(100).collect(), expected });
    }
    Ok(())
}

fn unknown_set(catalogue: &Catalogue, name: &str) -> Error {
    Error::UnknownSet { name: name.to_owned(), known: catalogue.sets.keys().cloned().collect() }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
