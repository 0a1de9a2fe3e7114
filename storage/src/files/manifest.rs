//! The manifest: all that the catalogue says, as of one commit, in one immutable file that readers need no lock for.
//!
//! The catalogue is the writers' truth. Each commit, once it is durable there, publishes a manifest: `manifests/` and the commit's
//! number. Readers take the newest, and so need neither sled nor leave to write. While somebody reads by a manifest it has a
//! shared lock on it, and [`super::garbage`] spares it and every file that it lists.

use super::fresh::{FreshEnd, FreshFile, Piece, Waiting};
use super::mapped::Bytes;
use super::{disk, durable, history};
use crate::catalogue::{Catalogue, JobRecord, SetRecord};
use crate::error::{Error, Result};
use crate::files::container::{Container, ContainerWriter, Magic};
use crate::ids::{FactId, FileId, RunId};
use crate::keys::{read_unsealed_key, unsealed_key};
use crate::lost::{self, LostRecord};
use crate::records::{Counters, FileRecord, RunRecord, StoreId};
use crate::segment::build::EntryKey;
use crate::segment::summary::PartSummary;
use crate::snapshot::summary_of_file;
use crate::store::TRIES;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// Parts of the segments that a manifest lists.
pub(crate) type Summaries = BTreeMap<FileId, Vec<PartSummary>>;

/// Where entries that wait lie.
type Pieces = BTreeMap<(RunId, EntryKey), Piece>;

/// A manifest, read.
pub(crate) struct Manifest {
    pub catalogue: Catalogue,
    pub summaries: Summaries,
    fresh: Option<FreshEnd>,
    pieces: Pieces,
    /// The shared lock that keeps it, and what it lists, from being removed.
    pub hold: Hold,
}

/// Keeps a manifest and the files it lists from being removed, as long as it lives.
pub(crate) struct Hold {
    _lock: File,
}

/// The bytes: `docs/format.md`, "What is in a manifest?".
#[derive(Serialize, Deserialize)]
struct Record {
    store: StoreId,
    counters: Counters,
    runs: Vec<(u32, RunRecord)>,
    languages: Vec<String>,
    relations: Vec<String>,
    relation_names: Vec<(String, String, String)>,
    files: Vec<(u64, FileRecord, Vec<PartSummary>, Option<u64>)>,
    jobs: Vec<(u32, JobRecord)>,
    tombstones: Vec<(u64, u32, Vec<u8>)>,
    new_facts: Vec<(u32, String)>,
    dropped_facts: Vec<u8>,
    dropped_relations: Vec<u8>,
    sets: Vec<SetRecord>,
    fresh: Option<FreshEnd>,
    /// Keys as in the catalogue's table `u`.
    pieces: Vec<(Vec<u8>, Piece)>,
}

/// Entries of a waiting file that cannot be read, and why.
pub(crate) type LostWaiting = (Vec<(RunId, EntryKey)>, Error);

/// A manifest's bytes, decoded.
struct Read {
    record: Record,
    lost: LostRecords,
    hold: Hold,
}

/// What runs have lost, by run: behind the record, where there is any.
type LostRecords = Vec<(u32, Vec<LostRecord>)>;

/// The folder of manifests and of waiting entries.
pub(crate) fn folder(store: &Path) -> PathBuf {
    store.join("manifests")
}

/// Path of a commit's manifest.
pub(crate) fn manifest_path(store: &Path, commit: u64) -> PathBuf {
    folder(store).join(format!("{commit:020}"))
}

