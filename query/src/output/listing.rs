//! Queries without `by`: one row a member.

use super::Rows;
use super::facts::FactNames;
use super::shape::descends;
use crate::ast::{Dimension, Key, Measure, Query};
use crate::domain::{Execution, domain};
use crate::error::QueryError;
use crate::eval::Worker;
use crate::kinds::Kind;
use crate::plan::{Access, Pairs};
use crate::result::{Column, ColumnKind, Sink, Value};
use kndb_storage::Neuron;
use roaring::RoaringBitmap;
use std::cmp::Ordering;

/// What a listing may be ordered by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Fact,
    Relation,
    Subject,
    Object,
    Layer,
    Neuron,
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
    [Column { name: "layer", kind: ColumnKind::Integer }, Column { name: "neuron", kind: ColumnKind::Integer }];
const SCORE_COLUMN: Column = Column { name: "score", kind: ColumnKind::Score };

/// Columns of a listing.
fn columns(kind: Kind, scores: bool) -> Vec<Column> {
    let facts = FACT_COLUMNS.into_iter().filter(|_| kind != Kind::Neurons);
    let neurons = NEURON_COLUMNS.into_iter().filter(|_| kind != Kind::Facts);
    facts.chain(neurons).chain(scores.then_some(SCORE_COLUMN)).collect()
}

/// Refuses clauses that a listing does not have.
pub(crate) fn check(query: &Query, kind: Kind, scores: bool) -> Result<(), QueryError> {
    keys(query, kind, scores).map(drop)
}

fn keys(query: &Query, kind: Kind, scores: bool) -> Result<Vec<(By, bool)>, QueryError> {
    let (facts, neurons) = (kind != Kind::Neurons, kind != Kind::Facts);
    if let Some(having) = query.having.first() {
        return Err(QueryError::kind(having.span, "`having` needs `by`: without it there is nothing to count")
            .hint("add `by …`, or put the condition into the brackets of the source: `kn[score>=1e-4]`"));
    }
    let key = |order: &crate::ast::OrderKey| {
        let by = match order.key {
            Key::Dimension(Dimension::Fact) if facts => By::Fact,
            Key::Dimension(Dimension::Relation) if facts => By::Relation,
            Key::Dimension(Dimension::Subject) if facts => By::Subject,
            Key::Dimension(Dimension::Object) if facts => By::Object,
            Key::Dimension(Dimension::Layer) if neurons => By::Layer,
            Key::Dimension(Dimension::Neuron) if neurons => By::Neuron,
            Key::Measure(Measure::Score) if scores => By::Score,
            key => {
                let name = super::shape::key_name(key);
                let error = QueryError::kind(order.span, format!("`{name}` is no column of this result"));
                return Err(match key {
                    Key::Measure(Measure::Score) if kind == Kind::Pairs => error.hint(
                        "a set has scores if it comes from one language and prompt of a run that keeps scores, and is not united or intersected with another",
                    ),
                    Key::Measure(measure) if measure != Measure::Score => error.hint("counts need `by`: `by layer`"),
                    _ => error.hint(format!("its columns are {}", named(&columns(kind, scores)))),
                });
            }
        };
        Ok((by, descends(order.key, order.direction)))
    };
    query.order.iter().map(key).collect()
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
    sink: &mut dyn Sink,
) -> Result<u64, QueryError> {
    let scored = pairs.scored_source();
    let mut order = keys(query, Kind::Pairs, scored.is_some())?;
    let top = query.top.map(|top| top.count);
    if order.is_empty() && top.is_some() && scored.is_some() {
        order.push((By::Score, true));
    }
    let columns = columns(Kind::Pairs, scored.is_some());
    let shape = execution.shape;
    if order.is_empty() && may_refuse(pairs) {
        try_all(execution, pairs, top)?;
    }
    let facts = domain(pairs)?.facts;
    let mut worker = execution.worker();
    // Columns are announced when no error can come any more.
    let output = |rows| Output { rows, names, fact: None, shape, scored: scored.is_some() };
    let mut members = Vec::new();
    if order.is_empty() {
        let mut out = output(Rows::new(sink, &columns, top)?);
        'facts: for fact in facts {
            members.clear();
            add_members(&mut worker, pairs, fact, &mut members)?;
            for &member in &members {
                if !out.push(member)? {
                    break 'facts;
                }
            }
        }
        return out.rows.end();
    }
    let limit = top.and_then(|top| usize::try_from(top).ok());
    for fact in facts {
        add_members(&mut worker, pairs, fact, &mut members)?;
        // With a limit, only the best so far have to be kept.
        if let Some(limit) = limit.filter(|limit| members.len() / 4 > *limit.max(&1_024)) {
            sort(&mut members, &order, names, shape)?;
            members.truncate(limit);
        }
    }
    sort(&mut members, &order, names, shape)?;
    let mut out = output(Rows::new(sink, &columns, top)?);
    for member in members {
        if !out.push(member)? {
            break;
        }
    }
    out.rows.end()
}

/// Appends the pairs of a fact, neurons ascending, with their scores.
fn add_members<'s>(
    worker: &mut Worker<'_, 's>,
    pairs: &Pairs<'s>,
    fact: u32,
    members: &mut Vec<Member>,
) -> Result<(), QueryError> {
    let (mut neurons, mut scores) = (Vec::new(), Vec::new());
    worker.pairs(pairs, fact, &mut neurons)?;
    if neurons.is_empty() {
        return Ok(());
    }
    neurons.sort_unstable();
    if let Some(source) = pairs.scored_source() {
        worker.scored(source, fact, &mut scores)?;
    }
    let score =
        |neuron: u32| scores.binary_search_by_key(&neuron, |&(of, _)| of).map_or(f32::NAN, |at: usize| scores[at].1);
    members.extend(neurons.iter().map(|&neuron| Member { fact, neuron, score: score(neuron) }));
    Ok(())
}

