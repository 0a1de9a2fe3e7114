//! A plan that is kept together with what it borrows from.

use crate::plan::names::Settings;
use crate::planned::Planned;
use kndb_storage::Snapshot;
use self_cell::self_cell;
use std::sync::Arc;

/// What plans borrow from.
pub(super) struct Ground {
    pub snapshot: Arc<Snapshot>,
    pub settings: Settings,
}

self_cell! {
    /// A plan and its ground. Rust has no safe form of a value that borrows from its neighbour, so a crate has it.
    pub(super) struct Held {
        owner: Ground,

        #[covariant]
        dependent: Planned,
    }
}

impl Held {
    /// The plan, borrowed for as long as this is.
    pub(super) fn planned(&self) -> &Planned<'_> {
        self.borrow_dependent()
    }

    /// Whether the plan is of a snapshot.
    pub(super) fn is_of(&self, snapshot: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(&self.borrow_owner().snapshot, snapshot)
    }
}
