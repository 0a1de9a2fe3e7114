//! `entries[…] by …`: entries, facts, the mean and the median of p, and the share that was answered right.

use super::{Entry, for_each_fact, places};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::Source;
use crate::result::FactNames;
use crate::result::Value;
use crate::rows::keys::{FactKeys, is_of_fact};
use crate::rows::order::{directed, of_numbers};
use crate::rows::shape::{Grouping, holds_in_single, holds_of};
use crate::rows::{Out, Rows};
use crate::run::domain::Execution;
use crate::sorting::sort;
use crate::syntax::ast::{Dimension, Having, Key, Measure, Query};
use kndb_storage::{LanguageId, PromptId, RunId};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map;

/// What a row is about, as far as it was asked for; whatever was not measured is `None`, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct GroupKey<'s> {
    /// Number of the fact key.
    fact: u32,
    language: Option<LanguageId>,
    prompt: Option<PromptId>,
    run: Option<RunId>,
    correct: Option<bool>,
    tokens: Option<u16>,
    answer: Option<&'s str>,
}

/// Entries on the way to being counted: facts come in order.
#[derive(Default)]
struct Counting {
    entries: u64,
    facts: u64,
    last: Option<u32>,
    p: Vec<f32>,
    answered: u64,
    right: u64,
}

/// A row.
#[derive(Clone, Copy)]
struct Row<'s> {
    key: GroupKey<'s>,
    entries: u64,
    facts: u64,
    p: Option<f64>,
    median: Option<f64>,
    correct: Option<f64>,
}

/// Bytes of a group, about.
const GROUP: u64 = 256;
/// What the groups are called where they take too much memory.
const COUNTERS: &str = "the counters of this result's groups";

impl Counting {
    fn add(&mut self, entry: &Entry<'_>) {
        self.entries += 1;
        let fact = Some(entry.of.fact.0);
        self.facts += u64::from(self.last != fact);
        self.last = fact;
        self.p.extend(entry.of.probability);
        if let Some(correct) = entry.is_correct() {
            self.answered += 1;
            self.right += u64::from(correct);
        }
    }

    fn row(mut self, key: GroupKey<'_>) -> Row<'_> {
        // Sorted, so that the sum does not depend on the order of facts.
        self.p.sort_unstable_by(f32::total_cmp);
        let count = self.p.len();
        let mean = self.p.iter().map(|&p| f64::from(p)).sum::<f64>() / count as f64;
        let at = |place: usize| self.p.get(place).map(|&p| f64::from(p));
        // Of an odd number both are the one in the middle.
        let median = at(count.saturating_sub(1) / 2).zip(at(count / 2)).map(|(a, b)| f64::midpoint(a, b));
        let correct = (self.answered > 0).then(|| self.right as f64 / self.answered as f64);
        let p = (count > 0).then_some(mean);
        Row { key, entries: self.entries, facts: self.facts, p, median, correct }
    }
}

/// Rows of grouped entries.
pub(crate) fn grouped<'s>(
    execution: &mut Execution<'s>,
    source: &Source<'s>,
    (query, grouping): (&Query, &Grouping),
    names: FactNames<'s>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let places = places(source, names.snapshot);
    let memory = execution.memory;
    let mut keys = FactKeys::new(&grouping.by, names);
    let mut groups: HashMap<GroupKey<'s>, Counting> = HashMap::new();
    let has = |dimension| grouping.by.contains(&dimension);
    let mut measured = Measurements::default();
    for_each_fact(execution, source, &places, |fact, entries| {
        if entries.is_empty() {
            return Ok(true);
        }
        let fact = keys.add(fact)?;
        for entry in entries {
            let place = &places[entry.place as usize];
            let key = GroupKey {
                fact,
                language: has(Dimension::Lang).then_some(place.language),
                prompt: has(Dimension::Prompt).then_some(place.prompt),
                run: has(Dimension::Run).then_some(place.run),
                correct: entry.is_correct().filter(|_| has(Dimension::Correct)),
                tokens: entry.of.tokens.filter(|_| has(Dimension::Tokens)),
                // The blank that a token begins with is not meant, as in conditions.
                answer: entry.of.answer.map(str::trim).filter(|_| has(Dimension::Answer)),
            };
            let group = match groups.entry(key) {
                hash_map::Entry::Occupied(known) => known.into_mut(),
                hash_map::Entry::Vacant(free) => {
                    memory.take(GROUP, COUNTERS)?;
                    free.insert(Counting::default())
                }
            };
            // Twice a probability: lists grow by doubling.
            memory.take(8, COUNTERS)?;
            group.add(entry);
            measured.add(entry);
        }
        Ok(true)
    })?;
    let mut rows = Vec::new();
    for (key, counting) in groups {
        memory.interrupt.check()?;
        rows.push(counting.row(key));
    }
    if let Out::Sink(_) = out {
        measured.note(execution, query, grouping);
    }
    let naming = Naming { grouping, keys: &keys, texts: keys.texts(memory)?, names };
    let holds = |row: &Row<'_>, having: &Having| {
        let value = naming.number(row, having.key);
        match having.key {
            Key::Measure(Measure::P | Measure::Median) => holds_in_single(having, value),
            _ => holds_of(having, value, || 0),
        }
    };
    rows.retain(|row| grouping.having.iter().all(|having| holds(row, having)));
    sort(&mut rows, |a, b| naming.compare(a, b), &memory.interrupt)?;
    if let Some(each) = &grouping.each {
        let by = |a: &Row<'_>, b: &Row<'_>| {
            let dims = each.per.iter().map(|dim| naming.compare_dimension(a, b, dim.dimension));
            dims.into_iter().find(|compared| *compared != Ordering::Equal).unwrap_or(Ordering::Equal)
        };
        if each.keep(&mut rows, by, |a, b| naming.compare_as_asked(a, b), &memory.interrupt)? {
            each.note(&grouping.order, &execution.notes);
        }
    }
    naming.deliver(&rows, (memory, &execution.notes), out)
}

