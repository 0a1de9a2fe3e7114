//! Which facts are searched, and which of their neurons may be in a group.
//!
//! The engine knows no query language: whoever does implements [`Choice`].

use super::DegenerateJob;
use kndb_storage::{FactId, Neuron};
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The parameter of a run that keeps what its sets held: the same sets may hold something else another time.
pub const CHOSEN: &str = "chosen";

/// A choice of facts, and of their neurons. It must be the same in every job on a run.
pub trait Choice: fmt::Debug + Send + Sync {
    /// Whether a fact is searched.
    fn takes(&self, fact: FactId) -> bool;

    /// Leaves those of a fact's neurons that may be candidates, in their order.
    fn retain(&self, fact: FactId, neurons: &mut Vec<Neuron>);
}

impl DegenerateJob {
    /// Searches what was chosen alone. `texts` are parameters that say in words what was, `members` is all that it holds, as a text: the
    /// run keeps its hash, so that one that was begun with others is not gone on with.
    #[must_use]
    pub fn choosing(mut self, choice: Arc<dyn Choice>, texts: Vec<(String, String)>, members: &str) -> Self {
        let hash = members_hash(members);
        self.run.parameters.extend(texts);
        self.run.parameters.push((CHOSEN.into(), hash.clone()));
        self.selection.chosen = Some(hash);
        self.choice = Some(choice);
        self
    }

    /// Whether a fact is searched.
    pub(super) fn takes(&self, fact: FactId) -> bool {
        self.choice.as_ref().is_none_or(|choice| choice.takes(fact))
    }
}

/// What [`CHOSEN`] is for these members.
pub fn members_hash(members: &str) -> String {
    format!("xxh3-{:032x}", xxh3_128(members.as_bytes()))
}
