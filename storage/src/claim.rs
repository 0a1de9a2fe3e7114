//! Who fills a run: a claim that two jobs cannot have at once, so that the second learns of the first before it has worked.
//!
//! A claim is a lock on a small file, which the system lets go when its process ends, however it ends. Nobody needs one to
//! read, and commits do not look at it: two writers without claims are told apart entry by entry, as ever.

use crate::error::{Error, Result};
use crate::store::Store;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_128;

/// How a run is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// For a job that first looks what is missing: no other job may fill the run meanwhile.
    Alone,
    /// With other jobs of this kind, such as imports of other files.
    Together,
}

/// A claim on a run; dropping it lets the run go.
#[derive(Debug)]
pub struct RunClaim {
    /// The lock is on this open file.
    _file: File,
}

impl Store {
    /// Claims a run, there already or not yet. `by` says who for the message to the next one: `kndb attribute`.
    ///
    /// # Errors
    /// [`Error::RunClaimed`] when a job of this process or another has a claim that excludes this one.
    pub fn claim_run(&self, run: &str, claim: Claim, by: &str) -> Result<RunClaim> {
        self.must_be_writable()?;
        let path = self.claim_path(run);
        let folder = path.parent().unwrap_or(self.path());
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(Error::io("claim", &path))?;
        let locked = match claim {
            Claim::Alone => file.try_lock(),
            Claim::Together => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Some systems lock the text, too. It is only for the message.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.is_empty() { "another process".to_owned() } else { holder };
                return Err(Error::RunClaimed { run: run.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        let text = format!("{by}, process {}", std::process::id());
        // Who cannot write the text has the lock all the same.
        let _ =
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(text.as_bytes()));
        Ok(RunClaim { _file: file })
    }

    /// By the name's hash: a run that is begun has no number yet, and names may hold any character. The file stays: removing it
    /// could take it from under somebody who has just opened it.
    fn claim_path(&self, run: &str) -> PathBuf {
        self.path().join("claims").join(format!("{:032x}", xxh3_128(run.as_bytes())))
    }
}
