//! Files that were changed at random, of every format: an error, or entries that a store would take; no panic.
//!
//! Seeds are those of `fuzz/corpus/`. `KNDB_FUZZ_SECONDS` sets for how long: `cargo xtask fuzz`.

#[path = "../../../../fuzz/kept.rs"]
mod kept;
#[path = "../../../../storage/tests/store/fuzz/mutations.rs"]
mod mutations;
mod read;
mod seeds;

use mutations::{Random, mutate};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

#[test]
fn files_that_are_kept_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for target in read::targets() {
        kept::replay(&target, |bytes| {
            let read = read::read(&target, folder.path(), bytes);
            let is_table = [&b"PAR1"[..], b"ARROW1"].iter().any(|magic| bytes.starts_with(magic));
            match read {
                Err(said) if cfg!(not(feature = "parquet")) && is_table => {
                    assert!(said.contains("built without Parquet and Arrow"), "{said}");
                    Ok(())
                }
                read => read,
            }
        });
    }
}

#[test]
fn changed_files_are_read_or_refused() {
    let asked = |variable: &str| std::env::var(variable).ok().and_then(|number| number.parse::<u64>().ok());
    let seconds = asked("KNDB_FUZZ_SECONDS").map(Duration::from_secs);
    let (folder, begun) = (tempfile::tempdir().expect("a folder"), Instant::now());
    let all = read::targets().into_iter().map(|target| (kept::kept("corpus", &target), target));
    let all: Vec<_> = all.collect();
    for number in asked("KNDB_FUZZ_FROM").unwrap_or(0).. {
        if seconds.map_or(number == 1_500, |seconds| begun.elapsed() >= seconds) {
            break;
        }
        let mut random = Random(number);
        let (seeds, target) = &all[number as usize % all.len()];
        let mut bytes = seeds[random.below(seeds.len() as u64) as usize].1.clone();
        mutate(&mut bytes, &mut random, true);
        let read = catch_unwind(AssertUnwindSafe(|| read::read(target, folder.path(), &bytes)));
        assert!(read.is_ok(), "try {number} of {target} panicked; KNDB_FUZZ_FROM={number} repeats it");
    }
}
