//! `entries[…]` without `by`: a row an entry.

use super::{Entry, Place, for_each_fact, places};
use crate::error::QueryError;
use crate::memory::{Best, Memory};
use crate::plan::{Source, single};
use crate::result::FactNames;
use crate::result::{Building, Column, ColumnKind, IdsOf, Slot, Value};
use crate::rows::each::Each;
use crate::rows::equals::{First, first_left_out};
use crate::rows::order::{of_numbers, of_texts};
use crate::rows::shape::descends;
use crate::rows::{Out, Rows};
use crate::run::domain::Execution;
use crate::syntax::ast::{Dimension, Having, Key, Measure, Query};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map;
use std::sync::Arc;

/// The columns in their order; of prompts and runs, where there are several of them or a clause names them.
const COLUMNS: [(Key, ColumnKind); 16] = [
    (Key::Dimension(Dimension::Fact), ColumnKind::Text),
    (Key::Dimension(Dimension::Relation), ColumnKind::Text),
    (Key::Dimension(Dimension::Subject), ColumnKind::Text),
    (Key::Dimension(Dimension::Object), ColumnKind::Text),
    (Key::Dimension(Dimension::Lang), ColumnKind::Text),
    (Key::Dimension(Dimension::Prompt), ColumnKind::Number),
    (Key::Dimension(Dimension::Run), ColumnKind::Text),
    (Key::Measure(Measure::P), ColumnKind::Score),
    (Key::Measure(Measure::Baseline), ColumnKind::Score),
    (Key::Dimension(Dimension::Answer), ColumnKind::Text),
    (Key::Measure(Measure::Correct), ColumnKind::Text),
    (Key::Measure(Measure::Rank), ColumnKind::Number),
    (Key::Measure(Measure::Tokens), ColumnKind::Number),
    (Key::Measure(Measure::Residual), ColumnKind::Score),
    (Key::Measure(Measure::Largest), ColumnKind::Score),
    (Key::Measure(Measure::Kept), ColumnKind::Integer),
];

/// Refuses clauses that a listing of entries does not have.
pub(crate) fn check(query: &Query) -> Result<(), QueryError> {
    let is_column = |key| COLUMNS.iter().any(|(column, _)| *column == key);
    let no_column = |key: Key, span| {
        let columns: Vec<String> = COLUMNS.iter().map(|(key, _)| format!("`{}`", key.word())).collect();
        let error = QueryError::kind(span, format!("`{}` is no column of this result", key.word()));
        error.hint(match key {
            Key::Measure(Measure::Entries | Measure::Facts | Measure::Median) => {
                "counts need `by`: `entries[…] by relation`".to_owned()
            }
            _ => format!("its columns are {}", columns.join(", ")),
        })
    };
    for having in &query.having {
        if !is_column(having.key) {
            return Err(no_column(having.key, having.key_span));
        }
        if having.key == Key::Measure(Measure::Correct) {
            let reason = "`having` compares numbers, and `correct` is `yes` or `no`";
            return Err(QueryError::kind(having.key_span, reason)
                .hint("choose it in brackets: `entries[correct=yes]`; with `by` it is a share"));
        }
    }
    for dim in Each::of(query).iter().flat_map(|each| &each.per) {
        if !is_column(Key::Dimension(dim.dimension)) {
            return Err(no_column(Key::Dimension(dim.dimension), dim.span));
        }
    }
    match query.order.iter().find(|order| !is_column(order.key)) {
        Some(order) => Err(no_column(order.key, order.span)),
        None => Ok(()),
    }
}

