//! The parameters of a statement: what has to be given before it can be run.

use crate::syntax::ast::{Expr, ExprKind, Given, Head, Literal, OpenInterval, Parameter, Query, Statement, Test};

impl Statement {
    /// All places where a parameter stands, in the order of the text.
    pub fn parameters(&self) -> Vec<&Parameter> {
        let mut found = Vec::new();
        match self {
            Self::Let { set, .. } => of_set(set, &mut found),
            Self::Drop { .. } | Self::Attach { .. } | Self::Detach { .. } => {}
            Self::Query(query) | Self::Explain { query, .. } => of_query(query, &mut found),
        }
        found.sort_by_key(|parameter| parameter.span.start);
        found
    }
}

fn of_query<'a>(query: &'a Query, found: &mut Vec<&'a Parameter>) {
    match &query.head {
        Head::Set(set) | Head::Between { set, .. } => of_set(set, found),
        Head::Similarity { left, right, .. } => {
            of_set(left, found);
            of_set(right, found);
        }
    }
    let values = query.having.iter().filter_map(|having| of_given(&having.value));
    found.extend(values);
    found.extend(query.top.as_ref().and_then(|top| of_given(&top.count)));
}

fn of_set<'a>(set: &'a Expr, found: &mut Vec<&'a Parameter>) {
    match &set.kind {
        ExprKind::Source(source) => {
            let open = source.conditions.iter().filter_map(|condition| match &condition.test {
                Test::Open(open) => Some(&open.values),
                _ => None,
            });
            open.flatten().for_each(|value| of_value(value, found));
        }
        ExprKind::Binary { .. } | ExprKind::NeuronsOf(_) | ExprKind::FactsOf(_) | ExprKind::Attached { .. } => {
            set.parts().for_each(|part| of_set(part, found));
        }
        ExprKind::OpenNeurons(ranges) => {
            let intervals = ranges.iter().flat_map(|range| [Some(&range.layers), range.units.as_ref()]).flatten();
            intervals.for_each(|interval| of_interval(interval, found));
        }
        ExprKind::Neurons(_) | ExprKind::Saved(_) => {}
        ExprKind::Rows(query) => of_query(query, found),
    }
}

/// A value of a condition, or its ends.
fn of_value<'a>(value: &'a Given<Literal>, found: &mut Vec<&'a Parameter>) {
    match value {
        Given::Parameter(parameter) => found.push(parameter),
        Given::Value(Literal::Between(interval)) => of_interval(interval, found),
        Given::Value(Literal::Range(range)) => {
            found.extend([&range.first, &range.last].into_iter().filter_map(of_given));
        }
        Given::Value(Literal::Text(_) | Literal::Within(_)) => {}
    }
}

/// The ends of an interval; of a single number it is one.
fn of_interval<'a>(interval: &'a OpenInterval, found: &mut Vec<&'a Parameter>) {
    let last = Some(&interval.last).filter(|last| **last != interval.first);
    found.extend([Some(&interval.first), last].into_iter().flatten().filter_map(of_given));
}

fn of_given<T>(given: &Given<T>) -> Option<&Parameter> {
    if let Given::Parameter(parameter) = given { Some(parameter) } else { None }
}