/// Numbers of the manifests there are, ascending.
pub(crate) fn numbers(store: &Path) -> Result<Vec<u64>> {
    let folder = folder(store);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("list", &folder)(e)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(Error::io("list", &folder))?.file_name();
        numbers.extend(name.to_str().filter(|name| name.len() == 20).and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

impl Manifest {
    /// The newest manifest; `None` where there is none.
    pub(crate) fn newest(store: &Path) -> Result<Option<Self>> {
        for _ in 0..TRIES {
            let Some(&number) = numbers(store)?.last() else { return Ok(None) };
            // A newer one may have come, and this one gone, between the look and the lock.
            if let Some(manifest) = Self::open(store, number)? {
                return Ok(Some(manifest));
            }
        }
        // Nobody commits that fast: it is a name without a file, such as a link to nothing.
        let number = numbers(store)?.last().copied().unwrap_or_default();
        Err(Error::MissingFile { path: manifest_path(store, number) })
    }

    /// The manifest of a commit; `None` when it is gone.
    pub(crate) fn open(store: &Path, number: u64) -> Result<Option<Self>> {
        let Some(read) = Self::record(store, number)? else { return Ok(None) };
        Self::of(read, store, &manifest_path(store, number)).map(Some)
    }

    /// The manifest of a commit, without what waits if that cannot be read; then it says what, and why.
    pub(crate) fn salvage(store: &Path, number: u64) -> Result<Option<(Self, Option<LostWaiting>)>> {
        let Some(mut read) = Self::record(store, number)? else { return Ok(None) };
        let fresh = read.record.fresh.map(|FreshEnd { commit, end }| FreshFile::open(store, commit, end));
        let lost = fresh.and_then(Result::err).map(|damage| {
            let pieces = std::mem::take(&mut read.record.pieces);
            read.record.fresh = None;
            (pieces.iter().filter_map(|(key, _)| read_unsealed_key(key)).collect(), damage)
        });
        let manifest = Self::of(read, store, &manifest_path(store, number))?;
        Ok(Some((manifest, lost)))
    }

    /// The mark of a commit; `None` when its manifest is gone.
    pub(crate) fn mark(store: &Path, number: u64) -> Result<Option<u64>> {
        let Some(Read { mut record, lost, .. }) = Self::record(store, number)? else { return Ok(None) };
        let path = manifest_path(store, number);
        // Earlier code wrote the same in other bytes: what it says counts, as it is written now.
        for (id, run) in std::mem::take(&mut record.runs) {
            record.runs.push((id, RunRecord::of(&run.run(RunId(id), &path)?)));
        }
        Ok(Some(mark_of(&directory_of(&record, &lost, &path)?, &record, &lost)))
    }

    fn record(store: &Path, number: u64) -> Result<Option<Read>> {
        let path = manifest_path(store, number);
        let Some(lock) = held(&path)? else { return Ok(None) };
        let Some(bytes) = Bytes::map(&path)? else { return Ok(None) };
        let container = Container::open(bytes, &path, Magic::Manifest)?;
        let record: Record = bincode::deserialize(container.directory())
            .map_err(|e| Error::corrupt(&path, "manifest", e, "a manifest (docs/format.md)"))?;
        if record.counters.epoch != number {
            return Err(Error::corrupt(&path, "commit", record.counters.epoch, number));
        }
        let directory = container.directory();
        let lost = match directory.get(size_of(&record)..) {
            Some(rest) if !rest.is_empty() => bincode::deserialize(rest)
                .map_err(|e| Error::corrupt(&path, "lost entries", e, "a list (docs/format.md)"))?,
            _ => Vec::new(),
        };
        Ok(Some(Read { record, lost, hold: Hold { _lock: lock } }))
    }

    fn of(read: Read, store: &Path, path: &Path) -> Result<Self> {
        let Read { record, lost, hold, .. } = read;
        let bitmap = |bytes: &[u8], what: &str| {
            RoaringBitmap::deserialize_from(bytes).map_err(|e| Error::corrupt(path, what, e, "a roaring bitmap"))
        };
        let mut catalogue = Catalogue {
            store: Some(record.store),
            counters: record.counters,
            languages: record.languages,
            relations: record.relations,
            jobs: record.jobs.into_iter().collect(),
            new_facts: record.new_facts.into_iter().map(|(fact, id)| (FactId(fact), id)).collect(),
            sets: record.sets.into_iter().map(|set| (set.set.name.clone(), set)).collect(),
            dropped_facts: bitmap(&record.dropped_facts, "dropped facts")?,
            dropped_relations: bitmap(&record.dropped_relations, "dropped relations")?,
            ..Catalogue::default()
        };
        for (id, run) in record.runs {
            catalogue.runs.insert(RunId(id), run.run(RunId(id), path)?);
        }
        for (run, records) in lost {
            catalogue.lost.insert(RunId(run), lost::of_records(records, path)?);
        }
        for (relation, language, name) in record.relation_names {
            catalogue.relation_names.insert((relation, language), name);
        }
        let mut summaries = Summaries::new();
        for (file, record, parts, sum) in record.files {
            if parts.iter().any(|part| part.kind().is_none()) {
                return Err(Error::corrupt(path, format!("parts of file {file}"), "an unknown kind", "0 to 2"));
            }
            catalogue.files.insert(FileId(file), record);
            catalogue.sums.extend(sum.map(|sum| (FileId(file), sum)));
            summaries.insert(FileId(file), parts);
        }
        for (file, part, locals) in record.tombstones {
            catalogue.tombstones.insert((FileId(file), part), bitmap(&locals, "tombstones")?);
        }
        let mut pieces = BTreeMap::new();
        if let Some(FreshEnd { commit, end }) = record.fresh {
            let file = FreshFile::open(store, commit, end)?;
            for (key, piece) in record.pieces {
                let key = read_unsealed_key(&key)
                    .ok_or_else(|| Error::corrupt(path, "key of a waiting entry", format!("{key:02x?}"), "a key"))?;
                pieces.insert(key, piece);
                catalogue.unsealed.insert(key, Waiting::Published { file: file.clone(), piece });
            }
        }
        catalogue.check_numbers(path)?;
        Ok(Self { catalogue, summaries, fresh: record.fresh, pieces, hold })
    }

    /// The file of waiting entries that it lists.
    pub(crate) fn fresh_file(&self) -> Option<u64> {
        self.fresh.map(|fresh| fresh.commit)
    }
}

/// Opens a manifest with a shared lock; `None` when it was removed meanwhile.
fn held(path: &Path) -> Result<Option<File>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io("open", path)(e)),
    };
    // Some read-only media know no locks. Nobody removes anything there.
    let _ = file.lock_shared();
    // Whoever removed it had it locked: now that the lock is ours, the name says whether it is still there.
    Ok(path.exists().then_some(file))
}

