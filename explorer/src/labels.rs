//! The search index: labels of subjects and objects in all languages, ids, names of relations, looked through while somebody types.
//!
//! All texts lie folded in one buffer, which is searched for the wanted letters from front to back: some ten megabytes for the labels of mLAMA
//! in 53 languages, which take a processor milliseconds. Made once for the facts of a store, and again when they change; entries of runs
//! change nothing of it. Not for statements: `subject~"…"` is the language's.

mod build;
mod find;
mod folding;

use std::sync::{Arc, Mutex, PoisonError};

use kndb_storage::{Snapshot, Store};

use crate::server::stop::Stop;
pub(crate) use build::Index;
pub(crate) use find::{Found, Hit};

/// The index of a store's newest facts.
#[derive(Default)]
pub(crate) struct Labels(Mutex<Option<Arc<Index>>>);

impl Labels {
    /// The index of a snapshot, made if it is not there. Others who want it meanwhile wait for it: it is made once.
    ///
    /// # Errors
    /// When the facts cannot be read, or `stop` says so.
    pub(crate) fn of(&self, snapshot: &Snapshot, stop: &dyn Fn() -> bool) -> kndb_storage::Result<Option<Arc<Index>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept.as_ref().filter(|index| index.is_of(snapshot)) {
            return Ok(Some(Arc::clone(index)));
        }
        let made = Index::of(snapshot, stop)?.map(Arc::new);
        if let Some(index) = &made {
            *kept = Some(Arc::clone(index));
        }
        Ok(made)
    }

    /// Makes the index before somebody asks. What fails here is told to whoever asks.
    pub(crate) fn get_ready(&self, store: &Store, stop: &Stop) {
        if let Ok(snapshot) = store.snapshot() {
            let _ = self.of(&snapshot, &|| stop.is_asked());
        }
    }
}
