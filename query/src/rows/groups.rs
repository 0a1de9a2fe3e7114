//! `by`: counts of pairs, facts and neurons for every combination of dimensions.
//!
//! A group is named by what it says of the fact, of the source's run, language or prompt, and of the
//! neuron. Facts of one group are counted in one [`Tally`]; workers count their own share of the facts
//! and their tallies are added up. Where `fact` is a dimension every fact is a group of its own, nothing is
//! added up at all, and only the rows that are wanted next are kept ([`by_fact`](super::by_fact)).

use super::against::{Against, CHANCE};
use super::asked::{Asked, by_split};
use super::by_fact;
use super::by_group::{DegenerateGroups, degenerate_groups};
use super::by_size::sizes;
use super::found::{self, PLACES};
use super::keys::FactKeys;
use super::mean::{self, Means};
use super::numbered::Numbered;
use super::roles::roles_of;
use super::scores;
use super::shape::{EVIDENCE, Grouping, holds_in_single, holds_of, kind_of};
use super::spread::Spread;
use super::tally::{Counts, Split, Tally, TallyPlan};
use super::{Out, Rows};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::Pairs;
use crate::result::FactNames;
use crate::result::{ColumnKind, Value};
use crate::rows::partition::{Splits, split_sources};
use crate::run::asked::check_asked;
use crate::run::degenerate::neuron_name;
use crate::run::domain::{Execution, domain};
use crate::run::eval::Worker;
use crate::sorting::sort;
use crate::syntax::ast::{Dim, Dimension, Having, Key, Measure};
use kndb_storage::{Neuron, Shape, Snapshot};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::hash_map::Entry;

/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;

/// One row: which group, and its counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    /// Number of the fact key.
    pub fact: u32,
    /// Number of the split.
    pub split: u16,
    /// Layer, neuron, size, or number of the neuron group.
    pub neuron: u32,
    pub counts: Counts,
    /// In how many languages, with how many prompts, in how many runs its pair was found; 0 where nobody wants to know.
    pub found: [u32; 3],
    /// The score of its pair; NaN where it has none, or nobody wants to know.
    pub score: f32,
    /// The mean score over all entries; NaN likewise.
    pub mean: f64,
}

impl Group {
    /// A row that says nothing of where its pairs were found.
    pub(super) fn new((fact, split, neuron): (u32, u16, u32), counts: Counts) -> Self {
        Self { fact, split, neuron, counts, found: [0; 3], score: f32::NAN, mean: f64::NAN }
    }
}

