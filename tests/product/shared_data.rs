//! Where the real data lies, for tests that need it, and what to say where it is not there.

use std::path::PathBuf;

/// `shared/data` beside the repository.
pub fn folder() -> Result<PathBuf, &'static str> {
    let folder = super::environment::root().join("../shared/data");
    folder.canonicalize().map_err(|_| "needs ../shared/data, which is not there")
}
