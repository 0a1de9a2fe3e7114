//! Queries without `by`: one row a member.
//!
//! Without an order rows go out as they are found. With one, the first rows are kept, as many as are wanted and fit into memory;
//! if that is not all, the data is read again for the next ones.

mod sorting;

use super::each::Each;
use super::equals::{First, first_left_out};
use super::roles::{roles_of, shown_of};
use super::shape::descends;
use super::{Out, Rows};
use crate::error::QueryError;
use crate::memory::{Best, Memory};
use crate::plan::kinds::Kind;
use crate::plan::visit::Node;
use crate::plan::{Access, Pairs};
use crate::result::FactNames;
use crate::result::{Column, ColumnKind, IdsOf, Slot, Value};
use crate::run::algebra::ascends;
use crate::run::domain::{Execution, domain};
use crate::run::eval::Worker;
use crate::syntax::ast::{Dimension, Key, Measure, Query};
use crate::syntax::span::Span;
use kndb_storage::Neuron;
use roaring::RoaringBitmap;
use sorting::Sorting;
use std::sync::{Arc, LazyLock};

/// What a listing may be ordered by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Fact,
    Relation,
    Subject,
    Object,
    Layer,
    Neuron,
    Role,
    Score,
}

/// A row of a listing, before its names.
#[derive(Clone, Copy, Debug)]
struct Member {
    fact: u32,
    neuron: u32,
    score: f32,
}

const FACT_COLUMNS: [Column; 4] = [
    Column { name: "fact", kind: ColumnKind::Text },
    Column { name: "relation", kind: ColumnKind::Text },
    Column { name: "subject", kind: ColumnKind::Text },
    Column { name: "object", kind: ColumnKind::Text },
];
const NEURON_COLUMNS: [Column; 2] =
    [Column { name: "layer", kind: ColumnKind::Number }, Column { name: "neuron", kind: ColumnKind::Number }];
const ROLE_COLUMN: Column = Column { name: "role", kind: ColumnKind::Text };
const SCORE_COLUMN: Column = Column { name: "score", kind: ColumnKind::Score };

/// Columns of a listing.
fn columns(kind: Kind, scores: bool) -> Vec<Column> {
    let facts = FACT_COLUMNS.into_iter().filter(|_| kind != Kind::Neurons);
    let neurons = NEURON_COLUMNS.into_iter().filter(|_| kind != Kind::Facts);
    facts.chain(neurons).chain(scores.then_some(SCORE_COLUMN)).collect()
}

/// The columns of facts, of pairs, and of pairs with scores: each once for all answers.
static OF_FACTS: LazyLock<Arc<[Column]>> = LazyLock::new(|| FACT_COLUMNS.into());
static PAIR_COLUMNS: LazyLock<Arc<[Column]>> = LazyLock::new(|| columns(Kind::Pairs, false).into());
static SCORED_COLUMNS: LazyLock<Arc<[Column]>> = LazyLock::new(|| columns(Kind::Pairs, true).into());

/// The same of pairs whose units have names.
fn columns_with_roles(scores: bool) -> Arc<[Column]> {
    let facts = FACT_COLUMNS.into_iter().chain(NEURON_COLUMNS).chain([ROLE_COLUMN]);
    facts.chain(scores.then_some(SCORE_COLUMN)).collect()
}

/// Where the values of [`FACT_COLUMNS`] come from.
const FACT_SLOTS: [Slot; 4] =
    [Slot::Fact(IdsOf::Fact), Slot::Fact(IdsOf::Relation), Slot::Fact(IdsOf::Subject), Slot::Fact(IdsOf::Object)];
/// The same of pairs with roles and scores.
const PAIR_SLOTS: [Slot; 8] =
    [FACT_SLOTS[0], FACT_SLOTS[1], FACT_SLOTS[2], FACT_SLOTS[3], Slot::Own, Slot::Own, Slot::Own, Slot::Own];

/// Refuses clauses that a listing does not have.
pub(crate) fn check(query: &Query, kind: Kind, scores: bool) -> Result<(), QueryError> {
    keys(query, kind, scores).map(drop)
}

