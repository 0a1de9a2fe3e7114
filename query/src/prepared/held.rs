//! A plan that is kept together with what it borrows from.

use crate::attached::ground::{Ground, Taken};
use crate::planned::Planned;
use kndb_storage::Snapshot;
use self_cell::self_cell;
use std::sync::Arc;

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

    /// Whether the plan is of a snapshot, and of those of attached stores.
    pub(super) fn is_of(&self, snapshot: &Arc<Snapshot>, taken: &Taken) -> bool {
        self.borrow_owner().is_of(snapshot, taken)
    }
}
