//! The marks of a store's commits: what its past is, so that a backup is followed only by what came of it.
//!
//! Numbers of commits do not tell two copies apart that are both written to. A mark is a hash of all that a manifest says
//! ([`super::manifest::mark`]); the file `history` has those of the last commits. Written without fsync, but for commits that were backed up, and not needed for reading: a mark that
//! is lost or damaged costs the next copy of a backup, never an answer.

use super::{disk, durable};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of a number.
const NUMBER: u64 = 8;
/// More marks than this are cut to the later half: 8 MiB of them.
const MOST: u64 = 1 << 20;
/// Larger gaps than this are not filled with zeros; the file begins anew.
const GAP: u64 = 1_000;

fn path(store: &Path) -> PathBuf {
    store.join("history")
}

/// The mark of a commit; `None` where the file does not say.
pub(crate) fn mark_of(store: &Path, commit: u64) -> Option<u64> {
    let mut file = File::open(path(store)).ok()?;
    let at = commit.checked_sub(number_at(&mut file, 0)?)?;
    number_at(&mut file, at.checked_add(1)?.checked_mul(NUMBER)?).filter(|&mark| mark != 0)
}

fn number_at(file: &mut File, at: u64) -> Option<u64> {
    let mut bytes = [0; NUMBER as usize];
    file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes)).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// Writes down the mark of the newest commit; whatever the file says of later ones is of another store. Only under the catalogue's
/// lock. Best effort.
pub(crate) fn note(store: &Path, commit: u64, mark: u64) {
    // A failure leaves a mark that is not known.
    let _ = try_note(store, commit, mark);
}

fn try_note(store: &Path, commit: u64, mark: u64) -> std::io::Result<()> {
    let path = path(store);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    let len = file.metadata()?.len();
    let first = number_at(&mut file, 0).unwrap_or(0);
    let end = first.saturating_add((len / NUMBER).saturating_sub(1));
    let fits = len >= NUMBER && first <= commit && commit - end.min(commit) <= GAP;
    let at = if fits { (commit - first + 1) * NUMBER } else { NUMBER };
    if !fits {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&commit.to_le_bytes())?;
    }
    file.set_len(at)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&mark.to_le_bytes())?;
    disk::wrote();
    if at / NUMBER > MOST {
        let later = commit - MOST / 2;
        file.seek(SeekFrom::Start((later - first + 1) * NUMBER))?;
        let mut bytes = later.to_le_bytes().to_vec();
        file.read_to_end(&mut bytes)?;
        durable::write_whole(&path, &bytes).map_err(std::io::Error::other)?;
    }
    Ok(())
}

/// Makes the mark of a commit durable, having put it right where the file says another. A mark that lies outside of what the file has stays
/// unknown. Only under the catalogue's lock. Best effort.
pub(crate) fn keep(store: &Path, commit: u64, mark: u64) {
    let _ = try_keep(store, commit, mark);
}

fn try_keep(store: &Path, commit: u64, mark: u64) -> std::io::Result<()> {
    let path = path(store);
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    let first = number_at(&mut file, 0);
    let at = first.and_then(|first| commit.checked_sub(first)?.checked_add(1)?.checked_mul(NUMBER));
    if let Some(at) = at
        && number_at(&mut file, at).is_some_and(|known| known != mark)
    {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&mark.to_le_bytes())?;
    }
    disk::sync(&file, &path)?;
    durable::sync_folder_of(&path).map_err(std::io::Error::other)
}

/// Forgets what the file says of commits that the store has not made; says whether the mark of its last one is known.
pub(crate) fn ends_at(store: &Path, commit: u64) -> bool {
    let end = || {
        let mut file = OpenOptions::new().read(true).write(true).open(path(store)).ok()?;
        let at = commit.checked_sub(number_at(&mut file, 0)?)?.checked_add(2)?.checked_mul(NUMBER)?;
        if file.metadata().ok()?.len() > at {
            file.set_len(at).ok()?;
            disk::wrote();
        }
        Some(())
    };
    end().is_some() && mark_of(store, commit).is_some()
}

/// Gives a backup the past of its store, up to a commit.
pub(crate) fn copy(store: &Path, to: &Path, commit: u64) -> crate::error::Result<()> {
    // Without it the backup is as good; only it cannot be followed by backups of itself.
    let Ok(mut bytes) = std::fs::read(path(store)) else { return Ok(()) };
    let first = bytes.first_chunk().map_or(u64::MAX, |&first| u64::from_le_bytes(first));
    let Some(count) = commit.checked_sub(first) else { return Ok(()) };
    bytes.truncate(usize::try_from(count).unwrap_or(usize::MAX).saturating_add(2).saturating_mul(NUMBER as usize));
    durable::write_whole(&path(to), &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_the_commits_that_were_noted() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path();
        assert_eq!(mark_of(store, 3), None);
        for (commit, mark) in [(3, 30), (4, 40), (6, 60)] {
            note(store, commit, mark);
        }
        let marks = |store: &Path| [2, 3, 4, 5, 6, 7].map(|commit| mark_of(store, commit));
        assert_eq!(marks(store), [None, Some(30), Some(40), None, Some(60), None]);
        let other = tempfile::tempdir().expect("a folder");
        copy(store, other.path(), 4).expect("copies");
        assert_eq!(marks(other.path()), [None, Some(30), Some(40), None, None, None]);
        note(store, 4, 41);
        assert_eq!(marks(store), [None, Some(30), Some(41), None, None, None], "later ones are another's");
        assert!(ends_at(store, 3) && !ends_at(store, 4));
        assert_eq!(marks(store), [None, Some(30), None, None, None, None]);
        [(2, 5), (3, 31), (4, 5)].iter().for_each(|&(commit, mark)| keep(store, commit, mark));
        assert_eq!(marks(store), [None, Some(31), None, None, None, None], "in its place, and nowhere else");
        for commit in [1, u64::MAX / 2] {
            note(store, commit, 7);
            assert_eq!(std::fs::metadata(path(store)).expect("is there").len(), 16, "it begins anew");
            assert_eq!(mark_of(store, commit), Some(7));
        }
    }

    #[test]
    fn the_file_stays_small() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, last) = (folder.path(), MOST + 9);
        let bytes: Vec<u8> = (10..last).flat_map(u64::to_le_bytes).collect();
        std::fs::write(path(store), [&10_u64.to_le_bytes()[..], &bytes].concat()).expect("writes");
        assert_eq!(mark_of(store, 100), Some(100));
        note(store, last, last);
        note(store, last + 1, last + 1);
        assert!(std::fs::metadata(path(store)).expect("is there").len() <= (MOST / 2 + 3) * NUMBER);
        assert_eq!(
            [100, last - 9, last, last + 1].map(|commit| mark_of(store, commit)),
            [None, Some(last - 9), Some(last), Some(last + 1)]
        );
    }
}
