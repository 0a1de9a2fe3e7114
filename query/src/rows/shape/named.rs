//! Columns that a result has when its clauses name them: `asked`, `frequency`, `langs`, `prompts`, `runs`, `score`, `mean`. And a count of 0,
//! which no row has.

use super::{Form, compared};
use crate::error::{LONGEST_QUOTE, QueryError, quoted};
use crate::plan::kinds::Kind;
use crate::rows::found::PLACES;
use crate::syntax::ast::{
    Comparison, Dimension, Expr, ExprKind, Having, Head, Key, Measure, Number, Query, SourceKind,
};
use crate::syntax::span::Span;

/// What `having` and `order by` name beyond the usual columns.
pub(super) struct Named {
    /// `asked`, `frequency`, or `facts` beside a percentage, which is one of those asked: both columns are shown.
    pub asked: Option<Span>,
    /// `langs`, `prompts`, `runs`, in the order of the text.
    pub places: Vec<(Measure, Span)>,
    /// `score`.
    pub score: Option<Span>,
    /// `mean`.
    pub mean: Option<Span>,
    /// A percentage of facts.
    percent: Option<Span>,
}

impl Named {
    pub(super) fn of(query: &Query) -> Self {
        let mut named = Self { asked: None, places: Vec::new(), score: None, mean: None, percent: None };
        let percent = |having: &Having| having.value.value().is_some_and(|number| number.percent);
        let having = query.having.iter().map(|having| (having.key, having.key_span, percent(having)));
        for (key, span, percent) in having.chain(query.order.iter().map(|order| (order.key, order.span, false))) {
            match key {
                Key::Measure(Measure::Asked | Measure::Frequency) => drop(named.asked.get_or_insert(span)),
                Key::Measure(Measure::Facts) if percent => {
                    named.asked.get_or_insert(span);
                    named.percent.get_or_insert(span);
                }
                Key::Measure(Measure::Score) => drop(named.score.get_or_insert(span)),
                Key::Measure(Measure::Mean) => drop(named.mean.get_or_insert(span)),
                Key::Measure(measure) if PLACES.contains(&measure) => named.places.push((measure, span)),
                _ => {}
            }
        }
        named
    }

    /// Refuses what the rows cannot count.
    pub(super) fn check(&self, query: &Query, form: Form) -> Result<(), QueryError> {
        if let (Some(span), false) = (self.percent, form == Form::Set(Kind::Pairs)) {
            let reason = format!("a percentage of facts is one of those asked, and {} was asked of none", form.name());
            return Err(QueryError::kind(span, reason).hint("count the pairs: `kn[…] by relation having facts >= 10%`"));
        }
        let has = |dimension| query.by.iter().any(|dim| dim.dimension == dimension);
        if let Some(span) = self.score.filter(|_| form == Form::Set(Kind::Pairs))
            && !(has(Dimension::Fact) && has(Dimension::Neuron))
        {
            let reason = "`score` is that of one pair, and these rows are of several";
            return Err(QueryError::kind(span, reason).hint("write `… by fact, neuron order by score`"));
        }
        match self.places.first() {
            Some(&(measure, span)) if form == Form::Set(Kind::Pairs) && !has(Dimension::Neuron) => {
                let reason = format!("`{measure}` is counted for one neuron, and these rows are of several");
                Err(QueryError::kind(span, reason).hint(format!(
                    "write `… by neuron having {measure} >= 2`, or of single pairs `… by fact, neuron having {measure} >= 2`; in parentheses these are sets again: `(…) by layer`"
                )))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn add_columns(&self, measures: &mut Vec<Measure>) {
        if self.asked.is_some() {
            measures.extend([Measure::Asked, Measure::Frequency]);
        }
        measures.extend(self.score.map(|_| Measure::Score));
        measures.extend(self.mean.map(|_| Measure::Mean));
        measures.extend(PLACES.into_iter().filter(|place| self.places.iter().any(|(named, _)| named == place)));
    }
}

/// The entries that the pairs of a query are found in.
fn entries_of(query: &Query) -> String {
    let Some(source) = query.only_source() else { return "entries[…]".to_owned() };
    let conditions = source.conditions.iter().filter(|condition| condition.key.suits(SourceKind::Entries));
    let conditions: Vec<String> = conditions.map(ToString::to_string).collect();
    if conditions.is_empty() { "entries".to_owned() } else { format!("entries[{}]", conditions.join(", ")) }
}

/// Refuses to look for rows that count nothing: what has no pair has no row. Sizes are the exception.
pub(super) fn check_zero(having: &Having, query: &Query, kind: Kind) -> Result<(), QueryError> {
    use Measure::{Entries, Facts, Langs, Neurons, Pairs, Prompts, Runs};
    let Key::Measure(measure @ (Entries | Pairs | Facts | Neurons | Langs | Prompts | Runs)) = having.key else {
        return Ok(());
    };
    let Some(Number { value, percent }) = having.value.value() else { return Ok(()) };
    let least = if percent { f64::MIN_POSITIVE } else { 1.0 };
    let holds = |count: f64| compared(having.op, count.partial_cmp(&value));
    // Of the other percentages it depends on what was asked. All other comparisons that 1 fails and 0 does not fail for every count.
    let other = having.op == Comparison::NotEqual;
    let by_size = query.by.iter().any(|dim| dim.dimension == Dimension::Size);
    if by_size || other || !holds(0.0) || holds(least) || percent && value > 0.0 {
        return Ok(());
    }
    let head = quoted(query.head.to_string(), LONGEST_QUOTE / 2);
    let joined = matches!(&query.head, Head::Set(Expr { kind: ExprKind::Binary { .. }, .. }));
    let factor = if joined { format!("({head})") } else { head.clone() };
    let dims: Vec<Dimension> = query.by.iter().map(|dim| dim.dimension).collect();
    let error = QueryError::kind(having.span, format!("no row has 0 {measure}: what has none has no row"));
    Err(match (kind, dims.as_slice()) {
        (Kind::Pairs, [Dimension::Fact]) => error.hint(format!(
            "such facts are `facts of {} - facts of {factor}`; `{head} by size` counts them, as size 0",
            quoted(entries_of(query), LONGEST_QUOTE / 2)
        )),
        (Kind::Pairs, [Dimension::Neuron] | [Dimension::Layer, Dimension::Neuron]) => {
            error.hint(format!("such neurons are `neurons(…) - neurons of {factor}`"))
        }
        (Kind::Pairs, _) => error.hint("facts without a neuron are counted by `by size`, as size 0"),
        (Kind::Entries, _) => error.hint("facts without an entry are those of `facts[…] - facts of entries[…]`"),
        _ => error.hint("take the set away from another: `a - b`"),
    })
}
