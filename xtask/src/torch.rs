//! The engine's parity tests on libtorch: `cargo xtask torch FOLDER`, with a folder made by `engine/libtorch.sh`.
//!
//! Not part of the gate: libtorch is half a gigabyte to download and minutes to bind.

use std::path::Path;
use std::process::Command;

use crate::root;

/// Tests of the engine that know the variable `KNDB_DEVICE`.
const TESTS: [&str; 3] = ["goldens", "interventions", "vocabulary"];

/// Builds the engine against the libtorch of `folder` and runs its parity tests on `device`.
pub fn run(folder: &str, device: &str) -> Result<(), String> {
    let library = Path::new(folder).join("lib");
    let library =
        library.canonicalize().map_err(|e| format!("{}: {e}; make it with engine/libtorch.sh", library.display()))?;
    let folder = library.parent().unwrap_or(&library);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "-p", "kndb-engine", "--features", "tch"]).current_dir(root());
    for test in TESTS {
        command.args(["--test", test]);
    }
    let mut paths = vec![library.clone()];
    paths.extend(std::env::split_paths(&std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default()));
    let paths = std::env::join_paths(paths).map_err(|e| e.to_string())?;
    command.env("LIBTORCH", folder).env("LD_LIBRARY_PATH", paths).env("KNDB_DEVICE", device);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo test on {device}: {status}")),
        Err(e) => Err(format!("cargo cannot be started: {e}")),
    }
}