/// Everything a result's rows are made from.
pub(super) struct Naming<'a, 's> {
    pub grouping: &'a Grouping,
    pub keys: &'a FactKeys<'s>,
    /// Of every key, where names are needed to order by.
    pub texts: Vec<[Option<Cow<'s, str>>; 3]>,
    pub splits: &'a Splits,
    pub asked: Asked,
    pub degenerate: DegenerateGroups,
    pub split: Split,
    pub shape: Shape,
    pub names: FactNames<'s>,
    /// Pairs of everything that was looked at.
    pub total: u64,
    /// Where rows are held against chance.
    pub against: Option<Against>,
    /// What units are called, where rows are split by that.
    pub roles: Vec<String>,
}

/// Refuses dimensions that a set of pairs cannot be split by, and what it does not know of itself; says how to split it.
pub(crate) fn check(pairs: &Pairs<'_>, dims: &[Dim], grouping: &Grouping) -> Result<Splits, QueryError> {
    let splits = split_sources(pairs, "by", dims)?;
    found::check(pairs, grouping)?;
    scores::check(pairs, &splits, dims, grouping)?;
    if let Some(span) = grouping.asked {
        check_asked(pairs, span)?;
    }
    let within = |dimension| matches!(dimension, Dimension::Layer | Dimension::Neuron | Dimension::Role);
    let of_neurons = dims.iter().find(|dim| within(dim.dimension));
    match of_neurons.filter(|_| dims.iter().any(|dim| dim.dimension == Dimension::Group)) {
        None => Ok(splits),
        Some(dim) => {
            let reason = format!("`by group` lists whole groups, which cannot be split by `{}`", dim.dimension);
            let hint = format!("leave `{0}` out, or `group`: `dkn[…] by {0}`", dim.dimension);
            Err(QueryError::kind(dim.span, reason).hint(hint))
        }
    }
}

/// Refuses what the runs of a set cannot answer: means of scores that they have not kept, roles that their units are not. What units are called,
/// where rows are split by that.
pub(crate) fn check_runs(
    pairs: &Pairs<'_>,
    dims: &[Dim],
    grouping: &Grouping,
    snapshot: &Snapshot,
) -> Result<Vec<String>, QueryError> {
    mean::check(pairs, grouping, snapshot)?;
    let role = dims.iter().find(|dim| dim.dimension == Dimension::Role);
    role.map_or_else(|| Ok(Vec::new()), |dim| roles_of(pairs, snapshot, dim.span))
}

/// Rows of a grouped set of pairs.
pub(crate) fn pairs<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    grouping: &Grouping,
    names: FactNames<'s>,
    dims: &[Dim],
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let has = |dimension| grouping.by.contains(&dimension);
    let split = match (has(Dimension::Neuron), has(Dimension::Layer), has(Dimension::Role)) {
        (true, ..) | (false, true, true) => Split::Neurons,
        (false, true, false) => Split::Layers,
        (false, false, true) => Split::Units,
        (false, false, false) => Split::Whole,
    };
    let splits = check(pairs, dims, grouping)?;
    let roles = check_runs(pairs, dims, grouping, execution.snapshot)?;
    found::note_counts(pairs, grouping, &splits, &execution.notes);
    // The facts that each part of the set was asked of, where anybody wants to know.
    let asked_by_split = match grouping.asked {
        Some(_) => by_split(pairs, &splits)?,
        None => Vec::new(),
    };
    let facts = if has(Dimension::Size) {
        asked_by_split.iter().fold(RoaringBitmap::new(), |all, part| all | part)
    } else {
        domain(pairs)?.facts
    };
    let facts: Vec<u32> = facts.iter().collect();
    let mut keys = FactKeys::new(&grouping.by, names);
    let (shape, memory) = (execution.shape, execution.memory);
    for &fact in &facts {
        memory.interrupt.check()?;
        keys.add(fact)?;
    }
    let asked = match grouping.asked {
        None => Asked::Unknown,
        Some(_) if has(Dimension::Fact) => Asked::One,
        Some(_) => Asked::of(&asked_by_split, &mut keys, &memory.interrupt)?,
    };
    let mut degenerate = DegenerateGroups::default();
    if has(Dimension::Fact) && !has(Dimension::Group) && !has(Dimension::Size) {
        let texts = keys.texts(memory)?;
        let (keys, splits, against, total) = (&keys, &splits, None, 0);
        let naming =
            Naming { grouping, keys, texts, splits, asked, degenerate, split, shape, names, total, against, roles };
        return by_fact::rows(execution, pairs, &facts, naming, out);
    }
    let (mut groups, total) = if has(Dimension::Group) {
        let found = degenerate_groups(execution, pairs, &facts, &mut keys, &splits, &mut degenerate)?;
        let dim = dims.iter().find(|dim| dim.dimension == Dimension::Group);
        if let (Some(dim), Some(text)) = (dim, degenerate.note()) {
            execution.notes.add(dim.span, text);
        }
        found
    } else if has(Dimension::Size) {
        sizes(execution, pairs, &mut keys, &splits, &asked_by_split)?
    } else {
        tallies(execution, pairs, &facts, &mut keys, &splits, (split, grouping.first_by_facts()))?
    };
    let mut spread = Spread::default();
    if grouping.found.is_some() {
        spread = Spread::of(execution, pairs, &facts, &keys, &splits)?;
        groups.iter_mut().for_each(|group| group.found = spread.found(group));
    }
    if let Some(span) = grouping.mean {
        let means = Means::of(execution, pairs, &facts, (&keys, &splits, split), span)?;
        groups.iter_mut().for_each(|group| group.mean = means.mean(group));
    }
    let chance = grouping.measures.contains(&Measure::PChance);
    let against = if chance { Some(Against::new(execution, pairs, &facts, &groups)?) } else { None };
    let texts = keys.texts(memory)?;
    let (keys, splits) = (&keys, &splits);
    let naming =
        Naming { grouping, keys, texts, splits, asked, degenerate, split, shape, names, total, against, roles };
    naming.deliver(groups, &spread, (memory, &execution.notes), out)
}