fn keys(query: &Query, kind: Kind, scores: bool) -> Result<Vec<(By, bool)>, QueryError> {
    if let Some(having) = query.having.first() {
        return Err(QueryError::kind(having.span, "`having` needs `by`: without it there is nothing to count")
            .hint("add `by …`, or put the condition into the brackets of the source: `kn[score>=1e-4]`"));
    }
    let by = |key: Key, span| column((kind, scores), key, span);
    if let Some(each) = Each::of(query) {
        each.per.iter().try_for_each(|dim| by(Key::Dimension(dim.dimension), dim.span).map(drop))?;
    }
    query.order.iter().map(|order| Ok((by(order.key, order.span)?, descends(order.key, order.direction)))).collect()
}

/// What a key of a listing is.
fn column((kind, scores): (Kind, bool), key: Key, span: Span) -> Result<By, QueryError> {
    let (facts, neurons) = (kind != Kind::Neurons, kind != Kind::Facts);
    Ok(match key {
        Key::Dimension(Dimension::Fact) if facts => By::Fact,
        Key::Dimension(Dimension::Relation) if facts => By::Relation,
        Key::Dimension(Dimension::Subject) if facts => By::Subject,
        Key::Dimension(Dimension::Object) if facts => By::Object,
        Key::Dimension(Dimension::Layer) if neurons => By::Layer,
        Key::Dimension(Dimension::Neuron) if neurons => By::Neuron,
        // Whether there are roles the runs say; what orders by them is refused there.
        Key::Dimension(Dimension::Role) if kind == Kind::Pairs => By::Role,
        Key::Measure(Measure::Score) if scores => By::Score,
        key => {
            let error = QueryError::kind(span, format!("`{key}` is no column of this result"));
            return Err(match key {
                Key::Measure(Measure::Score) if kind == Kind::Pairs => error.hint(
                    "a set has scores if it comes from one language and prompt of a run that keeps scores, and is not united or intersected with another; of several languages `by fact, neuron, lang order by score` has a row each",
                ),
                Key::Measure(measure) if measure != Measure::Score => error.hint("counts need `by`: `by layer`"),
                _ => error.hint(format!("its columns are {}", named(&columns(kind, scores)))),
            });
        }
    })
}

fn named(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
}

