//! A catalogue whose sled snapshot is damaged: the log alone says the same, as a rule, and sled refuses to try.
//!
//! sled 0.34 writes a summary of its log (`snap.…`) and does not open the database when that cannot be read. Without it the log is read from its
//! beginning. That is tried on a copy first: what comes of it must be the newest commit that the store knows of. It need not be: a part
//! of the log whose records were all written anew is taken back, and without the snapshot sled throws away what follows where that part was the one in
//! which it was durable last. Then the newest manifest says the same as the catalogue, and a repair takes it from there.

use super::Catalogue;
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::manifest::{Manifest, numbers};
use crate::files::{disk, durable};
use crate::upkeep;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a copy's name begins; the process follows.
const TRIAL: &str = "catalogue.trial-";

/// Puts sled's snapshots aside, in the store's folder `damaged`, if the log alone gives the whole catalogue; the store's `repairs` then says so.
/// Says whether another try to open it is worth it.
pub(super) fn put_snapshots_aside(path: &Path, timeout: Duration) -> bool {
    let (Some(store), Ok(db)) = (path.parent(), File::open(path.join("db"))) else { return false };
    if db.try_lock().is_err() {
        // Someone else is in, perhaps doing the same.
        return true;
    }
    let Ok(snapshots) = snapshots(path) else { return false };
    if snapshots.is_empty() {
        return false;
    }
    let trial = store.join(format!("{TRIAL}{}", std::process::id()));
    remove_trials(store);
    let whole = copy(path, &trial).and_then(|()| read(&trial, timeout)).and_then(|found| must_be_newest(store, &found));
    // A copy that nobody reads; what cannot be removed is in nobody's way.
    let _ = std::fs::remove_dir_all(&trial);
    whole.and_then(|()| move_away(store, &snapshots, Epoch::of(store).last())).is_ok()
}

/// Removes the copies of those that were killed: whoever has the lock is the only one to try.
fn remove_trials(store: &Path) {
    let entries = std::fs::read_dir(store).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(TRIAL)) {
        // What cannot be removed is in nobody's way, but for one of this process's number, which is then told by the copying.
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

fn snapshots(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_snapshot = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."));
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    Ok(entries.collect::<std::io::Result<Vec<_>>>()?.into_iter().filter(is_snapshot).collect())
}

/// Copies all but the snapshots: the log, and the folder `blobs`, in which sled would keep values of more than 128 KB, of which kndb writes none
/// now.
fn copy(path: &Path, trial: &Path) -> Result<()> {
    copy_folder(path, trial).map_err(Error::io("copy", path))
}

fn copy_folder(path: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let (from, to, kind) = (entry.path(), to.join(entry.file_name()), entry.file_type()?);
        if kind.is_dir() {
            copy_folder(&from, &to)?;
        } else if kind.is_file() && !entry.file_name().to_string_lossy().starts_with("snap.") {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn read(trial: &Path, timeout: Duration) -> Result<Catalogue> {
    super::Locked::of(trial, crate::opening::open_sled(trial, timeout)?).reading().catalogue()
}

/// Fails unless nothing is known of a later commit, and the manifest of this one says the same, if it can be read.
fn must_be_newest(store: &Path, found: &Catalogue) -> Result<()> {
    let commit = found.counters.epoch;
    let last = numbers(store)?.last().copied().unwrap_or(0).max(Epoch::of(store).done().unwrap_or(0));
    let manifest = Manifest::open(store, commit).ok().flatten();
    if commit == 0 || commit < last || manifest.is_some_and(|manifest| !found.says_the_same(&manifest.catalogue)) {
        let expected = format!("commit {last}, as it was published");
        return Err(Error::corrupt(&store.join("catalogue"), "log", format!("commit {commit}"), expected));
    }
    Ok(())
}

fn move_away(store: &Path, snapshots: &[PathBuf], commit: u64) -> Result<()> {
    let mut kept = Vec::new();
    let folder = store.join(upkeep::DAMAGED);
    durable::create_folders(&folder)?;
    for path in snapshots {
        let name = path.file_name().unwrap_or_default();
        disk::rename(path, &folder.join(name)).map_err(Error::io("rename", path))?;
        kept.push(format!("{}/{}", upkeep::DAMAGED, name.to_string_lossy()));
    }
    durable::sync_folder(&folder)?;
    durable::sync_folder(&store.join("catalogue"))?;
    let rebuilt = vec!["the catalogue's snapshot, from its log: sled could not read it".to_owned()];
    upkeep::say(store, &upkeep::Repair { lost: Vec::new(), rebuilt }, commit, kept)
}
