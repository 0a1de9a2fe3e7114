//! Which degenerate groups a source asks for, and for which thresholds and sizes a run can tell (AMIG Algorithm 1, Eq. 9–10).
//!
//! A search keeps more groups than qualify at its own thresholds; the parameters of its run say how far that reaches.
//! Groups of other runs are answered as they are stored. Whether a group qualifies is for [`crate::run::degenerate`].

use crate::error::QueryError;
use crate::syntax::ast::{Condition, Interval, Source, Test};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{GroupEvidence, Run};

/// Which groups of a run count: all conditions together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupCut {
    /// `None` where groups are answered as they are stored.
    pub thresholds: Option<Thresholds>,
    /// Sizes that are asked for; `None` for all.
    pub sizes: Option<Vec<Interval>>,
    /// Where a threshold is given, or else the source that takes the run's.
    pub span: Span,
}

/// Shares of p: what each part of a group may cost, and what the whole must cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thresholds {
    pub low: f64,
    pub high: f64,
}

impl Thresholds {
    /// p′ ≥ p·(1 − t_low).
    pub(crate) fn is_harmless(self, p: f32, after: f32) -> bool {
        f64::from(after) >= f64::from(p) * (1.0 - self.low)
    }

    /// p″ < p·(1 − t_high).
    pub(crate) fn is_harmful(self, p: f32, after: f32) -> bool {
        f64::from(after) < f64::from(p) * (1.0 - self.high)
    }

    /// What a group's own evidence says: no neuron alone does harm, and all together do.
    pub(crate) fn holds_for(self, evidence: &GroupEvidence) -> bool {
        let p = evidence.probability;
        evidence.after_each.iter().all(|&after| self.is_harmless(p, after)) && self.is_harmful(p, evidence.after_all)
    }
}

/// What the parameters of a run say of its search for groups.
struct Search {
    own: Thresholds,
    /// The most permissive thresholds for which no group is left out.
    kept: Thresholds,
    largest: Option<u32>,
}

impl Search {
    /// `None` for a run that was not searched. A parameter of an import is free text, and may be called `t_low`: all four
    /// thresholds make a search, and fewer mean nothing here.
    fn of(run: &Run, span: Span) -> Result<Option<Self>, QueryError> {
        let share = |name: &str| {
            let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            parameter(run, name, "a number from 0 to 1", span, share)
        };
        let is_there = |name: &&str| run.spec.parameters.iter().any(|(key, _)| key == name);
        if !["t_low", "t_high", "keep_low", "keep_high"].iter().all(is_there) {
            return Ok(None);
        }
        let both = |low: &str, high: &str| {
            let thresholds = share(low)?.zip(share(high)?);
            Ok::<_, QueryError>(thresholds.map(|(low, high)| Thresholds { low, high }))
        };
        let size = |text: &str| text.parse().ok().filter(|&size| size >= 2);
        let largest = parameter(run, "size", "a whole number from 2 on", span, size)?;
        let thresholds = both("t_low", "t_high")?.zip(both("keep_low", "keep_high")?);
        Ok(thresholds.map(|(own, kept)| Self { own, kept, largest }))
    }
}

/// A parameter of a run as a number, where the run has it.
fn parameter<T>(
    run: &Run,
    name: &str,
    expected: &str,
    span: Span,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, QueryError> {
    let Some((_, text)) = run.spec.parameters.iter().find(|(key, _)| key == name) else { return Ok(None) };
    let damaged = || {
        let reason = format!("run {:?} has the parameter {name}={text:?}, expected {expected}", run.spec.name);
        QueryError::missing(span, reason).hint(format!("write the run again, with another {name}"))
    };
    read(text).map(Some).ok_or_else(damaged)
}

/// The groups of a run that a source asks for, if the run can tell which they are.
pub(crate) fn group_cut(source: &Source, run: &Run) -> Result<GroupCut, QueryError> {
    let search = Search::of(run, source.span)?;
    let sizes = source.intervals(ConditionKey::Size).map(<[Interval]>::to_vec);
    let largest = search.as_ref().and_then(|search| search.largest);
    let beyond = sizes.iter().flatten().find(|sizes| largest.is_some_and(|largest| sizes.last > largest));
    if let (Some(beyond), Some(largest)) = (beyond, largest) {
        let (name, asked) = (&run.spec.name, of_sizes(&[*beyond]));
        let reason = format!("run {name:?} was searched for groups of up to {largest} neurons; {asked} is beyond that");
        let hint = "ask for smaller groups, or search again for larger ones";
        return Err(QueryError::missing(beyond.span, reason).hint(hint));
    }
    let (low, high) = (source.condition(ConditionKey::TLow), source.condition(ConditionKey::THigh));
    let span = low.or(high).map_or(source.span, |condition| condition.span);
    let thresholds = match search {
        Some(search) => {
            let given = |condition: Option<&Condition>| Some(condition?.number()?.1.value);
            let low = given(low).unwrap_or(search.own.low);
            let asked = Thresholds { low, high: given(high).unwrap_or(search.own.high) };
            check_kept(source, run, asked, search.kept)?;
            Some(asked)
        }
        None if low.or(high).is_some() => return Err(not_searched(run, span)),
        None => None,
    };
    Ok(GroupCut { thresholds, sizes, span })
}

/// The error for thresholds of a run that does not say what it left out.
fn not_searched(run: &Run, span: Span) -> QueryError {
    let name = &run.spec.name;
    let reason = format!(
        "run {name:?} does not say for which thresholds it keeps groups, so it is not known which were left out"
    );
    QueryError::missing(span, reason)
        .hint("ask for its groups as they were found: leave this condition out; `kndb dkn` keeps what thresholds need")
}

/// Sizes as they are asked for: `size in 2..3`.
fn of_sizes(sizes: &[Interval]) -> String {
    format!("{}{}", ConditionKey::Size, Test::Within(sizes.to_vec()))
}

/// Refuses thresholds for which the run has left groups out.
fn check_kept(source: &Source, run: &Run, asked: Thresholds, kept: Thresholds) -> Result<(), QueryError> {
    let (key, value, side, way) = if asked.low > kept.low {
        (ConditionKey::TLow, asked.low, "above", format!("{} or less", kept.low))
    } else if asked.high < kept.high {
        (ConditionKey::THigh, asked.high, "below", format!("{} or more", kept.high))
    } else {
        return Ok(());
    };
    let given = source.condition(key);
    let own = if given.is_some() { "" } else { "its own " };
    let reason = format!(
        "run {:?} keeps groups for t_low ≤ {} and t_high ≥ {}; {own}{key}={value} is {side} that",
        run.spec.name, kept.low, kept.high
    );
    Err(QueryError::missing(given.map_or(source.span, |condition| condition.span), reason)
        .hint(format!("ask for {key}={way}, or search again and keep more")))
}

impl GroupCut {
    /// The thresholds and sizes, for `explain`; empty where there are none.
    pub(crate) fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(Thresholds { low, high }) = self.thresholds {
            parts.push(format!("t_low={low}, t_high={high}"));
        }
        if let Some(sizes) = &self.sizes {
            parts.push(of_sizes(sizes));
        }
        parts.join(", ")
    }
}
