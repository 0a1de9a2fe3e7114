//! A store: a folder that several processes read while one at a time commits to it.
//!
//! Nobody keeps the catalogue open. Every commit takes its lock for the milliseconds it needs; everything expensive — computing
//! scores, building segments — happens without it. [`Store::snapshot`] takes no lock: it reads the newest manifest.

mod create;
mod folder;
mod marker;
mod sets;

use crate::catalogue::{self, Catalogue, CommitError, Locked};
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::garbage;
use crate::files::manifest::Manifest;
use crate::ids::RunId;
use crate::records::StoreId;
use crate::run::{Run, RunSpec};
use crate::snapshot::{Contents, Snapshot};
use crate::stop::Stop;
use crate::writer::RunWriter;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use folder::Folder;

pub(crate) use create::write_marker;
pub use sets::SetWriter;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use sets::members_of;
pub(crate) use sets::prove_members;

/// How often an operation is repeated when another process changed what it was built on.
pub(crate) const TRIES: usize = 16;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a commit waits for another process's.
    pub lock_timeout: Duration,
    /// Refuse every change. Reading never writes, with or without this.
    pub read_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(30), read_only: false }
    }
}

/// An open store. Clones share it; it can be used from several threads.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    pub(crate) stop: Stop,
    /// The one state that this handle shows, where it is to show one.
    pinned: Option<Arc<Snapshot>>,
}

struct Inner {
    path: PathBuf,
    /// What the marker says.
    format: AtomicU32,
    epoch: Epoch,
    options: Options,
    /// sled's lock is between processes; threads of this one queue here.
    gate: Mutex<()>,
    current: Mutex<Option<Arc<Snapshot>>>,
    /// The same for writers, without what waits to be sealed.
    writing: Mutex<Option<Arc<Snapshot>>>,
    /// The store that this handle has seen, and its last commit.
    identity: Mutex<Identity>,
    /// Why the last commit failed half-way, if one did.
    uncertain: Mutex<Option<String>>,
    /// Whether a commit that had begun was waited for.
    has_waited: AtomicBool,
}

