//! Upkeep of whole stores: backups, stores merged into one, runs with other names, repairs.
//!
//! Not for what a commit does by itself (garbage), nor for segments that grow many ([`crate::compact`]).

mod backup;
mod merge;
mod prove;
#[cfg(all(test, target_os = "linux"))]
mod released;
mod rename;
mod repair;

pub use backup::{BackedUp, is_within};
pub use merge::{MergeProgress, Merged, MergedRun};
pub use repair::{Repair, Repairs};

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

impl crate::store::Store {
    /// Where the store says what repairs have taken from it: that entries are there again which were lost. For writers that have brought
    /// entries; best called when they are done, since all that is lost is looked for.
    pub(crate) fn tell_what_came_back(&self) -> crate::error::Result<()> {
        if self.for_writing()?.catalogue.lost.is_empty() {
            return Ok(());
        }
        // A repair writes the text under the lock, too.
        let (_gate, locked) = self.lock()?;
        repair::note::tell_what_came_back(self.path(), &self.snapshot_under(&locked)?)
    }
}

/// The file in which a store says what repairs have taken from it.
pub(crate) const REPAIRS: &str = "repairs";