/// What the counters of groups are called where they take too much memory.
const COUNTERS: &str = "the counters of this result's groups";

/// One worker's counts of the groups, and the pairs of everything.
#[derive(Default)]
struct Share {
    tallies: Numbered<(u32, u16), Tally>,
    pairs: u64,
}

fn tallies<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    facts: &[u32],
    keys: &mut FactKeys<'s>,
    splits: &Splits,
    (split, most): (Split, Option<usize>),
) -> Result<(Vec<Group>, u64), QueryError> {
    let single = keys.is_one() && splits.is_whole();
    // Counters as large as the model pay only when many facts fill them, and where they stay in the processor's cache: one of each
    // language would not.
    let many = facts.len() >= FACTS_A_THREAD;
    let few = single || split != Split::Layers;
    let mut plan = TallyPlan::new(execution.shape, split, keys.is_one() && many && few);
    if many {
        plan.of_groups(keys.len() * splits.len());
    }
    let (known, memory) = (&*keys, execution.memory);
    let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
        let mut share = Share::default();
        let mut alone = single.then(|| Tally::new(&plan));
        let mut lists = Vec::new();
        for &fact in facts {
            share.pairs += splits.neurons(worker, pairs, fact, &mut lists)?;
            if let Some(alone) = &mut alone {
                alone.add(&plan, fact, &lists[0]);
                continue;
            }
            for (number, neurons) in lists.iter().enumerate().filter(|(_, neurons)| !neurons.is_empty()) {
                let (tally, before) = match share.tallies.entry((known.of(fact), number as u16)) {
                    Entry::Occupied(known) => {
                        let tally = known.into_mut();
                        let before = tally.bytes();
                        (tally, before)
                    }
                    Entry::Vacant(free) => (free.insert(Tally::new(&plan)), 0),
                };
                tally.add(&plan, fact, neurons);
                memory.take(tally.bytes().saturating_sub(before), COUNTERS)?;
            }
        }
        share.tallies.extend(alone.map(|tally| ((0, 0), tally)));
        Ok::<_, QueryError>(share)
    };
    let mut shares = execution.in_parallel(facts, FACTS_A_THREAD, work)?.into_iter();
    let mut sum = shares.next().unwrap_or_default();
    for share in shares {
        for (key, tally) in share.tallies {
            memory.interrupt.check()?;
            match sum.tallies.entry(key) {
                Entry::Occupied(mut mine) => mine.get_mut().merge(tally),
                Entry::Vacant(free) => drop(free.insert(tally)),
            }
        }
        sum.pairs += share.pairs;
    }
    let mut groups = Vec::new();
    let mut first: Numbered<u32, u32> = Numbered::default();
    for ((fact, number), tally) in sum.tallies.drain() {
        memory.interrupt.check()?;
        let of_key = first.entry(fact).or_insert(tally.first);
        *of_key = tally.first.min(*of_key);
        let of_key = tally.groups(&plan, most.filter(|_| single));
        memory.take((of_key.len() * size_of::<Group>()) as u64, "the rows of this result")?;
        memory.reserve(&mut groups, of_key.len(), "the rows of this result")?;
        groups.extend(of_key.into_iter().map(|(neuron, counts)| Group::new((fact, number, neuron), counts)));
    }
    first.into_iter().for_each(|(key, fact)| keys.name_after(key, fact));
    Ok((groups, sum.pairs))
}

