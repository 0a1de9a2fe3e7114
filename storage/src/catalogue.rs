//! The catalogue: everything small that must change atomically, in sled. Only this module and
//! [`crate::opening`] know sled.
//!
//! sled lets one process in, so nobody keeps it open: [`open`] takes the lock, reads all records
//! into a [`Catalogue`], lets the caller change it, writes the changes as one atomic batch, makes
//! them durable, and lets go. All records live in one sled tree under a table byte ([`Table`]), because
//! a batch is atomic within a tree. Key and value layouts: `docs/format.md`.

mod adopt;
mod facts;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod made_up;
mod reading;
mod trial;

use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::container::directory_sum;
pub(crate) use crate::files::fresh::Waiting;
use crate::files::garbage::path_of;
use crate::files::manifest::{Manifest, Summaries, numbers, publish};
use crate::files::{durable, history};
use crate::ids::{FactId, FileId, LanguageId, RelationId, RunId};
use crate::keys::{
    DROPPED_FACTS, DROPPED_RELATIONS, Table, entry_prefix, piece_key, relation_name_key, tombstone_key, unsealed_key,
};
use crate::language::{canonical, same};
use crate::lost::{self, LostOfRun};
use crate::opening::{must_be_one, open_sled, sled_error};
pub use crate::records::SavedSet;
pub(crate) use crate::records::{Counters, FileRecord, JobRecord, SetRecord};
use crate::records::{RunRecord, StoreId};
use crate::run::Run;
use crate::segment::build::EntryKey;
use reading::Reading;
use roaring::RoaringBitmap;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Values are cut into pieces of this size: sled 0.34 keeps larger ones in blob files and never reuses their space.
const CHUNK: usize = 4_000;
/// First byte of every record but those of saved sets.
const RECORD_VERSION: u8 = 1;
/// First byte of a saved set's record; version 1 names no file.
const SET_VERSION: u8 = 2;

/// All records of a store but the members of saved sets, in memory.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Catalogue {
    /// `None` in a store of format 1.
    pub store: Option<StoreId>,
    pub counters: Counters,
    pub runs: BTreeMap<RunId, Run>,
    pub languages: Vec<String>,
    pub relations: Vec<String>,
    pub files: BTreeMap<FileId, FileRecord>,
    /// The checksum of each file's directory, which has those of its sections: another good file in its place is not taken for it.
    /// Files of format 1 have none until the first commit of format 2.
    pub sums: BTreeMap<FileId, u64>,
    pub jobs: BTreeMap<u32, JobRecord>,
    pub tombstones: BTreeMap<(FileId, u32), RoaringBitmap>,
    /// Facts that are not in the dictionary yet: external ids.
    pub new_facts: BTreeMap<FactId, String>,
    pub unsealed: BTreeMap<(RunId, EntryKey), Waiting>,
    pub sets: BTreeMap<String, SetRecord>,
    /// What relations are called: relation and language of the name → name. The relation need not be there.
    pub relation_names: BTreeMap<(String, String), String>,
    /// Entries that repairs took out of runs because they were damaged.
    pub lost: BTreeMap<RunId, LostOfRun>,
    /// Facts that were forgotten: only their ids are still known, so that one that comes again gets its number back.
    pub dropped_facts: RoaringBitmap,
    /// The same of relations.
    pub dropped_relations: RoaringBitmap,
}

impl Catalogue {
    pub(crate) fn run_named(&self, name: &str) -> Option<&Run> {
        self.runs.values().find(|run| run.spec.name == name)
    }

    pub(crate) fn unknown_run(&self, name: &str) -> Error {
        let known = self.runs.values().map(|run| run.spec.name.clone()).collect();
        Error::UnknownRun { name: name.to_owned(), known }
    }

    pub(crate) fn language(&self, name: &str) -> Option<LanguageId> {
        let exact = self.languages.iter().position(|known| known == name);
        // A store may be older than the rule that codes are written in one way.
        let found = exact.or_else(|| self.languages.iter().position(|known| same(known, name)));
        found.map(|id| LanguageId(id as u16))
    }

    /// Whether a published catalogue is this one. Waiting entries that cannot be read there are found by themselves.
    pub(crate) fn says_the_same(&self, published: &Self) -> bool {
        let same_entry = |((key, waiting), (other, published)): ((_, &Waiting), (_, &Waiting))| {
            key == other && (published.bytes().is_err() || waiting == published)
        };
        let entries = self.unsealed.iter().zip(&published.unsealed).all(same_entry);
        let rest = |catalogue: &Self| Self { unsealed: BTreeMap::new(), ..catalogue.clone() };
        entries && self.unsealed.len() == published.unsealed.len() && rest(self) == rest(published)
    }

