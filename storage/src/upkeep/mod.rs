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

/// The file in which a store says what repairs have taken from it.
pub(crate) const REPAIRS: &str = "repairs";
