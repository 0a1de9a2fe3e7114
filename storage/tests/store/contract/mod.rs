//! What writers are promised, whatever the store does inside.

mod appending;
mod claims;
mod dropping;
mod entries;
mod facts;
mod folding;
mod forgetting;
mod knowledge;
mod languages;
mod opening;
pub mod processes;
mod refusing;
mod relation_names;
mod replacing;
mod restoring;
mod runs;
mod saved_sets;
mod together;
mod unpublished;
