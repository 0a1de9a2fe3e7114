//! Bytes that were made up: every reader answers with an error or with whatever they say, and never panics, hangs, or asks for
//! memory that no such file can need.
//!
//! The checksums are made right again after every change, so that what is behind them is reached. Seeds are the files of a store
//! that has a bit of everything. `KNDB_FUZZ_SECONDS` sets for how long: `cargo xtask fuzz`; what it finds becomes a test.

mod catalogue;
mod checksums;
mod envelope;
pub mod mutations;
mod published;
mod seeds;

use crate::answers::Answers;
use crate::child::tell;
use crate::damage::put;
use crate::meter::watched;
use crate::toy::{Random, asked};
use crate::whole::{Whole, copy};
use checksums::Forge;
use kndb_storage::{Error, Store};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Tries, or seconds, as the environment says.
struct Tries {
    begun: Instant,
    seconds: Option<Duration>,
    next: u64,
    end: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Tries {
    fn new(usually: u64) -> Self {
        let seconds = Some(asked("KNDB_FUZZ_SECONDS", 0)).filter(|&seconds| seconds > 0).map(Duration::from_secs);
        let next = asked("KNDB_FUZZ_FROM", 0);
        let counts = BTreeMap::new();
        Self { begun: Instant::now(), seconds, next, end: next + asked("KNDB_FUZZ_TRIES", usually), counts }
    }

    fn next(&mut self) -> Option<u64> {
        let goes_on = self.seconds.map_or(self.next < self.end, |seconds| self.begun.elapsed() < seconds);
        self.next += 1;
        goes_on.then_some(self.next - 1)
    }

    /// Runs one try, which must not panic, and says how it ended.
    fn run(&mut self, number: u64, what: &str, examine: impl FnOnce() -> Result<(), Error>) {
        let ended = watched(number, || catch_unwind(AssertUnwindSafe(examine)));
        let ended = match ended {
            Ok(Ok(())) => "read",
            Ok(Err(error)) => {
                let a_bug = matches!(error, Error::Group { .. });
                assert!(!a_bug, "try {number} ({what}): {error}");
                "refused"
            }
            Err(_) => panic!("try {number} ({what}) panicked; KNDB_FUZZ_FROM={number} repeats it"),
        };
        *self.counts.entry(ended).or_default() += 1;
    }

    fn tell(&self, of: &str) {
        tell(&format!("{of}: {:?} of tries up to {}", self.counts, self.next - 1));
    }
}

/// Reads all that a store says, and verifies it.
fn read(store: &Store) -> Result<(), Error> {
    let answers = Answers::of(store)?;
    // Verified even where something was refused: there is more to read.
    let verified = store.verify();
    answers.refused.into_values().next().map_or(Ok(()), Err)?;
    verified.map(drop)
}

/// Reads it without leave to change anything, and now and then compacts a copy, which copies what it reads.
fn examine(store: &Path, number: u64) -> Result<(), Error> {
    if number.is_multiple_of(40) {
        let written = copy(store);
        let written = Store::open(written.path())?;
        // Refused or done, and read again: nothing of it may panic.
        let _ = written.compact();
        let _ = written.drop_orphans();
        let _ = read(&written);
    }
    read(&Store::open_read_only(store)?)
}

#[test]
fn made_up_files_are_refused_or_read_and_nothing_panics() {
    let whole = Whole::new();
    let root = &whole.toy.path;
    let newest = |file: &&PathBuf| !file.starts_with("catalogue") && !file.starts_with("claims");
    let files: Vec<&PathBuf> = whole.files.iter().filter(newest).collect();
    let mut tries = Tries::new(300);
    while let Some(number) = tries.next() {
        let mut random = Random(number);
        let file = files[random.below(files.len() as u64) as usize];
        // Before the change: a file of waiting entries is proved by the manifest.
        let changed = Forge::of(root, file).change(&mut random);
        let before: Vec<_> =
            changed.iter().map(|(path, _)| (path.clone(), std::fs::read(path).expect("reads"))).collect();
        for (path, bytes) in &changed {
            put(path, bytes);
        }
        tries.run(number, &file.display().to_string(), || examine(root, number));
        for (path, bytes) in before {
            put(&path, &bytes);
        }
    }
    tries.tell("files");
    // Else the checksums are not made right, and nothing behind them is reached.
    let few = |ended| tries.counts.get(ended).is_none_or(|&count| count < 10);
    assert!(tries.next < 300 || !(few("read") || few("refused")), "{:?}", tries.counts);
    let answers = Answers::of(&Store::open_read_only(root).expect("opens")).expect("reads");
    assert_eq!(answers.wrong(&whole.healthy), None, "the store is as it was");
}

#[test]
fn manifests_that_are_kept_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let published = published::Published::of(&published::kept(), &folder.path().join("store"));
    seeds::kept::replay("manifest", |bytes| published.read(bytes).map_err(|refusal| refusal.to_string()));
}
