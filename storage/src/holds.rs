//! What a run holds, counted from headers of segments: of entries only those are read that were replaced and not folded away yet.

use crate::error::Result;
use crate::ids::{LanguageId, RunId};
use crate::segment::PartKind;
use crate::snapshot::{LivePart, Snapshot};

/// Counts of a run. Entries that were replaced do not count.
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
    ///
    /// # Errors
    /// When a file that is read is missing or damaged.
    pub fn holds(&self, run: RunId) -> Result<Holds> {
        let mut holds = Holds::default();
        let (attributions, groups) = self.slots_of(run);
        for slot in attributions {
            for live in self.parts(slot)?.into_iter().filter(|live| live.live_len() > 0) {
                holds.languages.push(slot.language);
                holds.attributed += live.live_len();
                if live.part.kind() == PartKind::Neurons {
                    holds.sets += live.live_len();
                }
                holds.kept += live.members()?;
            }
        }
        for slot in groups {
            for live in self.group_parts(slot)?.into_iter().filter(|live| live.live_len() > 0) {
                holds.languages.push(slot.language);
                holds.searched += live.live_len();
                holds.groups += live.members()?;
            }
        }
        holds.languages.sort_unstable();
        holds.languages.dedup();
        Ok(holds)
    }
}

impl LivePart<'_> {
    /// Scores, neurons or groups of the entries that were not replaced.
    ///
    /// # Errors
    /// When the part is damaged.
    pub fn members(&self) -> Result<u64> {
        let mut members = self.part.members();
        for local in self.replaced.into_iter().flatten() {
            let replaced = self.part.members_of(local)?;
            members = members.checked_sub(replaced).ok_or_else(|| {
                self.damaged(format!("{replaced} in replaced entry {local}"), "no more than are in the part")
            })?;
        }
        Ok(members)
    }
}
