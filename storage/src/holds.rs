//! What a run holds, counted from headers of segments: no score is read.

use crate::error::Result;
use crate::ids::{LanguageId, RunId};
use crate::segment::PartKind;
use crate::snapshot::Snapshot;

/// Counts of a run. Entries that were replaced count among what is kept until they are folded away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Languages it has entries in, ascending.
    pub languages: Vec<LanguageId>,
    /// (fact, language, prompt) triples with scores or neuron sets.
    pub attributed: u64,
    /// Those of them with neuron sets: no scores were kept, and no threshold applies.
    pub sets: u64,
    /// Those that were searched for degenerate groups, whatever was found.
    pub searched: u64,
    /// Scores kept, or neurons of sets without scores.
    pub kept: u64,
    /// Degenerate groups.
    pub groups: u64,
}

impl Holds {
    /// The entries a run is about: those with scores or neuron sets or, in a run without any, those that were searched.
    pub fn entries(&self) -> u64 {
        if self.attributed > 0 { self.attributed } else { self.searched }
    }
}

impl Snapshot {
    /// What a run holds.
    pub fn holds(&self, run: RunId) -> Result<Holds> {
        let mut holds = Holds::default();
        let (attributions, groups) = self.slots_of(run);
        for slot in attributions {
            holds.languages.push(slot.language);
            for live in self.parts(slot)? {
                holds.attributed += live.live_len();
                if live.part.kind() == PartKind::Neurons {
                    holds.sets += live.live_len();
                }
                holds.kept += live.part.members();
            }
        }
        for slot in groups {
            holds.languages.push(slot.language);
            for live in self.group_parts(slot)? {
                holds.searched += live.live_len();
                holds.groups += live.part.members();
            }
        }
        holds.languages.sort_unstable();
        holds.languages.dedup();
        Ok(holds)
    }
}
