//! Which runs have what, in which languages: from the manifest alone, no segment is opened.

use super::{Slot, Snapshot};
use crate::ids::{LanguageId, RunId};
use crate::run::Run;
use crate::segment::PartKind;
use roaring::RoaringBitmap;
use std::collections::BTreeSet;

/// What a run may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Scores, or neuron sets without scores.
    Attributions,
    /// Scores.
    Scores,
    /// Neuron sets without scores.
    Sets,
    /// Facts that were searched for degenerate groups, whatever was found.
    Groups,
}

impl Content {
    fn is(self, kind: PartKind) -> bool {
        match self {
            Self::Attributions => kind.is_attribution(),
            Self::Scores => kind == PartKind::Scores,
            Self::Sets => kind == PartKind::Neurons,
            Self::Groups => kind == PartKind::Groups,
        }
    }
}

impl Snapshot {
    /// Languages in which a run has entries of a kind, ascending. Entries that were replaced do not count.
    pub fn languages_with(&self, run: RunId, content: Content) -> Vec<LanguageId> {
        let mut found = BTreeSet::new();
        let slots = self.attributions.range(Slot::all_of(run)).chain(self.groups.range(Slot::all_of(run)));
        for &(segment, index) in slots.flat_map(|(_, parts)| parts) {
            let open = &self.segments[segment];
            let part = open.segment.parts[index];
            let replaced = open.tombstones.get(&index).map_or(0, RoaringBitmap::len);
            if part.kind().is_some_and(|kind| content.is(kind)) && u64::from(part.count) > replaced {
                found.insert(part.language());
            }
        }
        found.into_iter().collect()
    }

    /// Runs that have entries of a kind, oldest first.
    pub fn runs_with(&self, content: Content) -> impl Iterator<Item = &Run> {
        self.runs().filter(move |run| !self.languages_with(run.id, content).is_empty())
    }
}