impl Naming<'_, '_> {
    pub(super) fn deliver(
        &self,
        mut groups: Vec<Group>,
        spread: &Spread,
        (memory, notes): (&Memory, &Notes),
        out: Out<'_>,
    ) -> Result<u64, QueryError> {
        groups.retain(|group| self.is_wanted(group, spread.all(group)));
        self.keep_candidates(&mut groups);
        sort(&mut groups, |a, b| self.compare(a, b), &memory.interrupt)?;
        self.keep_each(&mut groups, (memory, notes))?;
        let mut rows = self.rows(out, memory)?;
        for (at, group) in groups.iter().enumerate() {
            if !self.push(group, &mut rows)? {
                self.look_at_next(group, groups.get(at + 1), &rows, notes);
                break;
            }
        }
        rows.end()
    }

    /// Whether a group satisfies every `having`; `of` has the languages, prompts and runs in which its facts have an entry.
    pub(super) fn is_wanted(&self, group: &Group, of: [u32; 3]) -> bool {
        let whole = |key| match key {
            Key::Measure(measure) => match PLACES.iter().position(|place| *place == measure) {
                Some(at) => u64::from(of[at]),
                None => self.asked.count(group),
            },
            Key::Dimension(_) | Key::Other(_) => 0,
        };
        let holds = |having: &Having| {
            let value = self.number(group, having.key);
            match having.key {
                Key::Measure(measure) if measure == Measure::Score || evidence_of(measure).is_some() => {
                    holds_in_single(having, value)
                }
                key => holds_of(having, value, || whole(key)),
            }
        };
        self.grouping.having.iter().all(holds)
    }