    /// The relation of a name, unless it was dropped.
    pub(crate) fn relation(&self, name: &str) -> Option<RelationId> {
        self.relation_number(name).filter(|id| !self.dropped_relations.contains(id.0))
    }

    fn relation_number(&self, name: &str) -> Option<RelationId> {
        self.relations.iter().position(|known| known == name).map(|id| RelationId(id as u32))
    }
}

/// The catalogue while this process has sled's lock. Changes are collected and written by [`Locked::commit`].
pub(crate) struct Locked {
    path: PathBuf,
    db: sled::Db,
    batch: sled::Batch,
    /// Keys that the batch inserts.
    inserted: BTreeSet<Vec<u8>>,
    changed: bool,
    now: Catalogue,
    /// Waiting entries that were set since the last manifest.
    touched: BTreeSet<(RunId, EntryKey)>,
    /// The newest manifest, once [`Self::catch_up`] has looked.
    published: Option<Manifest>,
    /// The commit that was there when the lock was taken.
    before: u64,
}

/// What became of a commit that failed.
pub(crate) enum CommitError {
    /// Nothing was changed.
    Before(Error),
    /// It may be there or not: all of it or nothing.
    HalfWay(Error),
    /// It is there, and durable.
    After(Error),
}

impl CommitError {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Before(e) | Self::HalfWay(e) | Self::After(e) => e,
        }
    }
}

/// Takes the lock, waiting up to `timeout`, and reads the catalogue.
pub(crate) fn open(path: &Path, timeout: Duration) -> Result<Locked> {
    must_be_one(path)?;
    let db = match open_sled(path, timeout) {
        Err(Error::Corrupt { .. }) if trial::put_snapshots_aside(path, timeout) => open_sled(path, timeout)?,
        opened => opened?,
    };
    let mut locked = Locked::of(path, db);
    locked.now = locked.reading().catalogue()?;
    locked.before = locked.now.counters.epoch;
    Ok(locked)
}

impl Locked {
    fn of(path: &Path, db: sled::Db) -> Self {
        Self {
            path: path.to_owned(),
            db,
            batch: sled::Batch::default(),
            inserted: BTreeSet::new(),
            changed: false,
            now: Catalogue::default(),
            touched: BTreeSet::new(),
            published: None,
            before: 0,
        }
    }

