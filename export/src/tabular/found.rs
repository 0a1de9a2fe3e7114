//! The entries of a run in a language, in the order in which they are written: by relation, fact, prompt.

use crate::error::Result;
use crate::rows::Source;
use kndb_storage::{FactId, LanguageId, LivePart, Run, Slot};

/// An entry, and where it is.
#[derive(Clone, Copy)]
pub(crate) struct Found<'s> {
    /// `None` for facts without one, which come last.
    pub relation: Option<&'s str>,
    pub id: &'s str,
    pub prompt: u16,
    /// Whether these are degenerate groups.
    pub groups: bool,
    pub fact: FactId,
    /// The place of its part in the list.
    part: u32,
    pub local: u32,
}

/// All of them.
pub(crate) struct AllFound<'s> {
    parts: Vec<LivePart<'s>>,
    pub entries: Vec<Found<'s>>,
}

impl<'s> AllFound<'s> {
    /// Those that are chosen.
    pub(crate) fn of(source: &Source<'s>, run: &Run, language: LanguageId) -> Result<Self> {
        let snapshot: &'s kndb_storage::Snapshot = source.snapshot;
        let mut all = Self { parts: Vec::new(), entries: Vec::new() };
        let (attributions, groups) = snapshot.slots_of(run.id);
        let slots = attributions.map(|slot| (slot, false)).chain(groups.map(|slot| (slot, true)));
        for (slot, groups) in slots.filter(|(slot, _)| slot.language == language) {
            let parts = if groups { snapshot.group_parts(slot)? } else { snapshot.parts(slot)? };
            for part in parts {
                all.add(source, part, slot, groups)?;
            }
        }
        all.entries.sort_unstable_by_key(|entry| {
            (entry.relation.is_none(), entry.relation, entry.id, entry.prompt, entry.groups)
        });
        Ok(all)
    }

    fn add(&mut self, source: &Source<'s>, part: LivePart<'s>, slot: Slot, groups: bool) -> Result<()> {
        let snapshot: &'s kndb_storage::Snapshot = source.snapshot;
        let number = self.parts.len() as u32;
        self.parts.push(part);
        for (local, fact) in (0..).zip(part.part.facts()?) {
            if !part.is_live(local) {
                continue;
            }
            let fact = FactId(u32::from_le_bytes(*fact));
            let relation = snapshot.fact_relation(fact)?;
            if source.chosen.has_relation(relation) {
                let relation = relation.map(|relation| snapshot.relation_name(relation));
                let id = snapshot.external_id(fact)?;
                self.entries.push(Found { relation, id, prompt: slot.prompt.0, groups, fact, part: number, local });
            }
        }
        Ok(())
    }

    /// The part of an entry.
    pub(crate) fn part(&self, entry: &Found<'s>) -> LivePart<'s> {
        self.parts[entry.part as usize]
    }
}
