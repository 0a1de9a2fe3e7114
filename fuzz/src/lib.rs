//! What the libFuzzer targets of kndb share: changes that make checksums right again, and what must hold of whatever is read.
//!
//! It is the tests' own code: `storage/tests/store/fuzz`, `storage/src/fuzzing`, `query/tests/fuzz` and `import/tests/import/fuzz`. Each file
//! in `targets/` is a target: `cargo xtask fuzz` runs them all, `cargo fuzz run NAME` one.

#[allow(dead_code, reason = "the tests of damage use the rest")]
#[path = "../../storage/tests/store/answers.rs"]
mod answers;
#[path = "../../query/tests/fuzz/check.rs"]
pub mod check;
#[allow(dead_code, reason = "the tests of stores use the rest")]
#[path = "../../storage/tests/store/fuzz/envelope.rs"]
mod envelope;
#[path = "../../storage/tests/store/fuzz/mutations.rs"]
mod mutations;
#[path = "../../storage/tests/store/fuzz/published.rs"]
pub mod published;
#[path = "../../import/tests/import/fuzz/read.rs"]
pub mod read;

use envelope::{Container, WAITING_TRAILER, prove_waiting};
use mutations::{Random, mutate};
use published::Published;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// A folder for what is read by its path; it lives as long as the process.
pub fn folder() -> &'static Path {
    FOLDER.path()
}

static PUBLISHED: LazyLock<Published> = LazyLock::new(|| Published::of(&published::kept(), &folder().join("store")));

/// Asks a small store everything, by a manifest of these bytes.
pub fn manifest(bytes: &[u8]) -> Result<(), kndb_storage::Error> {
    PUBLISHED.read(bytes)
}

/// libFuzzer's own changes: the bytes, how many are in use, how many may be; returns how many are in use then.
pub type Any = fn(&mut [u8], usize, usize) -> usize;

/// Changes a file in its envelope, and makes its checksums right again: else nothing behind them is reached.
pub fn change_file(data: &mut [u8], size: usize, max_size: usize, seed: u32, any: Any) -> usize {
    let mut random = Random(seed.into());
    let Some(container) = Container::of(&data[..size]).filter(|_| random.below(50) > 0) else {
        return any(data, size, max_size);
    };
    let changed = container.change(&mut random, &mut |bytes: &mut Vec<u8>, random: &mut Random, resize: bool| {
        let size = bytes.len();
        if size == 0 || random.below(3) == 0 {
            return mutate(bytes, random, resize);
        }
        let room = size + if resize { 64 } else { 0 };
        bytes.resize(room, 0);
        let used = any(bytes, size, room);
        bytes.truncate(used);
        if !resize {
            bytes.resize(size, 0);
        }
    });
    if changed.len() > max_size {
        return size;
    }
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
}

/// Changes an entry that waits, behind the bytes that say of which kind it is, and makes its checksums right again.
pub fn change_waiting(data: &mut [u8], size: usize, max_size: usize, seed: u32, any: Any) -> usize {
    let mut random = Random(seed.into());
    let (head, tail) = (4.min(size), size.saturating_sub(WAITING_TRAILER));
    if tail <= head || random.below(4) == 0 {
        let size = any(data, size, max_size);
        data[..size].get_mut(head..).into_iter().for_each(prove_waiting);
        return size;
    }
    // Its end says that it is of this format.
    let mut content = data[head..tail].to_vec();
    let room = (max_size - size).min(64);
    content.resize(tail - head + room, 0);
    let used = any(&mut content, tail - head, tail - head + room);
    let end = data[tail..size].to_vec();
    let changed = [&data[..head], &content[..used], &end].concat();
    data[..changed.len()].copy_from_slice(&changed);
    prove_waiting(&mut data[head..changed.len()]);
    changed.len()
}

/// A target that has bytes read, whatever comes of it.
#[macro_export]
macro_rules! target {
    (|$bytes:ident| $read:expr) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            let $bytes = bytes;
            // Refused or read: panics are what is looked for.
            let _ = $read;
        });
    };
}

/// A target whose bytes have checksums, and what changes them so that these stay right.
#[macro_export]
macro_rules! proved_target {
    ($change:ident, |$bytes:ident| $read:expr) => {
        $crate::target!(|$bytes| $read);
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::$change(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
        });
    };
}

/// A target that has a file of a format read: `import_FORMAT`.
#[macro_export]
macro_rules! import_target {
    ($name:literal) => {
        $crate::target!(|bytes| $crate::read::read($name, $crate::folder(), bytes));
    };
}