#[derive(Default)]
struct Identity {
    store: Option<StoreId>,
    epoch: u64,
    /// A backup in the store's place is the same store, and a restored one may go another way than the lost one did: so the catalogue's
    /// folder must be the one that this handle has seen, too.
    folder: Option<Folder>,
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes here protect is replaced whole, so a panic elsewhere leaves nothing half-done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    fn at(path: &Path, options: Options, format: u32) -> Self {
        let inner = Inner {
            path: path.to_owned(),
            format: AtomicU32::new(format),
            epoch: Epoch::of(path),
            options,
            gate: Mutex::new(()),
            identity: Mutex::default(),
            current: Mutex::new(None),
            writing: Mutex::new(None),
            uncertain: Mutex::default(),
            has_waited: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner), stop: Stop::default(), pinned: None }
    }

    /// The same store, asking another.
    pub(crate) fn asking(&self, stop: Stop) -> Self {
        Self { inner: Arc::clone(&self.inner), stop, pinned: self.pinned.clone() }
    }

    /// The same store as it was when a snapshot of it was taken, by a handle that reads: whatever is committed since, every look finds that
    /// snapshot, so that the answers to several questions belong together. It refuses every change.
    #[must_use]
    pub fn as_of(&self, snapshot: Arc<Snapshot>) -> Self {
        Self { inner: Arc::clone(&self.inner), stop: self.stop.clone(), pinned: Some(snapshot) }
    }

    /// The store's folder.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The format the store has: 1 is read as it is, and becomes 2 with the first change.
    pub fn format(&self) -> u32 {
        self.inner.format.load(Ordering::Acquire)
    }

    /// What the store holds now: every entry that was acknowledged. As cheap as reading one small file while nobody commits, and
    /// never in the way of a writer. Needs no leave to write.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.taken(self.inner.epoch.confirmed(), Contents::All)
    }

    /// Like [`Store::snapshot`], but reads the manifest even if nothing says that it changed.
    pub fn refresh(&self) -> Result<Arc<Snapshot>> {
        self.taken(None, Contents::All)
    }

    /// A snapshot to write by: it says what is where, and costs nothing for what waits to be sealed. What a killed writer has committed
    /// is in it: every writer looks here before it decides anything.
    pub(crate) fn for_writing(&self) -> Result<Arc<Snapshot>> {
        self.publish_what_is_committed()?;
        self.taken(self.inner.epoch.confirmed(), Contents::Sealed)
    }

    /// A commit that has begun is that of a killed writer, which may be durable and is published here, or that of a living one, which has
    /// the lock and has promised nothing yet: that is waited for once, and not by each look of a handle while others write.
    fn publish_what_is_committed(&self) -> Result<()> {
        if self.inner.epoch.confirmed().is_some() {
            return Ok(());
        }
        if !self.inner.has_waited.load(Ordering::Acquire) || is_free(&self.catalogue().join("db")) {
            drop(self.lock()?);
            self.inner.has_waited.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// What the store holds under the lock.
    pub(crate) fn snapshot_under(&self, locked: &Locked) -> Result<Snapshot> {
        let before = self.current();
        let catalogue = locked.now().clone();
        Snapshot::take(self.path(), catalogue, locked.summaries(), before.as_deref(), Contents::Sealed, None)
    }

    fn taken(&self, epoch: Option<u64>, contents: Contents) -> Result<Arc<Snapshot>> {
        if let Some(pinned) = &self.pinned {
            return Ok(Arc::clone(pinned));
        }
        let cache = match contents {
            Contents::All => &self.inner.current,
            Contents::Sealed => &self.inner.writing,
        };
        let before = guard(cache).clone();
        if let Some(current) = before.as_ref().filter(|current| Some(current.epoch()) == epoch) {
            return Ok(Arc::clone(current));
        }
        let (path, before) = (self.path(), before.as_deref());
        // Before the catalogue is read: what comes in the file's place meanwhile stays in doubt.
        let doubts = self.inner.epoch.doubts();
        let snapshot = if self.format() == 1 {
            // No manifest: the catalogue itself is read, as it was then. Its files are opened at once, since nothing holds them.
            let mut tries = 0;
            loop {
                let catalogue = self.lock()?.1.release();
                tries += 1;
                match Snapshot::take(path, catalogue, None, before, contents, None) {
                    // Replaced meanwhile: the next look finds another file in its place.
                    Err(Error::MissingFile { .. }) if tries < TRIES => {}
                    taken => break taken?,
                }
            }
        } else {
            let Manifest { catalogue, summaries, hold, .. } = self.newest_manifest()?;
            Snapshot::take(path, catalogue, Some(&summaries), before, contents, Some(hold))?
        };
        self.inner.epoch.clear(doubts);
        let snapshot = Arc::new(snapshot);
        *guard(cache) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The newest manifest. Where a crash or damage left none for the last commit, the catalogue gives it once more, if this process
    /// may write.
    fn newest_manifest(&self) -> Result<Manifest> {
        // Looked at first: a commit is done only when its manifest is there. Where the file is gone, nothing says that the newest
        // manifest is that of the last commit, and the catalogue is asked.
        let done = self.inner.epoch.done();
        // Before the look: another thread may see a newer manifest than this one does.
        let seen = guard(&self.inner.identity).epoch;
        let found = match Manifest::newest(self.path()) {
            Ok(Some(manifest)) if done.is_some_and(|done| done <= manifest.catalogue.counters.epoch) => {
                self.same_store(&manifest.catalogue, seen)?;
                return Ok(manifest);
            }
            found => found,
        };
        self.must_be_there()?;
        let problem = |manifest: Option<Manifest>| {
            let found = manifest
                .map_or("no manifest".to_owned(), |newest| format!("commit {}", newest.catalogue.counters.epoch));
            let Some(done) = done else { return self.inner.epoch.why_unread() };
            let expected = format!("commit {done}, which `epoch` says is done");
            Error::corrupt(&self.path().join("manifests"), "newest manifest", found, expected)
        };
        let problem = found.map(problem).unwrap_or_else(|e| e);
        // Taking the lock publishes what is missing. Where that cannot be, the first problem is the one to tell.
        match self.lock() {
            Ok(_) => Manifest::newest(self.path())?.ok_or(problem),
            Err(e @ (Error::Corrupt { .. } | Error::Replaced { .. })) => Err(e),
            Err(_) => Err(problem),
        }
    }

    /// Fails if this is another store than the one that this handle has seen at the path: fact numbers, runs and files are a store's own.
    /// `seen` is the last commit that it had seen before it looked.
    fn same_store(&self, now: &Catalogue, seen: u64) -> Result<()> {
        let mut known = guard(&self.inner.identity);
        let folder = Folder::of(&self.catalogue());
        let replaced =
            |found: String, expected: String| Err(Error::Replaced { path: self.path().to_owned(), found, expected });
        if let (Some(known), Some(found)) = (known.store, now.store)
            && known != found
        {
            return replaced(format!("store {found}"), format!("store {known}"));
        }
        if now.counters.epoch < seen {
            let commit = |number| format!("commit {number}");
            return replaced(commit(now.counters.epoch), format!("{} or later", commit(seen)));
        }
        if known.folder.as_ref().zip(folder.as_ref()).is_some_and(|(known, found)| !known.is(found)) {
            return replaced("a copy or a repaired catalogue".into(), "the catalogue that was there before".into());
        }
        known.store = now.store.or(known.store);
        known.epoch = known.epoch.max(now.counters.epoch);
        known.folder = known.folder.take().or(folder);
        Ok(())
    }

    /// The last snapshot taken, however old: its open files can be taken over.
    fn current(&self) -> Option<Arc<Snapshot>> {
        guard(&self.inner.writing).clone().or_else(|| guard(&self.inner.current).clone())
    }

    pub(crate) fn catalogue(&self) -> PathBuf {
        self.path().join("catalogue")
    }

    /// Fails where this handle may only read.
    pub(crate) fn must_be_writable(&self) -> Result<()> {
        if self.only_reads() {
            return Err(Error::ReadOnly { path: self.path().to_owned() });
        }
        Ok(())
    }

    fn only_reads(&self) -> bool {
        self.inner.options.read_only || self.pinned.is_some()
    }

    /// Fails where the store was moved away or deleted since it was opened: that is no damage.
    fn must_be_there(&self) -> Result<()> {
        if self.path().join(create::MARKER).exists() {
            return Ok(());
        }
        Err(Error::NotAStore { path: self.path().to_owned(), found: "the store that was opened here is gone".into() })
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        &self.inner.epoch
    }

    pub(crate) fn lock(&self) -> Result<(MutexGuard<'_, ()>, Locked)> {
        let path = || self.path().to_owned();
        if self.only_reads() {
            return Err(if self.format() == 1 {
                Error::NeedsUpgrade { path: path() }
            } else {
                Error::ReadOnly { path: path() }
            });
        }
        let gate = guard(&self.inner.gate);
        let seen = guard(&self.inner.identity).epoch;
        self.must_be_there()?;
        let path = self.catalogue();
        let none = |found| Err(Error::corrupt(&path, "catalogue", found, "that of the store"));
        // sled would make a new one, and all files would look like garbage.
        if !path.join("db").exists() {
            return none("no database");
        }
        let open = || catalogue::open(&path, self.inner.options.lock_timeout);
        let mut locked = match open() {
            Err(e) if e.is_full_disk() => {
                garbage::make_room(self.path());
                open()?
            }
            Err(e) if self.format() == 1 && e.is_not_writable() => {
                return Err(Error::NeedsUpgrade { path: self.path().to_owned() });
            }
            opened => opened?,
        };
        let epoch = locked.now().counters.epoch;
        self.inner.epoch.check(&path, epoch)?;
        if epoch == 0 {
            return none("an empty database");
        }
        // Before the store is taken for another one: an older catalogue among newer manifests is this one, with a loss.
        locked.must_have_what_is_published(self.path())?;
        self.same_store(locked.now(), seen)?;
        locked.catch_up(self.path())?;
        // Nobody commits now, and what is there is published: that a commit has begun is said by one who was killed.
        if self.inner.epoch.confirmed().is_none() {
            self.inner.epoch.confirm(epoch);
        }
        Ok((gate, locked))
    }

    /// Runs `change` under the lock and commits what it changed. When `change` fails, nothing of it is committed. When the
    /// commit itself fails half-way, whether it is there is known only to the next one who opens the catalogue (the batch is
    /// atomic, so all of it is or none), and this handle writes no more: after a failed fsync the system may have thrown away what
    /// it could not write, and would say of the next one that all is well.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Locked) -> Result<T>) -> Result<T> {
        if let Some(reason) = guard(&self.inner.uncertain).clone() {
            return Err(Error::Uncertain { path: self.path().to_owned(), reason });
        }
        let (_gate, mut locked) = self.lock()?;
        garbage::collect(self.path(), locked.now(), locked.published());
        let result = change(&mut locked)?;
        if !locked.changed() {
            return Ok(result);
        }
        if locked.now().store.is_none() {
            self.leave_format_1(&mut locked)?;
        }
        let committed = locked.commit(self.path(), &self.inner.epoch);
        if let Err(CommitError::HalfWay(e)) = &committed {
            *guard(&self.inner.uncertain) = Some(e.to_string());
        }
        committed.map_err(CommitError::into_error)?;
        self.write_marker().map_err(Error::after_commit)?;
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
        garbage::collect(self.path(), locked.now(), locked.published());
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
            // Another may have begun the run since, or one of the same model in another shape.
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

    /// The ids of languages; unknown ones are registered.
    pub(crate) fn language_ids(&self, names: &[&str]) -> Result<Vec<crate::ids::LanguageId>> {
        let snapshot = self.for_writing()?;
        let known: Option<Vec<_>> = names.iter().map(|name| snapshot.language(name)).collect();
        match known {
            Some(ids) => Ok(ids),
            // Another may have registered some of them since: these have their ids by now.
            None => self.write(|locked| names.iter().map(|name| named_language(locked, name)).collect()),
        }
    }
}

/// Whether nobody has sled's lock on its file.
fn is_free(db: &Path) -> bool {
    File::open(db).is_ok_and(|file| file.try_lock().is_ok())
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

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
