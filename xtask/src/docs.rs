//! Writes the generated pages of `docs/` anew. The tests that compare them are the generators.

use crate::{check, root};

/// Runs the generators.
pub fn run() -> Result<(), String> {
    for (package, test) in
        [("kndb-query", "conditions"), ("kndb-cli", "cli_reference"), ("kndb-engine", "loading"), ("kndb-cli", "docs")]
    {
        let arguments = ["test", "--package", package, "--test", test];
        let mut command = check::cargo_command();
        command.args(arguments).current_dir(root()).env("KNDB_WRITE_DOCS", "1");
        check::finish(command, &format!("cargo {}", arguments.join(" ")))?;
    }
    Ok(())
}
