//! Opens sled: waits for its lock, and gets round what a crash can leave behind.
//!
//! sled 0.34 is opened for every commit, so what its opening does in rare cases matters here.

use crate::error::{Error, Result};
use crate::files::disk;
use std::path::Path;
use std::time::{Duration, Instant};

/// Opens sled's database in a folder, waiting up to `timeout` for whoever has it.
pub(crate) fn open_sled(path: &Path, timeout: Duration) -> Result<sled::Db> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let config = sled::Config::new().path(path).cache_capacity(16 << 20).flush_every_ms(None);
        match config.open() {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(e)) if is_lock(&e) => {
                if started.elapsed() >= timeout {
                    return Err(Error::Locked { path: path.to_owned(), waited: timeout });
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(sled::Error::Corruption { .. }) if started.elapsed() < timeout && remove_half_snapshots(path) => {}
            Err(source) => return Err(sled_error(path, source)),
        }
    }
}

/// Fails where a file that is changed in place has another name elsewhere: a copy made of links would be changed along.
pub(crate) fn must_be_one(path: &Path) -> Result<()> {
    #[cfg(unix)]
    for file in [Some(path.join("db")), path.parent().map(|store| store.join("epoch"))].into_iter().flatten() {
        use std::os::unix::fs::MetadataExt;
        let links = std::fs::metadata(&file).map_or(1, |found| found.nlink());
        if links > 1 {
            return Err(Error::Linked { path: file, links });
        }
    }
    Ok(())
}

/// sled 0.34 reads a snapshot of its own that a crash cut short (`snap.….generating`) as if it were
/// damaged, and can never be opened again. Such a file says nothing that the log does not: removes it,
/// under sled's own lock. Says whether another try is worth it.
fn remove_half_snapshots(path: &Path) -> bool {
    let Ok(db) = std::fs::File::open(path.join("db")) else { return false };
    if db.try_lock().is_err() {
        // Someone else is in, perhaps doing the same.
        return true;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return false };
    let half = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".generating"));
    half.map(|entry| disk::remove_file(&entry.path())).filter(Result::is_ok).count() > 0
}

/// sled's answer; damage is told apart from what else may go wrong.
pub(crate) fn sled_error(path: &Path, source: sled::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    let expected = "what sled wrote";
    match source {
        sled::Error::Corruption { .. } => Error::corrupt(path, "catalogue", "bytes that sled refuses", expected),
        // The catalogue was made with this sled and these options, so another version or option is damage.
        sled::Error::Unsupported(found) => Error::corrupt(path, "catalogue", found, expected),
        sled::Error::Io(e) if matches!(e.kind(), InvalidData | UnexpectedEof) => {
            Error::corrupt(path, "catalogue", e, expected)
        }
        source => Error::Sled { path: path.to_owned(), source },
    }
}

/// sled reports a held lock as an error of kind `Other` (or the system's own) with this text.
fn is_lock(e: &std::io::Error) -> bool {
    e.kind() == std::io::ErrorKind::WouldBlock || e.to_string().contains("could not acquire lock")
}