    fn reading(&self) -> Reading<'_, sled::Db> {
        Reading { path: &self.path, records: &self.db }
    }

    /// Fails if there is a manifest of a commit that the catalogue has lost.
    pub(crate) fn must_have_what_is_published(&self, store: &Path) -> Result<()> {
        let here = self.now.counters.epoch;
        let newest = numbers(store)?.last().copied().unwrap_or(0);
        if newest > here {
            let (found, expected) = (format!("commit {here}"), format!("commit {newest}, which has a manifest"));
            return Err(Error::corrupt(&self.path, "last commit", found, expected));
        }
        Ok(())
    }

    /// The catalogue with the changes made so far.
    pub(crate) fn now(&self) -> &Catalogue {
        &self.now
    }

    /// The catalogue, letting go of the lock without writing.
    pub(crate) fn release(self) -> Catalogue {
        self.now
    }

    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// Looks for the manifest of the last commit, and publishes it again where a crash or damage has kept it from the readers. Fails if
    /// there is a manifest of a commit that the catalogue has lost.
    pub(crate) fn catch_up(&mut self, store: &Path) -> Result<()> {
        self.must_have_what_is_published(store)?;
        let here = self.now.counters.epoch;
        let newest = numbers(store)?.last().copied().unwrap_or(0);
        // A damaged manifest is as good as none: all it says is in the catalogue.
        self.published = if newest == 0 { None } else { Manifest::open(store, newest).unwrap_or_default() };
        let whole = self.published.as_ref().is_some_and(|manifest| manifest.catalogue.counters.epoch == here);
        if !whole && self.now.store.is_some() {
            // Else a power cut could leave a manifest of a commit that was only in the system's cache when its writer was killed.
            durable::sync_tree(&self.path)?;
            publish(store, &self.now, None, &BTreeSet::new())?;
            self.published = Manifest::open(store, here)?;
        }
        // Publishing writes the mark down; where it could not, or the file is not this store's, that is made up for here.
        if self.published.is_some() && !history::ends_at(store, here) {
            Manifest::mark(store, here)?.into_iter().for_each(|mark| history::note(store, here, mark));
        }
        Ok(())
    }

    /// The newest manifest, once [`Self::catch_up`] has looked.
    pub(crate) fn published(&self) -> Option<&Manifest> {
        self.published.as_ref()
    }

    /// What the segments hold, as far as the newest manifest says.
    pub(crate) fn summaries(&self) -> Option<&Summaries> {
        self.published.as_ref().map(|manifest| &manifest.summaries)
    }

    /// Writes all changes at once, makes them durable, and publishes them to readers. `epoch` is told before and after, still
    /// under the lock.
    pub(crate) fn commit(mut self, store: &Path, epoch: &Epoch) -> Result<(), CommitError> {
        self.sum_up(store);
        self.now.counters.epoch += 1;
        let counters = self.now.counters;
        self.put(Table::Counters, &[], &counters);
        // A backup passes over numbers. That one has begun says that the one before is done, so the one to begin is the next to
        // what is there; a new catalogue, of a repair, takes the place of one that had made all before.
        let begun = if self.before == 0 { counters.epoch } else { self.before + 1 };
        epoch.announce(begun).map_err(CommitError::Before)?;
        self.make_durable().map_err(CommitError::HalfWay)?;
        publish(store, &self.now, self.published.as_ref(), &self.touched).map_err(|source| {
            CommitError::After(Error::Unpublished { commit: counters.epoch, source: Box::new(source) })
        })?;
        epoch.confirm(counters.epoch);
        Ok(())
    }

    fn make_durable(&mut self) -> Result<()> {
        let sled = |source| sled_error(&self.path, source);
        self.db.apply_batch(std::mem::take(&mut self.batch)).map_err(sled)?;
        self.db.flush().map_err(sled)?;
        durable::sync_tree(&self.path)
    }

    fn put(&mut self, table: Table, key: &[u8], value: &impl Serialize) {
        self.put_record(table, key, RECORD_VERSION, value);
    }

    fn put_record(&mut self, table: Table, key: &[u8], version: u8, value: &impl Serialize) {
        let mut bytes = vec![version];
        // Plain records of our own into a vector: bincode has nothing to refuse.
        let written = bincode::serialize_into(&mut bytes, value);
        debug_assert!(written.is_ok(), "a catalogue record serialises");
        self.put_bytes(table, key, &bytes);
    }

    /// Writes a value of any size in pieces: key, piece number → bytes.
    fn put_bytes(&mut self, table: Table, key: &[u8], bytes: &[u8]) {
        self.remove(table, key);
        let mut pieces = bytes.chunks(CHUNK).enumerate();
        let first = pieces.next().unwrap_or((0, &[]));
        for (number, piece) in std::iter::once(first).chain(pieces) {
            let key = piece_key(table, key, number as u32);
            self.batch.insert(key.as_slice(), piece);
            self.inserted.insert(key);
        }
        self.changed = true;
    }

    fn remove(&mut self, table: Table, key: &[u8]) {
        let prefix = entry_prefix(table, key);
        for old in self.db.scan_prefix(&prefix).keys().flatten() {
            self.batch.remove(old);
        }
        // What was put there in this very commit, too.
        while let Some(new) =
            self.inserted.range(prefix.clone()..).next().filter(|key| key.starts_with(&prefix)).cloned()
        {
            self.inserted.remove(&new);
            self.batch.remove(new);
        }
        self.changed = true;
    }

    pub(crate) fn set_run(&mut self, run: &Run) {
        let record = RunRecord::of(run);
        self.put(Table::Runs, &run.id.0.to_be_bytes(), &record);
        self.now.runs.insert(run.id, run.clone());
    }

    pub(crate) fn remove_run(&mut self, run: RunId) {
        self.remove(Table::Runs, &run.0.to_be_bytes());
        self.now.runs.remove(&run);
        if self.now.lost.contains_key(&run) {
            self.set_lost(run, LostOfRun::new());
        }
    }

    /// Says what a run has lost to damage.
    pub(crate) fn set_lost(&mut self, run: RunId, of_run: LostOfRun) {
        let key = run.0.to_be_bytes();
        if of_run.is_empty() {
            self.remove(Table::Lost, &key);
            self.now.lost.remove(&run);
        } else {
            self.put(Table::Lost, &key, &lost::records(&of_run));
            self.now.lost.insert(run, of_run);
        }
    }

    pub(crate) fn counters(&mut self) -> &mut Counters {
        self.changed = true;
        &mut self.now.counters
    }

    pub(crate) fn next_file(&mut self) -> FileId {
        let counters = self.counters();
        counters.next_file += 1;
        FileId(counters.next_file)
    }

    /// The id of a language, new or not.
    pub(crate) fn language(&mut self, name: &str) -> Result<LanguageId> {
        if let Some(id) = self.now.language(name) {
            return Ok(id);
        }
        let id = u16::try_from(self.now.languages.len())
            .map_err(|_| Error::Full { what: "number of languages", limit: u64::from(u16::MAX) })?;
        let name = canonical(name).into_owned();
        self.put(Table::Languages, &id.to_be_bytes(), &name);
        self.now.languages.push(name);
        Ok(LanguageId(id))
    }

    /// The id of a relation, new or not.
    pub(crate) fn relation(&mut self, name: &str) -> Result<RelationId> {
        if let Some(id) = self.now.relation_number(name) {
            if self.now.dropped_relations.remove(id.0) {
                self.put_bitmap(DROPPED_RELATIONS, &self.now.dropped_relations.clone());
            }
            return Ok(id);
        }
        let id = self.now.relations.len() as u32;
        self.put(Table::Relations, &id.to_be_bytes(), &name);
        self.now.relations.push(name.to_owned());
        Ok(RelationId(id))
    }

    pub(crate) fn set_file(&mut self, file: FileId, record: FileRecord) {
        self.put(Table::Files, &file.0.to_be_bytes(), &record);
        self.now.files.insert(file, record);
    }

    /// Removes a file from the manifest, with its tombstones. The file itself becomes garbage.
    pub(crate) fn remove_file(&mut self, file: FileId) {
        self.remove(Table::Files, &file.0.to_be_bytes());
        self.now.files.remove(&file);
        self.remove(Table::Sums, &file.0.to_be_bytes());
        self.now.sums.remove(&file);
        let parts: Vec<u32> =
            self.now.tombstones.range((file, 0)..=(file, u32::MAX)).map(|(&(_, part), _)| part).collect();
        for part in parts {
            self.remove(Table::Tombstones, &tombstone_key(file, part));
            self.now.tombstones.remove(&(file, part));
        }
    }

    fn set_sum(&mut self, file: FileId, sum: u64) {
        self.put(Table::Sums, &file.0.to_be_bytes(), &sum);
        self.now.sums.insert(file, sum);
    }

    /// Notes the checksums of files that are new, which have their names already: as their trailers say them, and whoever opens the file
    /// compares that with the directory itself.
    fn sum_up(&mut self, store: &Path) {
        let new = self.now.files.iter().filter(|(file, _)| !self.now.sums.contains_key(file));
        let sums: Vec<_> =
            new.filter_map(|(&file, record)| Some((file, directory_sum(&path_of(store, file, record))?))).collect();
        sums.into_iter().for_each(|(file, sum)| self.set_sum(file, sum));
    }

    pub(crate) fn set_job(&mut self, job: u32, record: JobRecord) {
        self.put(Table::Jobs, &job.to_be_bytes(), &record);
        self.now.jobs.insert(job, record);
    }

    pub(crate) fn remove_job(&mut self, job: u32) {
        self.remove(Table::Jobs, &job.to_be_bytes());
        self.now.jobs.remove(&job);
    }

    pub(crate) fn add_tombstones(&mut self, file: FileId, part: u32, locals: &RoaringBitmap) {
        let all = self.now.tombstones.entry((file, part)).or_default();
        *all |= locals;
        let bytes = crate::packed::to_bytes(all);
        self.put_bytes(Table::Tombstones, &tombstone_key(file, part), &bytes);
    }

    pub(crate) fn set_unsealed(&mut self, run: RunId, key: EntryKey, payload: &[u8]) {
        self.put_bytes(Table::Unsealed, &unsealed_key(run, key), payload);
        self.now.unsealed.insert((run, key), Waiting::Own(payload.into()));
        self.touched.insert((run, key));
    }

    pub(crate) fn remove_unsealed(&mut self, run: RunId, key: EntryKey) {
        self.remove(Table::Unsealed, &unsealed_key(run, key));
        self.now.unsealed.remove(&(run, key));
    }

    /// Puts a saved set into the catalogue; the file of one of the same name becomes garbage.
    pub(crate) fn set_saved(&mut self, set: &SavedSet, file: FileId) {
        self.remove_saved(&set.name);
        let record = SetRecord { set: set.clone(), file: Some(file.0) };
        self.put_record(Table::SetHeads, set.name.as_bytes(), SET_VERSION, &record);
        self.now.sets.insert(set.name.clone(), record);
    }

    pub(crate) fn remove_saved(&mut self, name: &str) {
        self.remove(Table::SetHeads, name.as_bytes());
        self.remove(Table::SetMembers, name.as_bytes());
        if let Some(file) = self.now.sets.remove(name).and_then(|record| record.file) {
            self.remove_file(FileId(file));
        }
    }

    /// Gives a store of format 1 its id.
    pub(crate) fn set_store(&mut self, id: StoreId) {
        self.put(Table::Identity, &[], &id);
        self.now.store = Some(id);
    }

    /// The members of a saved set that format 1 left in the catalogue.
    pub(crate) fn saved_members(&self, name: &str) -> Result<Vec<u8>> {
        let members = self.reading().values_of(&entry_prefix(Table::SetMembers, name.as_bytes()))?.pop();
        Ok(members.map(|(_, members)| members).unwrap_or_default())
    }
}