/// Rows of a set of pairs: fact, relation, subject, object, layer, neuron, and score where there is one.
pub(crate) fn pairs<'s>(
    execution: &mut Execution<'s>,
    pairs: &Pairs<'s>,
    query: &Query,
    names: FactNames<'s>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let scored = pairs.scored_source();
    let mut order = keys(query, Kind::Pairs, scored.is_some())?;
    let top = query.limit();
    if order.is_empty() && query.top.is_some() && scored.is_some() {
        order.push((By::Score, true));
    }
    let each = Each::of(query);
    let mut named: Vec<(Key, bool)> = query.order.iter().map(|of| (of.key, descends(of.key, of.direction))).collect();
    if named.is_empty() {
        named.push((Key::Measure(Measure::Score), true));
    }
    let by_role = query.order.iter().find(|of| of.key == Key::Dimension(Dimension::Role)).map(|of| of.span);
    let per_role = query.top.iter().flat_map(|top| &top.per).find(|dim| dim.dimension == Dimension::Role);
    let roles = match by_role.or(per_role.map(|dim| dim.span)) {
        Some(span) => roles_of(pairs, execution.snapshot, span)?,
        None => shown_of(pairs, execution.snapshot),
    };
    let columns = match roles.is_empty() {
        true => Arc::clone(if scored.is_some() { &SCORED_COLUMNS } else { &PAIR_COLUMNS }),
        false => columns_with_roles(scored.is_some()),
    };
    let slots = &PAIR_SLOTS[..columns.len()];
    let shape = execution.shape;
    let is_sorted = !order.is_empty() || each.is_some();
    if !is_sorted && may_refuse(pairs) {
        try_all(execution, pairs, top)?;
    }
    let facts = domain(pairs)?.facts;
    let memory = execution.memory;
    let mut worker = execution.worker();
    let output = |rows| Output { rows, shape, scored: scored.is_some(), roles: &roles };
    let (mut members, mut found) = (Vec::new(), Found::default());
    if !is_sorted {
        // Columns are announced when no error can come any more.
        let mut out = output(Rows::to(out, &memory.interrupt, (Arc::clone(&columns), slots), Some(names), top)?);
        for fact in facts {
            members.clear();
            add_members(&mut worker, pairs, fact, (&mut found, &mut members))?;
            if !out.push_fact(fact, &members)? {
                break;
            }
        }
        return out.rows.end();
    }
    let mut sorting = Sorting::new((order, each.clone()), names, shape);
    let at_once = memory.rows::<Member>(1);
    let wanted = |left: u64| at_once.min(usize::try_from(left).unwrap_or(usize::MAX));
    let mut walk = |left: u64, after| {
        let mut best = Best::new(wanted(left), after, &memory.interrupt);
        for fact in &facts {
            members.clear();
            add_members(&mut worker, pairs, fact, (&mut found, &mut members))?;
            if !members.is_empty() {
                sorting.learn(fact, memory)?;
            }
            members.iter().try_for_each(|&member| best.push(member, |a, b| sorting.compare(a, b)))?;
        }
        let seen = best.seen;
        let mut sorted = best.sorted(|a, b| sorting.compare(a, b))?;
        if sorting.each.is_some() {
            memory.check_at_once::<Member>(seen, at_once, 1)?;
            let parts_equals = sorting.keep_each(&mut sorted, memory)?;
            return Ok((sorted.len() as u64, sorted, parts_equals));
        }
        let parts_equals = first_left_out(&sorted, left).is_some_and(|(last, next)| sorting.are_equal(last, next));
        Ok::<_, QueryError>((seen, sorted, parts_equals))
    };
    let most = top.unwrap_or(u64::MAX);
    // One more shows whether equals are parted.
    let mut left = most.saturating_add(1);
    let (mut seen, mut sorted, mut parts_equals) = walk(left, None)?;
    memory.check_passes::<Member>(seen.min(most), at_once, 1)?;
    let mut out = output(Rows::to(out, &memory.interrupt, (Arc::clone(&columns), slots), Some(names), top)?);
    let are_parted = 'rows: loop {
        let rows_left = seen > wanted(left) as u64;
        left -= sorted.len() as u64;
        for &member in &sorted {
            if !out.push(member)? {
                break 'rows parts_equals && out.rows.are_all();
            }
        }
        let Some(&last) = sorted.last().filter(|_| rows_left && left > 0) else {
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

/// What was found of one fact; kept for the next one's.
#[derive(Default)]
struct Found {
    neurons: Vec<u32>,
    scores: Vec<f32>,
}

/// Appends the pairs of a fact, neurons ascending, with their scores.
fn add_members<'s>(
    worker: &mut Worker<'_, 's>,
    pairs: &Pairs<'s>,
    fact: u32,
    (Found { neurons, scores }, members): (&mut Found, &mut Vec<Member>),
) -> Result<(), QueryError> {
    neurons.clear();
    scores.clear();
    worker.pairs(pairs, fact, neurons)?;
    if neurons.is_empty() {
        return Ok(());
    }
    if !ascends(neurons) {
        neurons.sort_unstable();
    }
    // A source with scores is of one run, language and prompt.
    let only = pairs.scored_source().and_then(|source| source.cells.first());
    match only.and_then(|cell| Some((cell, cell.prompts.first()?))) {
        Some(of) => worker.scores_of(of, fact, neurons, scores)?,
        None => scores.resize(neurons.len(), f32::NAN),
    }
    members.extend(neurons.iter().zip(&*scores).map(|(&neuron, &score)| Member { fact, neuron, score }));
    Ok(())
}

/// Whether a fact may turn out to have too few scores, or too little evidence of its groups. Of a prepared plan, whose
/// filters are computed.
fn may_refuse(pairs: &Pairs<'_>) -> bool {
    Node::Pairs(pairs).sources().flat_map(|source| &source.cells).any(|cell| {
        let mut parts = cell.prompts.iter().flat_map(|prompt| &prompt.parts);
        cell.groups.as_ref().is_some_and(|cut| cut.thresholds.is_some())
            || parts.any(|part| matches!(part.access, Access::Prefix { check: true, .. } | Access::Signed))
    })
}

/// Finds the rows once without handing them out, so that no row precedes an error.
fn try_all<'s>(execution: &mut Execution<'s>, pairs: &Pairs<'s>, top: Option<u64>) -> Result<(), QueryError> {
    let mut left = top.unwrap_or(u64::MAX);
    let stats = execution.stats.take();
    let tried = execution.for_each_fact(pairs, |_, neurons| {
        left = left.saturating_sub(neurons.len() as u64);
        Ok(left > 0)
    });
    execution.stats = stats;
    tried
}

