//! The files that are kept for a target: seeds in `corpus/`, and in `regressions/` what was found and mended. Tests of the crates read them, too.

use std::path::{Path, PathBuf};

/// The folder `fuzz/`, beside the crate of a test.
pub fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// Names and bytes of a target's files in one of the two folders, by name.
pub fn kept(folder: &str, target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join(folder).join(target);
    // Of most targets nothing was found.
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("lists").path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("reads")))
        .collect();
    files.sort();
    files
}

/// Has a target read all that is kept for it. Seeds are sound.
pub fn replay(target: &str, read: impl Fn(&[u8]) -> Result<(), String>) {
    let seeds = kept("corpus", target);
    assert!(!seeds.is_empty(), "no seeds for {target}: `cargo xtask fuzz --corpus` writes them");
    for (name, bytes) in seeds {
        read(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
    for (_, bytes) in kept("regressions", target) {
        // Refused or read, but no panic.
        let _ = read(&bytes);
    }
}

/// Writes a target's seeds anew.
#[allow(dead_code, reason = "not every test writes")]
pub fn write(target: &str, seeds: &[(&str, Vec<u8>)]) {
    let folder = fuzz().join("corpus").join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, bytes) in seeds {
        std::fs::write(folder.join(name), bytes).expect("writes");
    }
}