/// Publishes a catalogue that is durable in sled. `before` is the manifest that was the newest, `touched` the waiting entries that
/// are new since then. Only under the catalogue's lock.
pub(crate) fn publish(
    store: &Path,
    catalogue: &Catalogue,
    before: Option<&Manifest>,
    touched: &BTreeSet<(RunId, EntryKey)>,
) -> Result<()> {
    let folder = folder(store);
    if !folder.exists() {
        disk::create_folder(&folder).map_err(Error::io("create", &folder))?;
        durable::sync_folder_of(&folder)?;
    }
    let (fresh, pieces) = publish_waiting(store, catalogue, before, touched)?;
    let mut files = Vec::with_capacity(catalogue.files.len());
    for (&file, &record) in &catalogue.files {
        let known = before.and_then(|before| before.summaries.get(&file)).cloned();
        let parts = match (known, record) {
            (Some(parts), _) => parts,
            (None, FileRecord::Segment { run, bytes, .. }) => {
                summary_of_file(store, (file, RunId(run), bytes), catalogue.sums.get(&file).copied())?
            }
            (None, FileRecord::Dictionary { .. } | FileRecord::Set { .. }) => Vec::new(),
        };
        files.push((file.0, record, parts, catalogue.sums.get(&file).copied()));
    }
    let names = catalogue.relation_names.iter();
    let record = Record {
        store: catalogue.store.unwrap_or_default(),
        counters: catalogue.counters,
        runs: catalogue.runs.iter().map(|(id, run)| (id.0, RunRecord::of(run))).collect(),
        languages: catalogue.languages.clone(),
        relations: catalogue.relations.clone(),
        relation_names: names
            .map(|((relation, language), name)| (relation.clone(), language.clone(), name.clone()))
            .collect(),
        files,
        jobs: catalogue.jobs.iter().map(|(&id, job)| (id, job.clone())).collect(),
        tombstones: catalogue
            .tombstones
            .iter()
            .map(|(&(file, part), locals)| (file.0, part, crate::packed::to_bytes(locals)))
            .collect(),
        new_facts: catalogue.new_facts.iter().map(|(fact, id)| (fact.0, id.clone())).collect(),
        dropped_facts: crate::packed::to_bytes(&catalogue.dropped_facts),
        dropped_relations: crate::packed::to_bytes(&catalogue.dropped_relations),
        sets: catalogue.sets.values().cloned().collect(),
        fresh,
        pieces: pieces.into_iter().map(|((run, key), piece)| (unsealed_key(run, key), piece)).collect(),
    };
    let lost = catalogue.lost.iter().map(|(run, of_run)| (run.0, lost::records(of_run))).collect();
    write(store, catalogue.counters.epoch, &record, &lost)
}

