//! Which sets a study was kept to, above what was found.

use std::io::{self, Write};

/// A line a set; nothing without any.
pub(crate) fn write_sets(only: &[String], without: &[String], out: &mut dyn Write) -> io::Result<()> {
    only.iter().try_for_each(|set| writeln!(out, "only what is in {set}"))?;
    without.iter().try_for_each(|set| writeln!(out, "without what is in {set}"))
}
