//! Conditions on what a run measured of a fact: which facts a study is about.
//!
//! A study of facts that a model does not know says nothing of knowledge. What is compared was stored when the facts were attributed;
//! nothing is asked of the model anew. The conditions are those of statements. Not for neurons: those are chosen by statements.

use crate::error::StudyError;
use kndb_query::{EntryTest, measured_in};
use kndb_storage::{FactId, Measured, PromptId, Run, Slot, Snapshot};
use std::collections::HashMap;

/// `p>=0.1 and correct=yes`
pub(crate) fn listed(conditions: &[EntryTest]) -> String {
    conditions.iter().map(EntryTest::to_string).collect::<Vec<_>>().join(" and ")
}

/// As they are written, for the record of a study.
pub(crate) fn written<S: serde::Serializer>(conditions: &[EntryTest], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(conditions.iter().map(EntryTest::to_string))
}

/// What was measured of facts in some languages, for conditions on it.
pub(crate) struct Known<'o> {
    conditions: &'o [EntryTest],
    /// By language; empty without conditions.
    entries: Vec<(String, HashMap<FactId, Measured<'o>>)>,
}

impl<'o> Known<'o> {
    /// Reads it; nothing where nothing is asked.
    pub(crate) fn read(
        snapshot: &'o Snapshot,
        run: &Run,
        languages: &[String],
        prompt: u16,
        conditions: &'o [EntryTest],
    ) -> Result<Self, StudyError> {
        let mut known = Self { conditions, entries: Vec::new() };
        let Some(first) = conditions.first() else { return Ok(known) };
        let missing = |condition: &EntryTest| StudyError::NotMeasured {
            run: run.spec.name.clone(),
            condition: condition.to_string(),
            expected: condition.about(),
        };
        let measured = measured_in(snapshot, run).ok_or_else(|| missing(first))?;
        for language in languages {
            let slot =
                snapshot.language(language).map(|id| Slot { run: measured.id, language: id, prompt: PromptId(prompt) });
            let entries = slot.map_or_else(|| Ok(Vec::new()), |slot| snapshot.measured(slot, |_| true))?;
            known.entries.push((language.clone(), entries.into_iter().map(|entry| (entry.fact, entry)).collect()));
        }
        let entries = || known.entries.iter().flat_map(|(_, entries)| entries.values());
        match conditions.iter().find(|condition| !entries().any(|entry| condition.is_measured(entry))) {
            Some(condition) => Err(missing(condition)),
            None => Ok(known),
        }
    }

    /// Why a fact is left out; `None` where every condition holds in every language.
    pub(crate) fn against(&self, fact: FactId) -> Option<String> {
        self.entries.iter().find_map(|(language, entries)| {
            let Some(entry) = entries.get(&fact) else { return Some(format!("not measured in {language}")) };
            self.conditions.iter().find_map(|condition| match condition.holds(entry) {
                Some(true) => None,
                Some(false) => Some(format!("{condition} does not hold in {language}")),
                None => Some(format!("{condition} is not known in {language}")),
            })
        })
    }
}