    /// Announces the columns: no error may come any more.
    pub(super) fn rows<'o>(&self, out: Out<'o>, memory: &Memory) -> Result<Rows<'o>, QueryError> {
        let (columns, slots) = (self.grouping.columns(), self.grouping.slots());
        Rows::to(out, &memory.interrupt, (columns.into(), &slots), Some(self.names), self.grouping.limit())
    }

    /// Hands a group out; whether another one is wanted.
    pub(super) fn push(&self, group: &Group, rows: &mut Rows<'_>) -> Result<bool, QueryError> {
        let fact = self.keys.representative(group.fact);
        if let Some(wanted) = rows.member(fact, group.neuron)? {
            return Ok(wanted);
        }
        rows.push_of(fact, |building| {
            let mut column = 0;
            let mut push = |value: Value<'_>| {
                building.value(column, &value);
                column += 1;
            };
            self.grouping.by.iter().for_each(|&dimension| self.push_dimension(group, dimension, &mut push));
            for &measure in &self.grouping.measures {
                push(match measure {
                    measure if is_whole(measure) => Value::Integer(self.measure(group, measure)),
                    Measure::Score if group.score.is_nan() => Value::Null,
                    Measure::Score => Value::Score(group.score),
                    Measure::Mean if group.mean.is_nan() => Value::Null,
                    Measure::Mean => Value::Score(group.mean as f32),
                    measure => self.number(group, Key::Measure(measure)).map_or(Value::Null, Value::Ratio),
                });
            }
        })
    }

    pub(super) fn measure(&self, group: &Group, measure: Measure) -> u64 {
        match measure {
            Measure::Facts => group.counts.facts,
            Measure::Neurons => group.counts.neurons,
            Measure::Asked => self.asked.count(group),
            Measure::Langs => u64::from(group.found[0]),
            Measure::Prompts => u64::from(group.found[1]),
            Measure::Runs => u64::from(group.found[2]),
            _ => group.counts.pairs,
        }
    }

    /// Of no pairs at all, as facts of size 0 may have, none is a share.
    fn share(&self, group: &Group) -> f64 {
        if self.total == 0 { 0.0 } else { group.counts.pairs as f64 / self.total as f64 }
    }

    fn frequency(&self, group: &Group) -> Option<f64> {
        let asked = self.asked.count(group);
        (asked > 0).then(|| group.counts.facts as f64 / asked as f64)
    }

    pub(super) fn layer(&self, group: &Group) -> u32 {
        match self.split {
            Split::Neurons => self.shape.split(Neuron(group.neuron)).0.0,
            Split::Layers | Split::Units | Split::Whole => group.neuron,
        }
    }

    pub(super) fn unit(&self, group: &Group) -> u32 {
        self.shape.split(Neuron(group.neuron)).1
    }

    pub(super) fn number(&self, group: &Group, key: Key) -> Option<f64> {
        match key {
            Key::Measure(Measure::Share) => Some(self.share(group)),
            Key::Measure(Measure::Frequency) => self.frequency(group),
            Key::Measure(Measure::Score) => (!group.score.is_nan()).then(|| f64::from(group.score)),
            Key::Measure(Measure::Mean) => (!group.mean.is_nan()).then_some(group.mean),
            Key::Measure(measure) if CHANCE.contains(&measure) => {
                self.against.as_ref()?.number(group, measure, self.shape)
            }
            Key::Measure(measure) => match evidence_of(measure) {
                Some(which) => self.degenerate.evidence(group).map(|means| means[which]),
                None => Some(self.measure(group, measure) as f64),
            },
            Key::Dimension(Dimension::Layer) => Some(f64::from(self.layer(group))),
            Key::Dimension(Dimension::Neuron) => Some(f64::from(self.unit(group))),
            Key::Dimension(Dimension::Size) => Some(f64::from(group.neuron)),
            Key::Dimension(Dimension::Prompt) => self.splits.prompt(group.split).map(|prompt| f64::from(prompt.0)),
            Key::Dimension(_) | Key::Other(_) => None,
        }
    }

    /// The values of a dimension's columns. Of facts, languages and runs they are ids.
    fn push_dimension(&self, group: &Group, dimension: Dimension, push: &mut impl FnMut(Value<'_>)) {
        let number = |number: Option<u32>| number.map_or(Value::Null, |number| Value::Integer(u64::from(number)));
        if dimension == Dimension::Neuron && !self.grouping.by.contains(&Dimension::Layer) {
            push(number(Some(self.layer(group))));
        }
        push(match dimension {
            // That is the row's.
            Dimension::Fact | Dimension::Relation | Dimension::Subject | Dimension::Object => Value::Null,
            // Those of entries, which sets of pairs cannot be split by.
            Dimension::Correct | Dimension::Tokens | Dimension::Answer => Value::Null,
            Dimension::Layer => number(Some(self.layer(group))),
            Dimension::Neuron => number(Some(self.unit(group))),
            Dimension::Size => number(Some(group.neuron)),
            Dimension::Role => {
                let role = self.roles.get(self.unit(group) as usize);
                role.map_or(Value::Null, |role| Value::Text(Cow::Borrowed(role)))
            }
            Dimension::Group => {
                let neurons = self.degenerate.neurons(group).iter();
                let names: Vec<String> = neurons.map(|&neuron| neuron_name(neuron, self.shape)).collect();
                Value::Text(Cow::Owned(names.join(", ")))
            }
            Dimension::Lang => number(self.splits.language(group.split).map(|language| u32::from(language.0))),
            Dimension::Prompt => number(self.splits.prompt(group.split).map(|prompt| u32::from(prompt.0))),
            Dimension::Run => number(self.splits.run(group.split).map(|run| run.0)),
        });
    }
}

/// Which of a group's means a measure is, if it is one.
fn evidence_of(measure: Measure) -> Option<usize> {
    EVIDENCE.iter().position(|of| *of == measure)
}

/// Whether a measure is a count.
pub(super) fn is_whole(measure: Measure) -> bool {
    kind_of(measure) == ColumnKind::Integer
}