/// Of how many entries is known what the columns are counted from, and why not of the others.
#[derive(Default)]
struct Measurements {
    entries: u64,
    with_p: u64,
    answered: u64,
}

impl Measurements {
    fn add(&mut self, entry: &Entry<'_>) {
        self.entries += 1;
        self.with_p += u64::from(entry.of.probability.is_some());
        self.answered += u64::from(entry.is_correct().is_some());
    }

    /// Says of how many entries the columns are, where that is not of all.
    fn note(&self, execution: &Execution<'_>, query: &Query, grouping: &Grouping) {
        let &Self { entries, with_p, answered } = self;
        let add = |text: String| execution.notes.add(query.span, text);
        if entries > 0 && with_p == 0 {
            add(format!("p was stored of none of the {entries} entries: mean and median are empty"));
        } else if with_p < entries {
            add(format!("p was stored of {with_p} of {entries} entries: mean and median are of these"));
        }
        if answered < entries && grouping.measures.contains(&Measure::Correct) {
            add(format!(
                "whether the answer is right is known of {answered} of {entries} entries: of the others no rank was stored"
            ));
        }
    }
}

struct Naming<'a, 's> {
    grouping: &'a Grouping,
    keys: &'a FactKeys<'s>,
    texts: Vec<[Option<Cow<'s, str>>; 3]>,
    names: FactNames<'s>,
}

impl Naming<'_, '_> {
    fn number(&self, row: &Row<'_>, key: Key) -> Option<f64> {
        match key {
            Key::Measure(Measure::Entries) => Some(row.entries as f64),
            Key::Measure(Measure::Facts) => Some(row.facts as f64),
            Key::Measure(Measure::P) => row.p,
            Key::Measure(Measure::Median) => row.median,
            Key::Measure(Measure::Correct) => row.correct,
            Key::Dimension(Dimension::Prompt) => row.key.prompt.map(|prompt| f64::from(prompt.0)),
            Key::Dimension(Dimension::Tokens) => row.key.tokens.map(f64::from),
            Key::Dimension(_) | Key::Measure(_) | Key::Other(_) => None,
        }
    }

    /// The query's order, then the dimensions'.
    fn compare(&self, a: &Row<'_>, b: &Row<'_>) -> Ordering {
        let compared = self.compare_as_asked(a, b);
        if compared != Ordering::Equal {
            return compared;
        }
        let mut dims = self.grouping.by.iter().map(|&dimension| self.compare_dimension(a, b, dimension));
        // Subjects of one name are told apart by their facts.
        let by_id = || self.keys.compare(a.key.fact, b.key.fact, Dimension::Fact, &self.texts);
        dims.find(|compared| *compared != Ordering::Equal).unwrap_or_else(by_id)
    }