/// Where the waiting entries are: those that were there stay where they are, the others are appended.
fn publish_waiting(
    store: &Path,
    catalogue: &Catalogue,
    before: Option<&Manifest>,
    touched: &BTreeSet<(RunId, EntryKey)>,
) -> Result<(Option<FreshEnd>, Pieces)> {
    if catalogue.unsealed.is_empty() {
        return Ok((None, Pieces::new()));
    }
    let waits = catalogue.unsealed.values().map(|waiting| waiting.len() as u64).sum();
    // A manifest that is older than the commit before this one says nothing of what that one changed.
    let before = before.filter(|before| before.catalogue.counters.epoch + 1 == catalogue.counters.epoch);
    let old = before.and_then(|before| Some((before, before.fresh?))).filter(|(_, fresh)| !fresh.is_wasteful(waits));
    let mut pieces = Pieces::new();
    let mut fresh = FreshEnd { commit: catalogue.counters.epoch, end: 0 };
    if let Some((before, end)) = old {
        let stays =
            before.pieces.iter().filter(|(key, _)| catalogue.unsealed.contains_key(key) && !touched.contains(key));
        pieces.extend(stays.map(|(&key, &piece)| (key, piece)));
        fresh = end;
    }
    let new: Vec<_> = catalogue.unsealed.iter().filter(|(key, _)| !pieces.contains_key(key)).collect();
    let places = fresh.append(store, new.iter().map(|(_, waiting)| waiting.bytes()))?;
    pieces.extend(new.iter().map(|&(&key, _)| key).zip(places));
    Ok((Some(fresh), pieces))
}

/// Writes a manifest whole, makes it durable, and only then gives it its name: one with a name that cannot be read is damaged.
fn write(store: &Path, number: u64, record: &Record, lost: &LostRecords) -> Result<()> {
    let path = manifest_path(store, number);
    let unnamed = path.with_extension("tmp");
    // A leftover of that name is of a commit that did not come through; the lock says that nobody writes it now.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&unnamed)
        .map_err(Error::io("create", &unnamed))?;
    let directory = directory_of(record, lost, &path)?;
    let bytes = ContainerWriter::new(Vec::new(), Magic::Manifest).and_then(|writer| writer.finish(&directory));
    let (bytes, _) = bytes.map_err(Error::io("write", &unnamed))?;
    file.write_all(&bytes).map_err(Error::io("write", &unnamed))?;
    disk::sync(&file, &unnamed).map_err(Error::io("sync", &unnamed))?;
    disk::rename(&unnamed, &path).map_err(Error::io("rename to", &path))?;
    durable::sync_folder(&folder(store))?;
    history::note(store, number, mark_of(&directory, record, lost));
    Ok(())
}

/// The bytes of a manifest's directory.
fn directory_of(record: &Record, lost: &LostRecords, path: &Path) -> Result<Vec<u8>> {
    let mut directory = Vec::new();
    let mut written = bincode::serialize_into(&mut directory, record);
    if !lost.is_empty() {
        written = written.and_then(|()| bincode::serialize_into(&mut directory, lost));
    }
    written.map_err(|e| Error::corrupt(path, "manifest", e, "a record"))?;
    Ok(directory)
}

/// Bytes of a value in bincode.
fn size_of(value: &impl Serialize) -> usize {
    // Plain values of our own: bincode has nothing to refuse.
    bincode::serialized_size(value).unwrap_or(u64::MAX).try_into().unwrap_or(usize::MAX)
}

/// The mark of a commit: a hash of what its manifest says, but for where waiting entries lie. A copy of the store has others
/// as soon as it goes its own way. Never 0.
fn mark_of(directory: &[u8], record: &Record, lost: &LostRecords) -> u64 {
    let lost = if lost.is_empty() { 0 } else { size_of(lost) };
    let (said, lost) = directory.split_at(directory.len().saturating_sub(lost));
    // Where waiting entries lie is the record's end.
    let places = size_of(&(&record.fresh, &record.pieces));
    let mut hash = Xxh3Default::new();
    hash.update(&said[..said.len().saturating_sub(places)]);
    hash.update(lost);
    for (key, piece) in &record.pieces {
        hash.update(key);
        hash.update(&piece.len.to_le_bytes());
        hash.update(&piece.xxh3.to_le_bytes());
    }
    hash.digest().max(1)
}
