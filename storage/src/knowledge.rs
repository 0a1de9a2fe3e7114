//! What the model of a run knows: how likely the right objects were, and how often its answer was one, by language and relation.
//!
//! Findings about facts that a model does not know say nothing of knowledge. Everything that reports findings says this beside them,
//! and all of it is counted here. Read from the heads of score blocks: one read an entry. Not for single scores.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::ids::{FactId, RelationId, RunId};
use crate::measured::Measured;
use crate::snapshot::{Slot, Snapshot};

/// From this probability on a fact is counted as known. A convention: at 0.1 the right object is among the ten most likely.
const KNOWN_FROM: f64 = 0.1;

/// So many times p is more than scores of one token come to where F is p: they add up to F(w̄) − F(w′) in each layer.
const BEYOND: f64 = 100.0;

/// What a run's model knows, language by language.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Knowledge {
    /// First of all relations of a language together, then one by one; then the next language.
    pub parts: Vec<Known>,
}

/// What is known of the facts of a relation, or of all, in a language.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Known {
    /// Code of the language.
    pub language: String,
    /// The relation's id in the data (`P36`); `None` of all together, and of facts without one.
    pub relation: Option<String>,
    /// Entries: facts, times prompts.
    pub entries: u64,
    /// Those whose p was stored.
    pub with_p: u64,
    /// Median of p; of an even number the mean of the two in the middle.
    pub median_p: Option<f64>,
    /// Entries with p ≥ 0.1.
    pub from_a_tenth: u64,
    /// Entries with a rank of the right object, so that it is known whether the model's first answer is right; of an object of several tokens, whether each of them is, the
    /// right ones before it given.
    pub answered: u64,
    /// Those with the right answer.
    pub right: u64,
    /// Entries with an object of several tokens: their score is a sum over tokens, their p a product.
    pub several_tokens: u64,
    /// Those of them whose largest score is above 100·p; 0 where scores are of another F than p.
    pub beyond_p: u64,
    /// What people call the relation: `P36 (capital)`.
    #[serde(skip)]
    pub shown: String,
}

/// Entries on the way to being counted.
#[derive(Default)]
struct Counts {
    p: Vec<f32>,
    entries: u64,
    answered: u64,
    right: u64,
    several: u64,
    beyond: u64,
}

impl Counts {
    /// `of_p`: scores and p are of one kind.
    fn add(&mut self, entry: Measured<'_>, of_p: bool) {
        self.entries += 1;
        self.p.extend(entry.probability);
        if let Some(rank) = entry.rank {
            self.answered += 1;
            self.right += u64::from(rank == 1);
        }
        if entry.tokens.is_some_and(|tokens| tokens > 1) {
            self.several += 1;
            let is_beyond = |(p, score): (f32, f32)| f64::from(score) > BEYOND * f64::from(p);
            self.beyond += u64::from(of_p && entry.probability.zip(entry.largest).is_some_and(is_beyond));
        }
    }

    fn known(mut self, language: &str, relation: Option<(&str, String)>) -> Known {
        self.p.sort_unstable_by(f32::total_cmp);
        let at = |place: usize| self.p.get(place).copied().map(f64::from);
        let middle = self.p.len() / 2;
        // Of an odd number both are the one in the middle.
        let below = self.p.len().saturating_sub(1) / 2;
        let median = at(below).zip(at(middle)).map(|(a, b)| f64::midpoint(a, b));
        let (relation, shown) = relation.unzip();
        Known {
            language: language.to_owned(),
            relation: relation.map(str::to_owned),
            entries: self.entries,
            with_p: self.p.len() as u64,
            median_p: median,
            from_a_tenth: self.p.iter().filter(|&&p| f64::from(p) >= KNOWN_FROM).count() as u64,
            answered: self.answered,
            right: self.right,
            several_tokens: self.several,
            beyond_p: self.beyond,
            shown: shown.unwrap_or_else(|| "all".to_owned()),
        }
    }
}

impl Snapshot {
    /// What the model of a run knows of the entries that `of` picks.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn knowledge(&self, run: RunId, of: impl Fn(FactId, Slot) -> bool) -> Result<Knowledge> {
        let of_p = self.run(run).is_none_or(|run| run.spec.target().is_none());
        let mut by_language: BTreeMap<&str, (Counts, BTreeMap<RelationId, Counts>)> = BTreeMap::new();
        for slot in self.slots_of(run).0 {
            for entry in self.measured(slot, |fact| of(fact, slot))? {
                let (all, relations) = by_language.entry(self.language_name(slot.language)).or_default();
                all.add(entry, of_p);
                if let Some(relation) = self.fact_relation(entry.fact)? {
                    relations.entry(relation).or_default().add(entry, of_p);
                }
            }
        }
        let mut parts = Vec::new();
        for (language, (all, relations)) in by_language {
            parts.push(all.known(language, None));
            let named = relations.into_iter().map(|(id, counts)| {
                counts.known(language, Some((self.relation_name(id), self.relation_shown(id, None))))
            });
            parts.extend(named);
        }
        Ok(Knowledge { parts })
    }
}

impl Knowledge {
    /// Whether p or the rank of the right object was stored of any entry.
    pub fn is_known(&self) -> bool {
        self.parts.iter().any(|part| part.with_p > 0 || part.answered > 0)
    }
}