/// Rows of entries, in the order that is asked for; with `top` alone those of the largest p.
pub(crate) fn listing<'s>(
    execution: &mut Execution<'s>,
    source: &Source<'s>,
    query: &Query,
    names: FactNames<'s>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    check(query)?;
    let places = places(source, names.snapshot);
    let mut order: Vec<(Key, bool)> =
        query.order.iter().map(|order| (order.key, descends(order.key, order.direction))).collect();
    let top = query.limit();
    if order.is_empty() && query.top.is_some() {
        order.push((Key::Measure(Measure::P), true));
    }
    let each = Each::of(query);
    let shown = shown(query, &places);
    let memory = execution.memory;
    let columns: Arc<[Column]> = shown.iter().map(|&(key, kind)| Column { name: key.word(), kind }).collect();
    let slots: Vec<Slot> = shown.iter().map(|(key, _)| slot(*key)).collect();
    let rows = Rows::to(out, &memory.interrupt, (columns, &slots), Some(names), top)?;
    let mut out = Output { rows, shown: &shown, places: &places };
    let wanted = |entry: &Entry<'_>| query.having.iter().all(|having| holds(having, entry, &places));
    if order.is_empty() {
        for_each_fact(execution, source, &places, |_, entries| {
            for entry in entries.iter().filter(|entry| wanted(entry)) {
                if !out.push(entry)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        return out.rows.end();
    }
    let named = order.clone();
    let mut sorting = Sorting::new((order, each.clone()), names, &places);
    let at_once = memory.rows::<Entry<'_>>(1);
    let at_most = |left: u64| at_once.min(usize::try_from(left).unwrap_or(usize::MAX));
    let mut walk = |left: u64, after| {
        let mut best = Best::new(at_most(left), after, &memory.interrupt);
        for_each_fact(execution, source, &places, |fact, entries| {
            if !entries.is_empty() {
                sorting.learn(fact, memory)?;
            }
            let mut entries = entries.iter().filter(|entry| wanted(entry));
            entries.try_for_each(|&entry| best.push(entry, |a, b| sorting.compare(a, b)))?;
            Ok(true)
        })?;
        let seen = best.seen;
        let mut sorted = best.sorted(|a, b| sorting.compare(a, b))?;
        if let Some(each) = &sorting.each {
            memory.check_at_once::<Entry<'_>>(seen, at_once, 1)?;
            let by = |a: &Entry<'_>, b: &Entry<'_>| {
                let dims = each.per.iter().map(|dim| sorting.compare_by((Key::Dimension(dim.dimension), false), a, b));
                dims.into_iter().find(|compared| *compared != Ordering::Equal).unwrap_or(Ordering::Equal)
            };
            let parts_equals = each.keep(&mut sorted, by, |a, b| sorting.compare_as_asked(a, b), &memory.interrupt)?;
            return Ok((sorted.len() as u64, sorted, parts_equals));
        }
        let next = first_left_out(&sorted, left);
        let parts_equals = next.is_some_and(|(last, next)| sorting.compare_as_asked(last, next) == Ordering::Equal);
        Ok::<_, QueryError>((seen, sorted, parts_equals))
    };
    let most = top.unwrap_or(u64::MAX);
    // One more shows whether equals are parted.
    let mut left = most.saturating_add(1);
    let (mut seen, mut sorted, mut parts_equals) = walk(left, None)?;
    memory.check_passes::<Entry<'_>>(seen.min(most), at_once, 1)?;
    let are_parted = 'rows: loop {
        let more = seen > at_most(left) as u64;
        left -= sorted.len() as u64;
        for entry in &sorted {
            if !out.push(entry)? {
                break 'rows parts_equals && out.rows.are_all();
            }
        }
        let Some(&last) = sorted.last().filter(|_| more && left > 0) else {
            break each.is_some() && parts_equals;
        };
        // What was handed out goes before the next rows come.
        drop(sorted);
        (seen, sorted, parts_equals) = walk(left, Some(last))?;
    };
    match (each, First::of(query)) {
        (Some(each), _) if are_parted => each.note(&named, &execution.notes),
        (None, Some(first)) if are_parted => first.note(&named, &execution.notes),
        _ => {}
    }
    out.rows.end()
}

/// The columns that are shown.
fn shown(query: &Query, places: &[Place<'_, '_>]) -> Vec<(Key, ColumnKind)> {
    let per = Each::of(query);
    let named = |key| {
        query.order.iter().any(|order| order.key == key)
            || query.having.iter().any(|of| of.key == key)
            || per.iter().flat_map(|each| &each.per).any(|dim| Key::Dimension(dim.dimension) == key)
    };
    let prompts = places.iter().any(|place| place.prompt != places[0].prompt);
    let runs = places.iter().any(|place| place.run != places[0].run);
    let is_shown = |key: Key| match key {
        Key::Dimension(Dimension::Prompt) => prompts || named(key),
        Key::Dimension(Dimension::Run) => runs || named(key),
        _ => true,
    };
    COLUMNS.into_iter().filter(|(key, _)| is_shown(*key)).collect()
}

fn slot(key: Key) -> Slot {
    match key {
        Key::Dimension(Dimension::Fact) => Slot::Fact(IdsOf::Fact),
        Key::Dimension(Dimension::Relation) => Slot::Fact(IdsOf::Relation),
        Key::Dimension(Dimension::Subject) => Slot::Fact(IdsOf::Subject),
        Key::Dimension(Dimension::Object) => Slot::Fact(IdsOf::Object),
        Key::Dimension(Dimension::Lang) => Slot::Id(IdsOf::Language),
        Key::Dimension(Dimension::Run) => Slot::Id(IdsOf::Run),
        Key::Dimension(_) | Key::Measure(_) | Key::Other(_) => Slot::Own,
    }
}

struct Output<'a, 'p, 's> {
    rows: Rows<'a>,
    shown: &'p [(Key, ColumnKind)],
    places: &'p [Place<'p, 's>],
}

