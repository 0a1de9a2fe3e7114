//! Repair: what is damaged goes, by name; what can be rebuilt from what is whole is rebuilt; all else stays as it is.
//!
//! The catalogue's lock is held from the first look to the commit. Damaged files are not deleted: they get a second name in
//! `damaged/`, and a catalogue that cannot be read stays beside the new one. Whatever was lost is written down in the store.

mod catalogue;
mod dictionary;
pub(super) mod note;
mod segments;

use crate::block::{Form, Pieces, as_current};
use crate::catalogue::{Catalogue, CommitError, FileRecord, Locked};
use crate::dictionary::build::Draft;
use crate::error::{Error, Result};
use crate::files::building::Building;
use crate::files::garbage::path_of;
use crate::files::{DICTIONARY, SEGMENT, durable, file_path};
use crate::ids::{FileId, RunId};
use crate::lost::{LostFrom, LostOfRun};
use crate::segment::PartKind;
use crate::segment::build::EntryKey;
use crate::stop::Stop;
use crate::store::Store;
use crate::upkeep::DAMAGED;
use std::collections::BTreeMap;
use std::path::Path;

pub use note::Repairs;

/// What a repair has to do, or has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// What is lost, a line each.
    pub lost: Vec<String>,
    /// What was rebuilt without a loss, a line each.
    pub rebuilt: Vec<String>,
}

impl Repair {
    /// Whether nothing is damaged.
    pub fn is_nothing(&self) -> bool {
        self.lost.is_empty() && self.rebuilt.is_empty()
    }
}

/// What becomes of the store.
#[derive(Default)]
struct Changes {
    repair: Repair,
    /// Files that leave the store, with what takes their place, if anything does.
    files: Vec<(FileId, Option<segments::Rewritten>)>,
    sets: Vec<String>,
    waiting: Vec<(RunId, EntryKey)>,
    dictionary: Option<(FileId, Draft)>,
    /// Entries that are lost, by run.
    gone: BTreeMap<RunId, LostOfRun>,
}

impl Store {
    /// What [`Self::repair`] would do. Changes nothing but what any writer mends: a snapshot of sled's that it cannot read is put aside, and
    /// [`Self::repairs`] says so.
    ///
    /// # Errors
    /// When the store cannot be repaired.
    pub fn examine(&self) -> Result<Repair> {
        Ok(self.work(false)?.repair)
    }

    /// Drops what is damaged, and rebuilds what can be: entries whose score blocks are damaged go, with all others of a part if its list
    /// of facts is; sets and postings are built anew from whole scores; a catalogue that cannot be read comes from the newest
    /// manifest, a manifest from the catalogue. Damaged files stay in the folder `damaged`. Without damage it changes nothing.
    ///
    /// # Errors
    /// When the ids of facts themselves are damaged: nobody could say whose the entries are. When there is neither a catalogue nor a
    /// manifest that can be read.
    pub fn repair(&self) -> Result<Repair> {
        Ok(self.work(true)?.repair)
    }

    /// What repairs have taken from this store, as it was written down: when, what, and where damaged files are. `None` if it was
    /// never repaired.
    pub fn repairs(&self) -> Result<Option<Repairs>> {
        Ok(note::read(self.path())?.map(Repairs::of))
    }

    fn work(&self, apply: bool) -> Result<Changes> {
        self.must_be_writable()?;
        let mut found = catalogue::find(self)?;
        let mut changes = Changes::default();
        changes.repair.rebuilt.append(&mut found.rebuilt);
        changes.repair.lost.append(&mut found.lost);
        changes.look(self.path(), &found)?;
        if apply && !changes.repair.is_nothing() {
            changes.apply(self, found)?;
        }
        Ok(changes)
    }
}

impl Changes {
    /// Says that an entry is lost.
    fn lose(&mut self, run: RunId, key: EntryKey) {
        self.gone.entry(run).or_default().entry(key.into()).or_default().facts.insert(key.fact.0);
    }

    /// Says that entries are lost whose facts nobody knows.
    fn lose_unknown(&mut self, run: RunId, from: LostFrom, count: u64) {
        let lost = self.gone.entry(run).or_default().entry(from).or_default();
        lost.unknown = lost.unknown.saturating_add(count);
    }