/// Whether a fact may turn out to have too few scores, or too little evidence of its groups.
fn may_refuse(pairs: &Pairs<'_>) -> bool {
    match pairs {
        Pairs::Source(source) => source.cells.iter().any(|cell| {
            let mut parts = cell.prompts.iter().flat_map(|prompt| &prompt.parts);
            cell.groups.as_ref().is_some_and(|cut| cut.thresholds.is_some())
                || parts.any(|part| matches!(part.access, Access::Prefix { check: true, .. }))
        }),
        Pairs::Saved(_) => false,
        Pairs::Binary { left, right, .. } => may_refuse(left) || may_refuse(right),
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => may_refuse(pairs),
    }
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

struct Output<'a, 's> {
    rows: Rows<'a>,
    names: FactNames<'s>,
    /// The fact named last, and its columns.
    fact: Option<(u32, [Value<'s>; 4])>,
    shape: kndb_storage::Shape,
    scored: bool,
}

impl Output<'_, '_> {
    fn push(&mut self, member: Member) -> Result<bool, QueryError> {
        let named = match self.fact.take() {
            Some((fact, named)) if fact == member.fact => named,
            _ => {
                let (subject, object) = self.names.labels(member.fact)?;
                [self.names.id(member.fact)?, self.names.relation(member.fact)?, subject, object]
            }
        };
        let (layer, unit) = self.shape.split(Neuron(member.neuron));
        let score = if member.score.is_nan() { Value::Null } else { Value::Score(member.score) };
        let [id, relation, subject, object] = named.clone();
        self.fact = Some((member.fact, named));
        let (layer, unit) = (Value::Integer(u64::from(layer.0)), Value::Integer(u64::from(unit)));
        let row = [id, relation, subject, object, layer, unit, score];
        self.rows.push(if self.scored { &row } else { &row[..6] })
    }
}

fn sort(
    members: &mut [Member],
    order: &[(By, bool)],
    names: FactNames<'_>,
    shape: kndb_storage::Shape,
) -> Result<(), QueryError> {
    let textual = order.iter().any(|(by, _)| matches!(by, By::Relation | By::Subject | By::Object));
    let mut texts = std::collections::HashMap::new();
    if textual {
        for member in members.iter() {
            if let std::collections::hash_map::Entry::Vacant(entry) = texts.entry(member.fact) {
                let (subject, object) = names.labels(member.fact)?;
                let texts = [names.relation(member.fact)?, subject, object].map(|value| match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                });
                entry.insert(texts);
            }
        }
    }
    members.sort_by(|a, b| {
        for &(by, descending) in order {
            let text = |at: usize| texts.get(&a.fact).map(|t| &t[at]).cmp(&texts.get(&b.fact).map(|t| &t[at]));
            let compared = match by {
                By::Fact => a.fact.cmp(&b.fact),
                By::Relation => text(0),
                By::Subject => text(1),
                By::Object => text(2),
                By::Layer => shape.split(Neuron(a.neuron)).0.cmp(&shape.split(Neuron(b.neuron)).0),
                By::Neuron => shape.split(Neuron(a.neuron)).1.cmp(&shape.split(Neuron(b.neuron)).1),
                // What has no score is least.
                By::Score => (!a.score.is_nan()).cmp(&!b.score.is_nan()).then(a.score.total_cmp(&b.score)),
            };
            let compared = if descending { compared.reverse() } else { compared };
            if compared != Ordering::Equal {
                return compared;
            }
        }
        (a.fact, a.neuron).cmp(&(b.fact, b.neuron))
    });
    Ok(())
}

/// Rows of a set of facts: fact, relation, subject, object.
pub(crate) fn facts(
    set: &RoaringBitmap,
    query: &Query,
    names: FactNames<'_>,
    sink: &mut dyn Sink,
) -> Result<u64, QueryError> {
    let order = keys(query, Kind::Facts, false)?;
    let mut rows = Rows::new(sink, &FACT_COLUMNS, query.top.map(|top| top.count))?;
    let mut push = |fact: u32| {
        let (subject, object) = names.labels(fact)?;
        rows.push(&[names.id(fact)?, names.relation(fact)?, subject, object])
    };
    if order.is_empty() {
        for fact in set {
            if !push(fact)? {
                break;
            }
        }
        return rows.end();
    }
    let mut members: Vec<Member> = set.iter().map(|fact| Member { fact, neuron: 0, score: 0.0 }).collect();
    let any_shape = kndb_storage::Shape { layers: 1, width: 1 };
    sort(&mut members, &order, names, any_shape)?;
    for member in members {
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
    shape: kndb_storage::Shape,
    sink: &mut dyn Sink,
) -> Result<u64, QueryError> {
    let order = keys(query, Kind::Neurons, false)?;
    let mut rows = Rows::new(sink, &NEURON_COLUMNS, query.top.map(|top| top.count))?;
    let mut push = |neuron: u32| {
        let (layer, unit) = shape.split(Neuron(neuron));
        rows.push(&[Value::Integer(u64::from(layer.0)), Value::Integer(u64::from(unit))])
    };
    if order.is_empty() {
        for neuron in set {
            if !push(neuron)? {
                break;
            }
        }
        return rows.end();
    }
    let mut members: Vec<Member> = set.iter().map(|neuron| Member { fact: 0, neuron, score: 0.0 }).collect();
    sort(&mut members, &order, names, shape)?;
    for member in members {
        if !push(member.neuron)? {
            break;
        }
    }
    rows.end()
}
