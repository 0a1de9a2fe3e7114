//! Upkeep of whole stores: backups, stores merged into one, runs with other names, repairs.
//!
//! Not for what a commit does by itself (garbage), nor for segments that grow many ([`crate::compact`]).

mod backup;
mod merge;
mod prove;
mod rename;
mod repair;

pub use backup::BackedUp;
pub use merge::{MergeProgress, Merged, MergedRun};
pub use repair::Repair;

/// The folder for files that a repair has taken out of the store.
pub(crate) const DAMAGED: &str = "damaged";

/// Writes a repair down in the store.
pub(crate) fn say(
    store: &std::path::Path,
    repair: &Repair,
    commit: u64,
    kept: Vec<String>,
) -> crate::error::Result<()> {
    repair::note::write(store, repair, commit, kept.into_iter())
}

/// The file in which a store says what repairs have taken from it.
pub(crate) const REPAIRS: &str = "repairs";
