//! What was measured of an entry beside its scores, and conditions on it: by the words of the documentation, on plain data.

use super::build::mixed;
use super::eval::{Reference, Refused};
use super::keys::{Naming, RowKey};
use super::rows::{Chosen, Row, column, finish, finish_counted, with_labels};
use super::sets::{Entries, Measured, Where};
use super::table::Cell;
use super::world::{Attribution, HandedIn, Key, Scores, rounded};
use kndb_query::{Comparison, Condition, ConditionKey, Dimension, Query, Source, Test};
use kndb_storage::{Keep, LayerEvidence, Origin, RunSpec, ScoreType};
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
            (ConditionKey::P, Test::Between(least, most)) => {
                (least.value as f32..=most.value as f32).contains(&self.p()?)
            }
            (ConditionKey::ObjectRank, Test::Number(op, than)) => compared(*op, f64::from(self.rank?), than.value),
            (ConditionKey::ObjectRank, Test::Between(least, most)) => {
                (least.value..=most.value).contains(&f64::from(self.rank?))
            }
            (ConditionKey::Tokens, Test::Number(op, than)) => compared(*op, f64::from(self.tokens?), than.value),
            (ConditionKey::Tokens, Test::Between(least, most)) => {
                (least.value..=most.value).contains(&f64::from(self.tokens?))
            }
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

/// What an entry of scores says, and which of the scores its run keeps.
pub fn measured(scores: &Scores, run: &RunSpec) -> Measured {
    let is_there = |neuron: &u32| match &scores.handed_in {
        HandedIn::All => true,
        HandedIn::Some { listed, .. } => listed.contains(neuron),
    };
    let listed = scores.of.iter().filter(|(neuron, _)| is_there(neuron));
    let mut list: Vec<f32> = listed.map(|(_, &score)| rounded(score, run.score_type)).collect();
    let all = run.shape.neurons() as usize;
    if let HandedIn::All = scores.handed_in {
        list.resize(all, 0.0);
    }
    let largest = list.iter().copied().reduce(f32::max);
    // From where on all that count were handed in.
    let given = |score: f32| match &scores.handed_in {
        HandedIn::Some { floor, .. } if list.len() < all => match run.score_type {
            ScoreType::F32 => score >= *floor,
            // Rounding may have carried one that was not handed in onto the floor.
            half => score > rounded(*floor, half),
        },
        _ => true,
    };
    let max = f64::from(largest.unwrap_or(f32::NAN));
    let kept = list.iter().copied().filter(|&score| given(score));
    let size = list.iter().map(|score| f64::from(score.abs())).fold(0.0, f64::max);
    let low = |share: f64| list.iter().filter(|&&score| score < 0.0 && f64::from(score) <= -share * size).count();
    let high = |share: f64| move |&score: &f32| if max > 0.0 { f64::from(score) >= share * max } else { score > 0.0 };
    let kept = match run.keep {
        Keep::All => kept.count(),
        Keep::Top(best) => kept.count().min(best as usize),
        Keep::Share(share) => kept.filter(high(share)).count(),
        Keep::Signed(share) => kept.filter(high(share)).count() + low(share),
    };
    Measured { said: scores.said.clone(), largest, kept: Some(kept as u64) }
}

/// Columns of a listing of entries, in their order.
const LISTED: [&str; 16] = [
    "fact", "relation", "subject", "object", "lang", "prompt", "run", "p", "baseline", "answer", "correct", "rank",
    "tokens", "residual", "largest", "kept",
];

/// Rows of a query about entries.
pub fn rows_of_entries(
    query: &Query,
    Entries { rows: entries, slots }: &Entries,
    naming: &Naming,
) -> Result<Chosen, Refused> {
    if query.chance.is_some() {
        return Err("entries against chance".into());
    }
    if query.having.iter().any(|having| column(having.key) == "correct")
        && (query.by.is_empty() || is_by(query, "correct"))
    {
        return Err("`correct` is no number".into());
    }
    if !query.by.is_empty() {
        return grouped(query, entries, naming);
    }
    let named: BTreeSet<&str> = query
        .having
        .iter()
        .map(|having| column(having.key))
        .chain(query.order.iter().map(|order| column(order.key)))
        .chain(query.top.iter().flat_map(|top| &top.per).map(|dim| dim.dimension.word()))
        .collect();
    let prompts: BTreeSet<u16> = slots.iter().map(|slot| slot.2).collect();
    let runs: BTreeSet<usize> = slots.iter().map(|slot| slot.0).collect();
    let is_shown = |name: &&str| match *name {
        "prompt" => prompts.len() > 1 || named.contains("prompt"),
        "run" => runs.len() > 1 || named.contains("run"),
        _ => true,
    };
    let columns: Vec<&'static str> = LISTED.into_iter().filter(is_shown).collect();
    let row = |(slot, fact, measured): &(Where, usize, Measured)| {
        let run = Some(naming.world.runs[slot.0].name.clone());
        let key = RowKey { lang: Some(slot.1.clone()), prompt: Some(slot.2), run, ..naming.key(*fact) };
        Row { key, measures: cells(measured), of: BTreeMap::new() }
    };
    let dims = [Dimension::Fact, Dimension::Lang, Dimension::Prompt, Dimension::Run];
    let top_by = query.top.as_ref().map(|_| "p");
    finish(query, &columns, &dims, entries.iter().map(row).collect(), top_by, naming)
}

