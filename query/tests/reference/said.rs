//! What was measured of an entry beside its scores, and conditions on it: by the words of the documentation, on plain data.

use super::build::mixed;
use super::eval::{Reference, Refused};
use super::world::{Attribution, Key};
use kndb_query::{Comparison, Condition, ConditionKey, Source, Test};
use kndb_storage::{LayerEvidence, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// What a run said of an entry; nothing of what it did not measure.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// p, p with a layer at its baseline, and the residual, of every layer.
    pub layers: Vec<[f32; 3]>,
    pub answer: Option<String>,
    pub rank: Option<u32>,
    pub tokens: Option<u16>,
}

const P: [f32; 8] = [0.0, 0.001, 0.1, 0.1, 0.25, 0.5, 0.9, 1.0];
const LEFT: [f32; 4] = [0.0, 0.5, 0.75, 1.0];
const RESIDUALS: [f32; 4] = [0.0, 0.01, -0.02, 0.25];
pub const ANSWERS: [&str; 4] = ["Paris", " Paris", "Lima", "巴黎"];

impl Said {
    /// `shares`: how many of 100 entries have p, and how many the rest.
    pub fn random(seed: u64, layers: u32, shares: (u64, u64)) -> Self {
        let chance = |what: u64| mixed(&[seed, 4_000 + what]);
        let mut said = Self::default();
        if chance(1) % 100 < shares.0 {
            let p = P[chance(2) as usize % P.len()];
            said.layers = (0..u64::from(layers))
                .map(|layer| {
                    let left = LEFT[chance(10 + 2 * layer) as usize % LEFT.len()];
                    [p, p * left, RESIDUALS[chance(11 + 2 * layer) as usize % RESIDUALS.len()]]
                })
                .collect();
        }
        if chance(3) % 100 < shares.1 {
            let tokens = 1 + (chance(4) % 3) as u16;
            said.tokens = Some(tokens);
            if tokens == 1 {
                said.rank = Some(1 + (chance(5) % 7) as u32);
                said.answer = Some(ANSWERS[chance(6) as usize % ANSWERS.len()].to_owned());
            }
        }
        said
    }

    pub fn evidence(&self) -> Vec<LayerEvidence> {
        let evidence =
            |&[probability, baseline, residual]: &[f32; 3]| LayerEvidence { probability, baseline, residual };
        self.layers.iter().map(evidence).collect()
    }

    pub fn origin(&self) -> Option<Origin> {
        let (answer, rank, tokens) = (self.answer.clone(), self.rank, self.tokens);
        tokens.is_some().then_some(Origin { question: None, answer, rank, tokens })
    }

    pub fn p(&self) -> Option<f32> {
        self.layers.first().map(|layer| layer[0])
    }

    /// Whether a condition holds; `None` where nobody knows.
    fn holds(&self, condition: &Condition) -> Option<bool> {
        Some(match (condition.key, &condition.test) {
            // 32 bits are compared with 32 bits.
            (ConditionKey::P, Test::Number(op, than)) => compared(*op, self.p()?, than.value as f32),
            (ConditionKey::ObjectRank, Test::Number(op, than)) => compared(*op, f64::from(self.rank?), than.value),
            (ConditionKey::Tokens, Test::Number(op, than)) => compared(*op, f64::from(self.tokens?), than.value),
            (ConditionKey::Correct, Test::Names(words)) => (self.rank? == 1) == (words[0].text == "yes"),
            (ConditionKey::Answer, Test::Names(texts)) => {
                let answer = self.answer.as_ref()?;
                texts.iter().any(|text| text.text == *answer || text.text == answer.trim())
            }
            (ConditionKey::Answer, Test::Contains(part)) => self.answer.as_ref()?.contains(&part.text),
            (key, test) => panic!("no condition on an entry: {key}{test}"),
        })
    }

    /// Whether a run measures what a condition is on, as far as this entry shows.
    fn shows(&self, key: ConditionKey) -> bool {
        match key {
            ConditionKey::P => self.p().is_some(),
            // Where the tokens are known, objects of several have no rank and no answer.
            _ => self.tokens.is_some(),
        }
    }
}

fn compared<T: PartialOrd>(op: Comparison, found: T, than: T) -> bool {
    match op {
        Comparison::Equal => found == than,
        Comparison::NotEqual => found != than,
        Comparison::Less => found < than,
        Comparison::LessOrEqual => found <= than,
        Comparison::Greater => found > than,
        Comparison::GreaterOrEqual => found >= than,
    }
}

const ON_ENTRIES: [ConditionKey; 5] =
    [ConditionKey::P, ConditionKey::Correct, ConditionKey::ObjectRank, ConditionKey::Tokens, ConditionKey::Answer];

impl Reference<'_> {
    /// What was measured of an entry, by the run that measures for it: a run of groups says which that is.
    pub fn said(&self, key: &Key, groups: bool) -> Result<Option<&Said>, Refused> {
        let parameters = &self.world.runs[key.run].parameters;
        let run = match parameters.iter().find(|(name, _)| groups && name == "source") {
            Some((_, source)) => self.world.run(source).ok_or("where facts were measured is not in the store")?,
            None => key.run,
        };
        Ok(match self.world.entries.get(&Key { run, ..key.clone() }) {
            Some(Attribution::Scores(scores)) => Some(&scores.said),
            Some(Attribution::Set(_)) | None => None,
        })
    }

    /// Those of some entries that count: they pass every condition on what was measured of them.
    pub fn counting<'k>(
        &self,
        source: &Source,
        runs: &[usize],
        entries: impl Iterator<Item = &'k Key>,
        groups: bool,
    ) -> Result<BTreeSet<&'k Key>, Refused> {
        let conditions: Vec<&Condition> =
            source.conditions.iter().filter(|condition| ON_ENTRIES.contains(&condition.key)).collect();
        if conditions.is_empty() {
            return Ok(entries.collect());
        }
        for &run in runs.iter().filter(|run| groups && !self.world.slots(**run, true).is_empty()) {
            // Whether or not it has entries of the facts asked for.
            self.said(&Key { run, language: String::new(), prompt: 0, fact: usize::MAX }, groups)?;
        }
        let mut counting = BTreeSet::new();
        let mut shown: BTreeMap<(usize, &str), bool> = BTreeMap::new();
        for key in entries {
            let said = self.said(key, groups)?;
            for condition in &conditions {
                *shown.entry((key.run, condition.key.word())).or_default() |=
                    said.is_some_and(|said| said.shows(condition.key));
            }
            let holds = |condition: &&Condition| said.and_then(|said| said.holds(condition)) == Some(true);
            if conditions.iter().all(holds) {
                counting.insert(key);
            }
        }
        match shown.iter().find(|(_, shown)| !**shown) {
            Some(((run, key), _)) => Err(format!("run {} did not measure {key}", self.world.runs[*run].name)),
            None => Ok(counting),
        }
    }
}
