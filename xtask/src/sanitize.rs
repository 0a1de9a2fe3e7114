//! The code that maps files under AddressSanitizer, and what of the store can run without files under Miri.

use crate::check::finish;
use crate::{nightly, root, say};

/// Unit tests that map no file: blocks, sets, envelopes.
const WITHOUT_FILES: [&str; 3] = ["block::", "packed::", "keys::"];

/// Runs the tests of the store, those whose names have one of `filters` in them if there are any.
pub fn run(filters: &[&str]) -> Result<(), String> {
    let nightly =
        nightly::installed().ok_or("sanitizers need a nightly toolchain: rustup toolchain install nightly")?;
    say(&format!("xtask: kndb-storage under AddressSanitizer, {}\n", nightly.version));
    let mut cargo = nightly.cargo();
    cargo.args(["test", "-p", "kndb-storage", "--lib", "--test", "store", "--target", &nightly.host]);
    cargo.arg("--target-dir").arg(root().join("target/sanitize")).arg("--").args(filters);
    // What a process that is killed has not given back is no fault here.
    cargo.env("RUSTFLAGS", "-Zsanitizer=address").env("ASAN_OPTIONS", "detect_leaks=0").current_dir(root());
    finish(cargo, "cargo +nightly test")?;
    if !nightly.has("miri") {
        return Err("AddressSanitizer found nothing; Miri did not run: it is not installed (rustup component add miri --toolchain nightly)".into());
    }
    let mut cargo = nightly.cargo();
    cargo.args(["miri", "test", "-p", "kndb-storage", "--lib", "--"]).args(WITHOUT_FILES).current_dir(root());
    cargo.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    finish(cargo, "cargo +nightly miri test")
}
