//! A plan that is kept together with what it borrows from. The one place of this crate with `unsafe`.

use crate::error::QueryError;
use crate::plan::names::Settings;
use crate::planned::Planned;
use kndb_storage::Snapshot;
use std::sync::Arc;

/// What plans borrow from.
pub(super) struct Ground {
    pub snapshot: Arc<Snapshot>,
    pub settings: Settings,
}

/// A plan and its ground.
pub(super) struct Held {
    /// Borrows from `ground`, and is dropped before it: fields are dropped in this order.
    planned: Planned<'static>,
    ground: Arc<Ground>,
}

impl Held {
    /// Makes a plan. It may borrow from the ground, for any lifetime that it has, and so from nothing else that ends.
    pub(super) fn new(
        ground: Ground,
        plan: impl for<'s> FnOnce(&'s Ground) -> Result<Planned<'s>, QueryError>,
    ) -> Result<Self, QueryError> {
        let ground = Arc::new(ground);
        // SAFETY: what the reference points to lies in the allocation of the `Arc`, which neither moves nor is changed, and which
        // `ground` keeps for as long as `planned` is there. `plan` accepts every lifetime, so it can keep the reference nowhere but in what
        // it returns; and that leaves this module with the lifetime of a borrow of `Held` only ([`Self::planned`]).
        #[expect(unsafe_code, reason = "a value that borrows from its neighbour has no safe form")]
        let there: &'static Ground = unsafe { &*Arc::as_ptr(&ground) };
        Ok(Self { planned: plan(there)?, ground })
    }

    /// The plan, borrowed for as long as this is.
    pub(super) fn planned(&self) -> &Planned<'_> {
        &self.planned
    }

    /// Whether the plan is of a snapshot.
    pub(super) fn is_of(&self, snapshot: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(&self.ground.snapshot, snapshot)
    }
}