impl Output<'_, '_, '_> {
    fn push(&mut self, entry: &Entry<'_>) -> Result<bool, QueryError> {
        let fact = entry.of.fact.0;
        if let Some(wanted) = self.rows.member(fact, 0)? {
            return Ok(wanted);
        }
        let (shown, places) = (self.shown, self.places);
        self.rows.push_of(fact, |building: &mut Building| {
            for (column, (key, _)) in shown.iter().enumerate() {
                building.value(column, &value(*key, entry, places));
            }
        })
    }
}

fn value<'e>(key: Key, entry: &Entry<'e>, places: &[Place<'_, '_>]) -> Value<'e> {
    let of = &entry.of;
    let place = &places[entry.place as usize];
    let score = |score: Option<f32>| score.map_or(Value::Null, Value::Score);
    let whole = |number: Option<u64>| number.map_or(Value::Null, Value::Integer);
    match key {
        Key::Dimension(Dimension::Lang) => Value::Integer(u64::from(place.language.0)),
        Key::Dimension(Dimension::Prompt) => Value::Integer(u64::from(place.prompt.0)),
        Key::Dimension(Dimension::Run) => Value::Integer(u64::from(place.run.0)),
        Key::Dimension(Dimension::Answer) => of.answer.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text))),
        Key::Measure(Measure::P) => score(of.probability),
        Key::Measure(Measure::Baseline) => score(of.baseline),
        Key::Measure(Measure::Residual) => score(of.residual),
        Key::Measure(Measure::Largest) => score(of.largest),
        Key::Measure(Measure::Correct) => {
            let word = |correct| Value::Text(Cow::Borrowed(if correct { "yes" } else { "no" }));
            entry.is_correct().map_or(Value::Null, word)
        }
        Key::Measure(Measure::Rank) => whole(of.rank.map(u64::from)),
        Key::Measure(Measure::Tokens) => whole(of.tokens.map(u64::from)),
        Key::Measure(Measure::Kept) => whole(of.kept),
        // Of the fact, which the row says.
        Key::Dimension(_) | Key::Measure(_) | Key::Other(_) => Value::Null,
    }
}

/// A column as a number, where it is one.
fn number(key: Key, entry: &Entry<'_>, places: &[Place<'_, '_>]) -> Option<f64> {
    match key {
        Key::Measure(Measure::Correct) => entry.is_correct().map(|correct| f64::from(u8::from(correct))),
        key => match value(key, entry, places) {
            Value::Integer(number) => Some(number as f64),
            Value::Score(score) => Some(f64::from(score)),
            Value::Ratio(ratio) => Some(ratio),
            Value::Null | Value::Text(_) | Value::Spelled(_) => None,
        },
    }
}