struct Output<'a, 'r> {
    rows: Rows<'a>,
    shape: kndb_storage::Shape,
    scored: bool,
    /// What units are called; nothing where they are neurons.
    roles: &'r [String],
}

/// Columns of a listing of pairs; with roles, scores come behind them.
const LAYER: usize = 4;
const ROLE: usize = 6;

impl Output<'_, '_> {
    /// Hands a pair out; whether another one is wanted.
    fn push(&mut self, member: Member) -> Result<bool, QueryError> {
        self.push_fact(member.fact, std::slice::from_ref(&member))
    }

    /// Hands the pairs of one fact out; whether more are wanted.
    fn push_fact(&mut self, fact: u32, members: &[Member]) -> Result<bool, QueryError> {
        for member in members {
            match self.rows.member(fact, member.neuron)? {
                Some(true) => {}
                Some(false) => return Ok(false),
                None => {
                    let (shape, scored, roles) = (self.shape, self.scored, self.roles);
                    return self.rows.push_many(members.len(), |building, some| {
                        let some = &members[some];
                        building.places(LAYER, some.iter().map(|member| member.neuron), shape.width);
                        for member in some.iter().filter(|_| !roles.is_empty()) {
                            let role = roles.get(shape.split(Neuron(member.neuron)).1 as usize);
                            building.value(ROLE, &role.map_or(Value::Null, |role| Value::Text(role.as_str().into())));
                        }
                        if scored {
                            building
                                .scores(ROLE + usize::from(!roles.is_empty()), some.iter().map(|member| member.score));
                        }
                        building.rows_of(fact, some.len());
                    });
                }
            }
        }
        Ok(true)
    }
}

/// Rows of a set of facts: fact, relation, subject, object.
pub(crate) fn facts(
    set: &RoaringBitmap,
    query: &Query,
    names: FactNames<'_>,
    memory: &Memory,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let order = keys(query, Kind::Facts, false)?;
    let columns = Arc::clone(&OF_FACTS);
    let mut rows = Rows::to(out, &memory.interrupt, (columns, &FACT_SLOTS), Some(names), query.limit())?;
    let each = Each::of(query);
    let is_sorted = !order.is_empty() || each.is_some();
    if !is_sorted && !rows.are_members() {
        let list: Vec<u32> = set.iter().take(rows.wanted()).collect();
        rows.push_many(list.len(), |building, some| building.facts(&list[some]))?;
        return rows.end();
    }
    let mut push = |fact: u32| match rows.member(fact, 0)? {
        Some(wanted) => Ok::<_, QueryError>(wanted),
        None => rows.push_of(fact, |_| {}),
    };
    if !is_sorted {
        for fact in set {
            if !push(fact)? {
                break;
            }
        }
        return rows.end();
    }
    let members = set.iter().map(|fact| Member { fact, neuron: 0, score: 0.0 });
    let any_shape = kndb_storage::Shape { layers: 1, width: 1 };
    let top = query.limit();
    for member in Sorting::new((order, each), names, any_shape).sorted(members, top, memory)? {
        if !push(member.fact)? {
            break;
        }
    }
    rows.end()
}

/// Rows of a set of neurons: layer, neuron.
pub(crate) fn neurons(
    set: &RoaringBitmap,
    query: &Query,
    names: FactNames<'_>,
    (shape, memory): (kndb_storage::Shape, &Memory),
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let order = keys(query, Kind::Neurons, false)?;
    let mut rows = Rows::to(out, &memory.interrupt, (NEURON_COLUMNS.into(), &[Slot::Own; 2]), None, query.limit())?;
    let mut push = |neuron: u32| {
        if let Some(wanted) = rows.member(0, neuron)? {
            return Ok::<_, QueryError>(wanted);
        }
        let (layer, unit) = shape.split(Neuron(neuron));
        rows.push(&[Value::Integer(u64::from(layer.0)), Value::Integer(u64::from(unit))])
    };
    let each = Each::of(query);
    if order.is_empty() && each.is_none() {
        for neuron in set {
            if !push(neuron)? {
                break;
            }
        }
        return rows.end();
    }
    let members = set.iter().map(|neuron| Member { fact: 0, neuron, score: 0.0 });
    let top = query.limit();
    for member in Sorting::new((order, each), names, shape).sorted(members, top, memory)? {
        if !push(member.neuron)? {
            break;
        }
    }
    rows.end()
}
