//! Readers while others write: what they hold stays, what they ask for anew is new.

mod anywhere;
mod files;
pub mod processes;
mod snapshots;
