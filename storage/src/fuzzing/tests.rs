//! What `fuzz/` keeps for the targets of this crate: sound seeds, and what was found.

#[path = "../../../fuzz/kept.rs"]
mod kept;

use super::*;
use kept::replay;

fn said(read: Result<()>) -> Result<(), String> {
    read.map_err(|refusal| refusal.to_string())
}

#[test]
fn segments_that_are_kept_are_read() {
    replay("segment", |bytes| said(segment(bytes)));
}

#[test]
fn waiting_entries_that_are_kept_are_read() {
    replay("waiting", |bytes| said(waiting(bytes)));
}

#[test]
fn dictionaries_that_are_kept_are_read() {
    replay("dictionary", |bytes| said(dictionary(bytes)));
}

#[test]
fn saved_sets_that_are_kept_are_read() {
    replay("saved_set", |bytes| said(saved_set(bytes)));
}

#[test]
fn catalogue_records_that_are_kept_are_read() {
    replay("records", |bytes| said(records(bytes)));
}

#[test]
fn small_files_that_are_kept_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    // A store's marker without a store is refused.
    replay("marks", |bytes| marks(folder.path(), bytes).or(Ok(())));
}
