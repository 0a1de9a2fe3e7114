//! Entries that were asked with other labels, or another template, than the store has now.

use super::{LivePart, Slot, Snapshot};
use crate::block::question_hash;
use crate::dictionary::read::Dictionary;
use crate::error::Result;
use crate::ids::{FactId, LanguageId, PromptId, RelationId, RunId};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

impl Snapshot {
    /// Facts whose label in a language was replaced, or dropped with their relation, at some time since the store began. Of
    /// stores that an older kndb relabelled nothing is known.
    ///
    /// # Errors
    /// When the dictionary is damaged.
    pub fn relabelled(&self, language: LanguageId) -> Result<RoaringBitmap> {
        self.dictionary().map_or_else(|| Ok(RoaringBitmap::new()), |dictionary| dictionary.relabelled(language))
    }

    /// Facts of a slot whose scores were asked with other texts than label and template have now, by the hash that the
    /// entries keep. Entries that keep none, and facts that have no label or template now, are not among them. Only facts of
    /// [`Self::relabelled`] are looked at: where no label was ever replaced this costs nothing.
    ///
    /// # Errors
    /// When a file that is read is missing or damaged.
    pub fn asked_otherwise(&self, slot: Slot, among: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        self.otherwise(slot, false, among)
    }

    /// The same of a slot's degenerate groups: facts that had other texts when groups were searched for.
    ///
    /// # Errors
    /// As [`Self::asked_otherwise`].
    pub fn searched_otherwise(&self, slot: Slot, among: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        self.otherwise(slot, true, among)
    }

    fn otherwise(&self, slot: Slot, groups: bool, among: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        let mut candidates = self.relabelled(slot.language)?;
        if let Some(among) = among {
            candidates &= among;
        }
        let mut found = RoaringBitmap::new();
        if candidates.is_empty() {
            return Ok(found);
        }
        let parts = if groups { self.group_parts(slot)? } else { self.parts(slot)? };
        let mut templates = BTreeMap::new();
        for fact in candidates.into_iter().map(FactId) {
            let Some(asked) = question_of(&parts, fact)? else { continue };
            let (Some(relation), Some((subject, object))) =
                (self.fact_relation(fact)?, self.label(fact, slot.language)?)
            else {
                continue;
            };
            let template =
                *templates.entry(relation).or_insert_with(|| self.template(relation, slot.language, slot.prompt));
            let now = template.map(|template| question_hash(template, subject, object, slot.prompt.0));
            if now.is_some_and(|now| now != asked) {
                found.insert(fact.0);
            }
        }
        Ok(found)
    }

    /// The number of a run's entries of which [`Self::asked_otherwise`] and [`Self::searched_otherwise`] tell, by language; no language
    /// without any.
    ///
    /// # Errors
    /// As [`Self::asked_otherwise`].
    pub fn run_asked_otherwise(&self, run: RunId) -> Result<BTreeMap<LanguageId, u64>> {
        let mut counts = BTreeMap::new();
        let (attributions, groups) = self.slots_of(run);
        for (slot, groups) in attributions.map(|slot| (slot, false)).chain(groups.map(|slot| (slot, true))) {
            let count = self.otherwise(slot, groups, None)?.len();
            if count > 0 {
                *counts.entry(slot.language).or_default() += count;
            }
        }
        Ok(counts)
    }

    /// [`Self::run_asked_otherwise`] in words: "2 entries were asked with other labels, …, than the store has now (en 1, zh 1)";
    /// `None` if there are none.
    ///
    /// # Errors
    /// As [`Self::asked_otherwise`].
    pub fn run_asked_otherwise_told(&self, run: RunId) -> Result<Option<String>> {
        let counts = self.run_asked_otherwise(run)?;
        let entries = match counts.values().sum::<u64>() {
            0 => return Ok(None),
            1 => "1 entry was".to_owned(),
            several => format!("{several} entries were"),
        };
        let of = counts.iter().map(|(&language, count)| format!("{} {count}", self.language_name(language)));
        let of = of.collect::<Vec<_>>().join(", ");
        Ok(Some(format!("{entries} asked with other labels, or another template, than the store has now ({of})")))
    }

    fn template(&self, relation: RelationId, language: LanguageId, prompt: PromptId) -> Option<&str> {
        let mut all = self.dictionary().into_iter().flat_map(Dictionary::templates);
        all.find(|&(of, in_language, number, _)| (of, in_language, number) == (relation, language, prompt))
            .map(|(.., text)| text)
    }
}

/// The hash of the question that a fact's entry was made from, where it says so.
fn question_of(parts: &[LivePart<'_>], fact: FactId) -> Result<Option<u64>> {
    for part in parts {
        if let Some(local) = part.find(fact)? {
            return part.part.question(local);
        }
    }
    Ok(None)
}