    fn look(&mut self, store: &Path, found: &catalogue::Found) -> Result<()> {
        let catalogue = &found.catalogue;
        let names = dictionary::look(store, catalogue, self)?;
        if let Some((keys, damage)) = &found.lost_waiting {
            for &(run, key) in keys {
                self.lose(run, key);
                let name = entry_name(catalogue, run, key, &names);
                self.repair.lost.push(format!("{name}{}: {damage}", note::WAITED));
            }
        }
        for (&file, record) in &catalogue.files {
            let path = path_of(store, file, record);
            match record {
                FileRecord::Segment { .. } => segments::look(self, found, (file, record), &path, &names),
                FileRecord::Dictionary { .. } => {}
                FileRecord::Set { .. } => {
                    let sum = catalogue.sums.get(&file).copied();
                    let Err(damage) = super::prove::prove(&path, record, sum, &Stop::default()) else { continue };
                    let of_file = catalogue.sets.values().find(|set| set.file == Some(file.0));
                    self.files.push((file, None));
                    if let Some(set) = of_file {
                        self.repair.lost.push(format!("saved set @{} ({}): {damage}", set.set.name, set.set.text));
                        self.sets.push(set.set.name.clone());
                    }
                }
            }
        }
        for (&(run, key), waiting) in &catalogue.unsealed {
            let damage = match (waiting.bytes(), catalogue.runs.get(&run)) {
                (Err(damage), _) => damage.to_string(),
                (Ok(_), None) => format!("run {run} is not in the catalogue"),
                (Ok(bytes), Some(of)) if key.kind != PartKind::Neurons => {
                    let form = Form { shape: of.spec.shape, score_type: of.spec.score_type };
                    let block = as_current(bytes, key.kind, form);
                    match block.and_then(|block| Pieces::read(&block).map(|_| ())) {
                        Ok(()) => continue,
                        Err(damage) => damage,
                    }
                }
                (Ok(_), Some(_)) => continue,
            };
            self.repair.lost.push(format!("{}: {damage}", entry_name(catalogue, run, key, &names)));
            self.lose(run, key);
            self.waiting.push((run, key));
        }
        Ok(())
    }

    /// Writes everything, under the lock that was held since it was looked at.
    fn apply(&self, store: &Store, found: catalogue::Found) -> Result<()> {
        // All that takes time and space first: until the commit nothing is changed.
        let mut built: Vec<(FileId, Option<(Building, FileRecord)>)> = Vec::new();
        for (file, rewritten) in &self.files {
            let new = rewritten.as_ref().map(|rewritten| rewritten.build(store)).transpose()?;
            built.push((*file, new));
        }
        if let Some((file, draft)) = &self.dictionary {
            let building = store.building()?;
            let (out, bytes) = draft.write(building.writer()?).map_err(Error::io("write", building.path()))?;
            building.sync(out)?;
            let record = FileRecord::Dictionary { facts: draft.facts.len() as u32, bytes };
            built.push((*file, Some((building, record))));
        }
        let mut kept = Vec::new();
        for (file, _) in &built {
            let record = found.catalogue.files.get(file);
            kept.extend(
                record.map(|record| path_of(store.path(), *file, record)).map(|path| keep(store.path(), &path)),
            );
        }
        let kept = kept.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten();
        note::write(store.path(), &self.repair, found.catalogue.counters.epoch, kept.chain(found.beside.clone()))?;
        let mut locked = found.into_locked(store, &self.waiting)?;
        self.change(store, &mut locked, &built)?;
        if locked.now().store.is_none() {
            store.leave_format_1(&mut locked)?;
        }
        // The commit is one even where the catalogue itself says the same as before: it publishes a manifest.
        locked.counters();
        // What became garbage goes with the next commit: without the lock another one may be at work by now.
        locked.commit(store.path(), store.epoch()).map_err(CommitError::into_error)?;
        store.write_marker().map_err(Error::after_commit)?;
        Ok(())
    }

    fn change(
        &self,
        store: &Store,
        locked: &mut Locked,
        built: &[(FileId, Option<(Building, FileRecord)>)],
    ) -> Result<()> {
        for name in &self.sets {
            locked.remove_saved(name);
        }
        for &(run, key) in &self.waiting {
            locked.remove_unsealed(run, key);
        }
        for (&run, new) in self.gone.iter().filter(|(run, _)| locked.now().runs.contains_key(run)).collect::<Vec<_>>() {
            let all = locked.now().lost_with(run, new);
            locked.set_lost(run, all);
        }
        for (file, new) in built {
            locked.remove_file(*file);
            let Some((building, record)) = new else { continue };
            let file = locked.next_file();
            let extension = if matches!(record, FileRecord::Segment { .. }) { SEGMENT } else { DICTIONARY };
            building.rename(&file_path(store.path(), file, extension))?;
            locked.set_file(file, *record);
        }
        Ok(())
    }
}

/// Gives a damaged file a second name, where no clean-up looks. `None` where it is missing.
fn keep(store: &Path, path: &Path) -> Result<Option<String>> {
    let folder = store.join(DAMAGED);
    let Some(name) = path.file_name().filter(|_| path.exists()) else { return Ok(None) };
    durable::create_folders(&folder)?;
    let new = folder.join(name);
    if !new.exists() && std::fs::hard_link(path, &new).is_err() {
        // Some file systems know no second names.
        std::fs::copy(path, &new).map_err(Error::io("copy", path))?;
    }
    // The first name goes with a later commit.
    durable::sync_tree(&folder)?;
    Ok(Some(format!("{DAMAGED}/{}", name.to_string_lossy())))
}

fn entry_name(catalogue: &Catalogue, run: RunId, key: EntryKey, names: &dictionary::Names) -> String {
    let language = catalogue.languages.get(usize::from(key.language.0)).map_or("?", String::as_str);
    note::entry_name(&names.of(key.fact), language, key, &run_name(catalogue, run))
}

fn run_name(catalogue: &Catalogue, run: RunId) -> String {
    catalogue.runs.get(&run).map_or_else(|| format!("number {run}"), |run| format!("{:?}", run.spec.name))
}
