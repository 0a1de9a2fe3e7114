//! Conditions on what a run measured of a fact: which facts a study is about.
//!
//! A study of facts that a model does not know says nothing of knowledge. What is compared was stored when the facts were attributed;
//! nothing is asked of the model anew. Not for neurons: those are chosen by statements.

use crate::error::StudyError;
use kndb_storage::{FactId, Measured, PromptId, Run, SOURCE, Slot, Snapshot};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::fmt;

/// A condition on what was measured of a fact in a language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KnownIf {
    /// Probability of the right object.
    P(Comparison, f64),
    /// Whether the model's first answer is the right object; of objects of one token.
    Correct(bool),
    /// Rank of the right object among the model's answers, from 1; of objects of one token.
    Rank(Comparison, u32),
    /// Tokens of the object.
    Tokens(Comparison, u32),
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Comparison {
    /// Every one, those first whose sign begins with another's.
    pub const ALL: [Self; 5] = [Self::AtMost, Self::AtLeast, Self::Less, Self::More, Self::Equal];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }

    fn holds(self, found: f64, bound: f64) -> bool {
        match self {
            Self::Less => found < bound,
            Self::AtMost => found <= bound,
            Self::Equal => found == bound,
            Self::AtLeast => found >= bound,
            Self::More => found > bound,
        }
    }
}

impl KnownIf {
    /// Whether it holds; `None` where that was not measured.
    fn holds(self, entry: &Measured) -> Option<bool> {
        Some(match self {
            Self::P(comparison, bound) => {
                // Probabilities are stored as 32-bit floats: 0.1 is met by a p of 0.1.
                let (p, near) = (entry.probability?, bound as f32);
                comparison.holds(f64::from(p), f64::from(near))
            }
            Self::Correct(wanted) => (entry.rank? == 1) == wanted,
            Self::Rank(comparison, bound) => comparison.holds(f64::from(entry.rank?), f64::from(bound)),
            Self::Tokens(comparison, bound) => comparison.holds(f64::from(entry.tokens?), f64::from(bound)),
        })
    }

    fn measured(self) -> &'static str {
        match self {
            Self::P(..) => "p of the right objects",
            Self::Correct(_) | Self::Rank(..) => "the rank of the right objects",
            Self::Tokens(..) => "the number of tokens of the objects",
        }
    }
}

/// As it is written: `p>=0.1`, `correct=yes`.
impl fmt::Display for KnownIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P(comparison, bound) => write!(f, "p{}{bound}", comparison.sign()),
            Self::Correct(wanted) => f.write_str(if *wanted { "correct=yes" } else { "correct=no" }),
            Self::Rank(comparison, bound) => write!(f, "object_rank{}{bound}", comparison.sign()),
            Self::Tokens(comparison, bound) => write!(f, "tokens{}{bound}", comparison.sign()),
        }
    }
}

impl Serialize for KnownIf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `p>=0.1 and correct=yes`
pub(crate) fn listed(conditions: &[KnownIf]) -> String {
    conditions.iter().map(KnownIf::to_string).collect::<Vec<_>>().join(" and ")
}

/// The run in which facts were measured: that of the scores itself, or the one that a run of groups was made from; `None` where that is
/// gone, or of other weights by now.
pub(crate) fn measured_in<'s>(snapshot: &'s Snapshot, run: &'s Run) -> Option<&'s Run> {
    let source = run.spec.parameters.iter().find(|(name, _)| name == SOURCE);
    let Some((_, source)) = source else { return Some(run) };
    snapshot.run_named(source).filter(|source| source.spec.weights_hash == run.spec.weights_hash)
}

/// What was measured of facts in some languages, for conditions on it.
pub(crate) struct Known<'o> {
    conditions: &'o [KnownIf],
    /// By language; empty without conditions.
    entries: Vec<(String, HashMap<FactId, Measured>)>,
}

impl<'o> Known<'o> {
    /// Reads it; nothing where nothing is asked.
    pub(crate) fn read(
        snapshot: &Snapshot,
        run: &Run,
        languages: &[String],
        prompt: u16,
        conditions: &'o [KnownIf],
    ) -> Result<Self, StudyError> {
        let mut known = Self { conditions, entries: Vec::new() };
        if conditions.is_empty() {
            return Ok(known);
        }
        let missing = |condition: KnownIf| StudyError::NotMeasured {
            run: run.spec.name.clone(),
            condition: condition.to_string(),
            expected: condition.measured(),
        };
        let measured = measured_in(snapshot, run).ok_or_else(|| missing(conditions[0]))?;
        for language in languages {
            let slot =
                snapshot.language(language).map(|id| Slot { run: measured.id, language: id, prompt: PromptId(prompt) });
            let entries = slot.map_or_else(|| Ok(Vec::new()), |slot| snapshot.measured(slot, |_| true))?;
            known.entries.push((language.clone(), entries.into_iter().map(|entry| (entry.fact, entry)).collect()));
        }
        let entries = || known.entries.iter().flat_map(|(_, entries)| entries.values());
        match conditions.iter().find(|condition| entries().all(|entry| condition.holds(entry).is_none())) {
            Some(&condition) => Err(missing(condition)),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(probability: Option<f32>, rank: Option<u32>, tokens: Option<u16>) -> Measured {
        Measured { fact: FactId(0), probability, rank, tokens, largest: None }
    }

    #[test]
    fn a_p_of_a_tenth_is_at_least_a_tenth() {
        let tenth = entry(Some(0.1), None, None);
        let holds = |comparison| KnownIf::P(comparison, 0.1).holds(&tenth);
        let expected = [Some(true), Some(true), Some(false), Some(false), Some(true)];
        assert_eq!(Comparison::ALL.map(holds), expected, "<=, >=, <, >, =");
    }

    #[test]
    fn what_was_not_measured_neither_holds_nor_fails() {
        let several = entry(Some(0.5), None, Some(2));
        assert_eq!(KnownIf::Correct(true).holds(&several), None);
        assert_eq!(KnownIf::Rank(Comparison::AtMost, 5).holds(&several), None);
        assert_eq!(KnownIf::Tokens(Comparison::Equal, 1).holds(&several), Some(false));
        let second = entry(None, Some(2), None);
        assert_eq!(KnownIf::Correct(false).holds(&second), Some(true));
        assert_eq!(KnownIf::Rank(Comparison::Less, 3).holds(&second), Some(true));
    }
}