/// What is not known satisfies nothing.
fn holds(having: &Having, entry: &Entry<'_>, places: &[Place<'_, '_>]) -> bool {
    let (Some(found), Some(than)) = (number(having.key, entry, places), having.value.value()) else { return false };
    let of_32_bits = COLUMNS.contains(&(having.key, ColumnKind::Score));
    let than = if of_32_bits { single(than.value) } else { than.value };
    found.partial_cmp(&than).is_some_and(|order| having.op.holds(order))
}

/// The order of a listing, and the texts of the facts that it orders by.
struct Sorting<'p, 's> {
    order: Vec<(Key, bool)>,
    each: Option<Each>,
    names: FactNames<'s>,
    places: &'p [Place<'p, 's>],
    texts: Option<HashMap<u32, [Option<&'s str>; 3]>>,
}

/// Bytes that the texts of a fact take: they are borrowed from the dictionary.
const TEXTS: u64 = 96;

impl<'p, 's> Sorting<'p, 's> {
    fn new((order, each): (Vec<(Key, bool)>, Option<Each>), names: FactNames<'s>, places: &'p [Place<'p, 's>]) -> Self {
        use Dimension::{Object, Relation, Subject};
        let mut per = each.iter().flat_map(|each| &each.per);
        let textual = order.iter().any(|(key, _)| matches!(key, Key::Dimension(Relation | Subject | Object)))
            || per.any(|dim| matches!(dim.dimension, Relation | Subject | Object));
        Self { order, each, names, places, texts: textual.then(HashMap::new) }
    }

    /// Looks a fact's texts up, if that is needed and was not done before.
    fn learn(&mut self, fact: u32, memory: &Memory) -> Result<(), QueryError> {
        let Some(texts) = &mut self.texts else { return Ok(()) };
        if let hash_map::Entry::Vacant(free) = texts.entry(fact) {
            memory.take(TEXTS, "the names that this result is ordered by")?;
            let (subject, object) = self.names.label(fact)?.unzip();
            free.insert([self.names.relation_name(fact)?, subject, object]);
        }
        Ok(())
    }

    fn compare(&self, a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
        self.compare_as_asked(a, b).then((a.of.fact.0, a.place).cmp(&(b.of.fact.0, b.place)))
    }

    fn compare_as_asked(&self, a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
        for &(key, descending) in &self.order {
            let compared = self.compare_by((key, descending), a, b);
            if compared != Ordering::Equal {
                return compared;
            }
        }
        Ordering::Equal
    }

    fn compare_by(&self, (key, descending): (Key, bool), a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
        let texts = |entry: &Entry<'_>, at: usize| self.texts.as_ref()?.get(&entry.of.fact.0)?[at];
        let place = |entry: &Entry<'_>| &self.places[entry.place as usize];
        let run = |entry: &Entry<'_>| self.names.snapshot.run(place(entry).run).map(|run| run.spec.name.as_str());
        let language = |entry: &Entry<'_>| self.names.snapshot.language_name(place(entry).language);
        let of_fact = |at: usize| of_texts([texts(a, at), texts(b, at)], descending);
        match key {
            Key::Dimension(Dimension::Fact) => of_texts([Some(a.of.fact.0), Some(b.of.fact.0)], descending),
            Key::Dimension(Dimension::Relation) => of_fact(0),
            Key::Dimension(Dimension::Subject) => of_fact(1),
            Key::Dimension(Dimension::Object) => of_fact(2),
            Key::Dimension(Dimension::Lang) => of_texts([Some(language(a)), Some(language(b))], descending),
            Key::Dimension(Dimension::Run) => of_texts([run(a), run(b)], descending),
            // The blank that a token begins with is not meant, as in conditions and in `by answer`.
            Key::Dimension(Dimension::Answer) => {
                of_texts([a, b].map(|entry| entry.of.answer.map(str::trim)), descending)
            }
            key => of_numbers([number(key, a, self.places), number(key, b, self.places)], descending),
        }
    }
}