    /// The query's order alone.
    fn compare_as_asked(&self, a: &Row<'_>, b: &Row<'_>) -> Ordering {
        for &(key, descending) in &self.grouping.order {
            let compared = match key {
                Key::Dimension(dimension) => {
                    let known = [a, b].map(|row| match dimension {
                        Dimension::Correct => row.key.correct.is_some(),
                        Dimension::Tokens => row.key.tokens.is_some(),
                        Dimension::Answer => row.key.answer.is_some(),
                        dimension => self.keys.is_known(row.key.fact, dimension, &self.texts),
                    });
                    directed(self.compare_dimension(a, b, dimension), known, descending)
                }
                key => of_numbers([self.number(a, key), self.number(b, key)], descending),
            };
            if compared != Ordering::Equal {
                return compared;
            }
        }
        Ordering::Equal
    }

    fn compare_dimension(&self, a: &Row<'_>, b: &Row<'_>, dimension: Dimension) -> Ordering {
        let snapshot = self.names.snapshot;
        let (a, b) = (&a.key, &b.key);
        let language = |key: &GroupKey<'_>| key.language.map(|id| snapshot.language_name(id));
        let run = |key: &GroupKey<'_>| key.run.and_then(|id| snapshot.run(id)).map(|run| &run.spec.name);
        match dimension {
            dimension if is_of_fact(dimension) => self.keys.compare(a.fact, b.fact, dimension, &self.texts),
            Dimension::Lang => language(a).cmp(&language(b)),
            Dimension::Run => run(a).cmp(&run(b)),
            Dimension::Correct => a.correct.cmp(&b.correct),
            Dimension::Tokens => a.tokens.cmp(&b.tokens),
            Dimension::Answer => a.answer.cmp(&b.answer),
            _ => a.prompt.cmp(&b.prompt),
        }
    }

    fn deliver(&self, rows: &[Row<'_>], (memory, notes): (&Memory, &Notes), out: Out<'_>) -> Result<u64, QueryError> {
        let (columns, slots) = (self.grouping.columns(), self.grouping.slots());
        let mut out =
            Rows::to(out, &memory.interrupt, (columns.into(), &slots), Some(self.names), self.grouping.limit())?;
        for (at, row) in rows.iter().enumerate() {
            let fact = self.keys.representative(row.key.fact);
            let wanted = match out.member(fact, 0)? {
                Some(wanted) => wanted,
                None => out.push_of(fact, |building| {
                    let dims = self.grouping.by.iter().map(|&dimension| dimension_of(&row.key, dimension));
                    let measures = self.grouping.measures.iter().map(|&measure| self.measure(row, measure));
                    dims.chain(measures).enumerate().for_each(|(column, value)| building.value(column, &value));
                })?,
            };
            if !wanted {
                let next = rows.get(at + 1).filter(|next| self.compare_as_asked(row, next) == Ordering::Equal);
                if let Some(first) = self.grouping.top.filter(|_| next.is_some() && out.are_all()) {
                    first.note(&self.grouping.order, notes);
                }
                break;
            }
        }
        out.end()
    }

    fn measure(&self, row: &Row<'_>, measure: Measure) -> Value<'static> {
        match measure {
            Measure::Entries => Value::Integer(row.entries),
            Measure::Facts => Value::Integer(row.facts),
            measure => self.number(row, Key::Measure(measure)).map_or(Value::Null, Value::Ratio),
        }
    }
}

fn dimension_of<'s>(key: &GroupKey<'s>, dimension: Dimension) -> Value<'s> {
    let whole = |number: Option<u64>| number.map_or(Value::Null, Value::Integer);
    let text = |text: Option<&'s str>| text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)));
    match dimension {
        // Ids, which the columns show by their names.
        Dimension::Lang => whole(key.language.map(|id| u64::from(id.0))),
        Dimension::Run => whole(key.run.map(|id| u64::from(id.0))),
        Dimension::Prompt => whole(key.prompt.map(|id| u64::from(id.0))),
        Dimension::Tokens => whole(key.tokens.map(u64::from)),
        Dimension::Correct => text(key.correct.map(|correct| if correct { "yes" } else { "no" })),
        Dimension::Answer => text(key.answer),
        // Of the fact, which the row says.
        _ => Value::Null,
    }
}
