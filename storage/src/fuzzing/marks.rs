//! The small files beside the immutable ones: marker, epoch, history, and what repairs wrote down.

use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::files::history;
use crate::store::Store;
use std::path::Path;

const NAMES: [&str; 4] = ["KNDB", "epoch", "history", "repairs"];

/// One of the small files, in a folder of its own; the first byte says which, the next one of which commit is asked.
///
/// # Errors
/// When the folder cannot be written.
pub fn marks(folder: &Path, bytes: &[u8]) -> Result<()> {
    let Some((&[which, commit], content)) = bytes.split_first_chunk() else { return Ok(()) };
    let name = NAMES[usize::from(which) % NAMES.len()];
    for name in NAMES {
        // One that is not there is as good as gone.
        let _ = std::fs::remove_file(folder.join(name));
    }
    let path = folder.join(name);
    std::fs::write(&path, content).map_err(Error::io("write", &path))?;
    match name {
        "epoch" => epoch(folder),
        "history" => past(folder, content, commit),
        _ => {
            if name == "repairs" {
                let path = folder.join(NAMES[0]);
                std::fs::write(&path, "kndb store, format 2\n").map_err(Error::io("write", &path))?;
            }
            marked(folder)
        }
    }
}

/// A store with nothing but its marker: opened or refused.
fn marked(folder: &Path) -> Result<()> {
    Store::lacks_its_marker(folder)?;
    let store = Store::open_read_only(folder)?;
    store.repairs().map(drop)
}

fn epoch(folder: &Path) -> Result<()> {
    let epoch = Epoch::of(folder);
    let _ = (epoch.confirmed(), epoch.last(), epoch.done(), epoch.check(folder, 3));
    epoch.announce(7)?;
    assert_eq!((epoch.confirmed(), epoch.last(), epoch.done()), (None, 7, Some(6)), "a commit has begun");
    epoch.confirm(7);
    assert_eq!((epoch.confirmed(), epoch.last(), epoch.done()), (Some(7), 7, Some(7)), "a commit is done");
    Ok(())
}

fn past(folder: &Path, content: &[u8], commit: u8) -> Result<()> {
    let first = content.first_chunk().map_or(0, |&first| u64::from_le_bytes(first));
    // Commits are below half of all numbers: `Catalogue::check_numbers`.
    let commit = first.saturating_add(u64::from(commit)).min(u64::MAX / 2 - 1);
    history::mark_of(folder, commit);
    history::keep(folder, commit, 5);
    history::copy(folder, &folder.join("copy"), commit).or_else(|e| match e {
        // There is no such folder.
        Error::Io { .. } => Ok(()),
        other => Err(other),
    })?;
    history::ends_at(folder, commit);
    history::note(folder, commit, 9);
    assert_eq!(history::mark_of(folder, commit), Some(9), "what was noted");
    assert!(history::ends_at(folder, commit), "of commit {commit}");
    Ok(())
}