fn cells(measured: &Measured) -> BTreeMap<&'static str, Cell> {
    let said = &measured.said;
    let number = |number: Option<u64>| number.map_or(Cell::Null, Cell::Integer);
    let score = |score: Option<f32>| score.map_or(Cell::Null, Cell::Score);
    let baselines = said.layers.iter().map(|layer| layer[1]);
    let residuals = said.layers.iter().map(|layer| layer[2].abs());
    BTreeMap::from([
        ("p", score(said.p())),
        ("baseline", score(baselines.reduce(f32::min))),
        ("answer", Cell::text(said.answer.clone())),
        ("correct", Cell::text(said.rank.map(|rank| if rank == 1 { "yes" } else { "no" }))),
        ("rank", number(said.rank.map(u64::from))),
        ("tokens", number(said.tokens.map(u64::from))),
        ("residual", score(residuals.reduce(f32::max))),
        ("largest", score(measured.largest)),
        ("kept", number(measured.kept)),
    ])
}

fn is_by(query: &Query, name: &str) -> bool {
    query.by.iter().any(|dim| dim.dimension.word() == name)
}

fn grouped(query: &Query, entries: &[(Where, usize, Measured)], naming: &Naming) -> Result<Chosen, Refused> {
    use Dimension::{Group, Layer, Neuron, Size};
    if query.by.iter().any(|dim| matches!(dim.dimension, Group | Layer | Neuron | Size)) {
        return Err("a dimension that entries do not have".into());
    }
    let mut groups: BTreeMap<RowKey, Vec<(usize, &Said)>> = BTreeMap::new();
    for (slot, fact, measured) in entries {
        let mut key = naming.project(query, *fact, Some(slot), None);
        let said = &measured.said;
        key.correct = is_by(query, "correct").then(|| said.rank.map(|rank| rank == 1));
        key.tokens = is_by(query, "tokens").then_some(said.tokens);
        key.answer = is_by(query, "answer").then(|| said.answer.as_ref().map(|answer| answer.trim().to_owned()));
        groups.entry(key).or_default().push((*fact, said));
    }
    let rows = groups.into_iter().map(|(mut key, entries)| {
        let facts: BTreeSet<usize> = entries.iter().map(|(fact, _)| *fact).collect();
        key.sample = facts.first().copied();
        let mut p: Vec<f64> = entries.iter().filter_map(|(_, said)| said.p()).map(f64::from).collect();
        p.sort_by(f64::total_cmp);
        let mean = |values: &[f64]| {
            if values.is_empty() { Cell::Null } else { Cell::Ratio(values.iter().sum::<f64>() / values.len() as f64) }
        };
        let middle = if p.is_empty() { &[][..] } else { &p[(p.len() - 1) / 2..=p.len() / 2] };
        let right = entries.iter().filter_map(|(_, said)| said.rank);
        let right: Vec<f64> = right.map(|rank| if rank == 1 { 1.0 } else { 0.0 }).collect();
        let measures = BTreeMap::from([
            ("entries", Cell::Integer(entries.len() as u64)),
            ("facts", Cell::Integer(facts.len() as u64)),
            ("p", mean(&p)),
            ("median", mean(middle)),
            ("correct", mean(&right)),
        ]);
        let measures = measures.into_iter().filter(|(name, _)| !is_by(query, name)).collect();
        Row { key, measures, of: BTreeMap::new() }
    });
    let rows = with_labels(rows.collect(), naming);
    let measures: Vec<&'static str> =
        ["entries", "facts", "p", "median", "correct"].into_iter().filter(|name| !is_by(query, name)).collect();
    finish_counted(query, &measures, rows, naming)
}
