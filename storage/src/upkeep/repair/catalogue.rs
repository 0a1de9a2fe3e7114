//! The catalogue of a store that may be damaged: sled's own, or what the newest manifest says of it.

use crate::catalogue::{self, Catalogue, Locked};
use crate::error::{Error, Result};
use crate::files::manifest::{LostWaiting, Manifest, Summaries, numbers};
use crate::files::{disk, durable};
use crate::ids::RunId;
use crate::segment::build::EntryKey;
use crate::store::{Options, Store};
use std::path::{Path, PathBuf};

pub(super) struct Found {
    pub catalogue: Catalogue,
    pub rebuilt: Vec<String>,
    /// Entries that waited, and why they cannot be read.
    pub lost_waiting: Option<LostWaiting>,
    /// Commits of which nothing is left.
    pub lost: Vec<String>,
    /// What segments hold, as far as a manifest says.
    pub summaries: Summaries,
    /// Where the old catalogue will be, if it cannot be read.
    pub beside: Option<String>,
    /// Sled's, if it can be read.
    locked: Option<Locked>,
    /// The number of the commit to come.
    commit: u64,
    /// Keeps the files of the manifest that was read.
    _manifest: Option<Manifest>,
}

/// Reads what there is.
pub(super) fn find(store: &Store) -> Result<Found> {
    match open(store) {
        Ok(locked) => {
            let catalogue = locked.now().clone();
            let rebuilt = manifest_damage(store, &catalogue);
            let commit = catalogue.counters.epoch + 1;
            // Files never change: an older manifest says the same of those that it lists.
            let manifests = numbers(store.path())?.into_iter().rev();
            let summaries =
                manifests.filter_map(|number| Manifest::salvage(store.path(), number).ok().flatten()).next();
            Ok(Found {
                catalogue,
                rebuilt,
                lost_waiting: None,
                lost: Vec::new(),
                summaries: summaries.map(|(manifest, _)| manifest.summaries).unwrap_or_default(),
                beside: None,
                locked: Some(locked),
                commit,
                _manifest: None,
            })
        }
        Err(damage @ (Error::Corrupt { .. } | Error::MissingFile { .. })) => of_manifest(store, damage),
        Err(other) => Err(other),
    }
}

/// Opens sled's, and compares it with what was published of it, without looking at any file that it lists.
fn open(store: &Store) -> Result<Locked> {
    let path = store.catalogue();
    let none = |found: &str| Err(Error::corrupt(&path, "catalogue", found, "that of the store"));
    if !path.join("db").exists() {
        return none("no database");
    }
    let locked = catalogue::open(&path, Options::default().lock_timeout)?;
    let epoch = locked.now().counters.epoch;
    if epoch == 0 {
        return none("an empty database");
    }
    store.epoch().check(&path, epoch)?;
    match numbers(store.path())?.last() {
        Some(&newest) if newest > epoch => {
            let expected = format!("commit {newest}, which has a manifest");
            Err(Error::corrupt(&path, "last commit", format!("commit {epoch}"), expected))
        }
        _ => Ok(locked),
    }
}

/// What is wrong with the manifest of the last commit.
fn manifest_damage(store: &Store, catalogue: &Catalogue) -> Vec<String> {
    if catalogue.store.is_none() {
        return Vec::new();
    }
    let number = catalogue.counters.epoch;
    let damage = match Manifest::open(store.path(), number) {
        Ok(Some(manifest)) if catalogue.says_the_same(&manifest.catalogue) => {
            let waiting = manifest.catalogue.unsealed.values().find_map(|waiting| waiting.bytes().err());
            match waiting {
                None => return Vec::new(),
                Some(damage) => damage.to_string(),
            }
        }
        Ok(Some(_)) => format!("the manifest of commit {number} says other things than the catalogue"),
        // A crash before it was published, as any writer mends it.
        Ok(None) if store.epoch().done().is_some_and(|done| done < number) => return Vec::new(),
        Ok(None) => format!("the manifest of commit {number} is missing"),
        Err(damage) => damage.to_string(),
    };
    vec![format!("manifest, from the catalogue: {damage}")]
}

/// The newest manifest that can be read, in the place of a catalogue that cannot.
fn of_manifest(store: &Store, damage: Error) -> Result<Found> {
    let all = numbers(store.path())?;
    for &number in all.iter().rev() {
        let Ok(Some((manifest, lost_waiting))) = Manifest::salvage(store.path(), number) else { continue };
        let last = store.epoch().last().max(all.last().copied().unwrap_or(0)).max(number);
        let mut lost = Vec::new();
        if last > number {
            let commits =
                if last == number + 1 { format!("commit {last}") } else { format!("commits {} to {last}", number + 1) };
            lost.push(format!(
                "{commits}, of which there is neither catalogue nor manifest: whatever was written then, entries, facts or sets"
            ));
        }
        let beside = unused(store.path());
        let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(Found {
            catalogue: manifest.catalogue.clone(),
            rebuilt: vec![format!("catalogue, from the manifest of commit {number}: {damage}")],
            lost_waiting,
            lost,
            summaries: manifest.summaries.clone(),
            beside: Some(name),
            locked: None,
            commit: last + 1,
            _manifest: Some(manifest),
        });
    }
    Err(damage)
}

/// A name that no folder has.
fn unused(store: &Path) -> PathBuf {
    let name = |number: u32| store.join(format!("catalogue.damaged-{number}"));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}

impl Found {
    /// The catalogue to change; one that is damaged is put beside, and a new one says what the manifest says, but for what waits and
    /// is lost.
    pub(super) fn into_locked(self, store: &Store, lost: &[(RunId, EntryKey)]) -> Result<Locked> {
        if let Some(locked) = self.locked {
            return Ok(locked);
        }
        let path = store.catalogue();
        if let Some(beside) = self.beside.filter(|_| path.exists()) {
            let beside = store.path().join(beside);
            disk::rename(&path, &beside).map_err(Error::io("rename to", &beside))?;
        }
        let mut locked = catalogue::open(&path, Options::default().lock_timeout)?;
        // Else a power cut could bring the damaged one back under commits that are acknowledged.
        durable::sync_folder(store.path())?;
        let mut says = self.catalogue;
        says.unsealed.retain(|key, _| !lost.contains(key));
        locked.adopt(&says, self.commit)?;
        Ok(locked)
    }
}
