//! Comparisons of `having` that no row can satisfy, whatever is stored: an empty table would look like a finding.

use crate::error::QueryError;
use crate::syntax::ast::{Comparison, Dimension, Key, Measure, Number};
use crate::syntax::span::Span;

/// What a column holds.
enum Range {
    /// 0, 1, 2, …
    Count,
    /// From 0 to 1.
    Share,
    Any,
}

fn of(key: Key) -> Range {
    use Measure::{
        Asked, Expected, Facts, Fdr, Frequency, Langs, Neurons, Others, P, PAll, PAlone, PChance, Pairs, Prompts, Runs,
        Share, Similarity, Unpaired,
    };
    match key {
        Key::Measure(Share | Frequency | Similarity | Expected | Others | P | PAlone | PAll | PChance | Fdr) => {
            Range::Share
        }
        Key::Measure(Pairs | Facts | Neurons | Langs | Prompts | Runs | Asked | Unpaired) => Range::Count,
        Key::Dimension(Dimension::Layer | Dimension::Neuron | Dimension::Prompt | Dimension::Size) => Range::Count,
        Key::Other(Dimension::Prompt) => Range::Count,
        Key::Measure(_) | Key::Dimension(_) | Key::Other(_) => Range::Any,
    }
}

/// Refuses a comparison that nothing satisfies, and a share that is none.
pub(crate) fn check(key: Key, op: Comparison, number: Number, span: Span) -> Result<(), QueryError> {
    let value = number.value;
    if number.percent {
        let all = match op {
            Comparison::Greater => value >= 100.0,
            Comparison::Less => value <= 0.0,
            _ => false,
        };
        let reason = || format!("no row has `{key} {op} {number}`: percentages go from 0% to 100%");
        return if all { Err(QueryError::syntax(span, reason())) } else { Ok(()) };
    }
    match of(key) {
        Range::Any => Ok(()),
        Range::Count => {
            let satisfied = match op {
                Comparison::Equal => value >= 0.0 && value.fract() == 0.0,
                Comparison::Less => value > 0.0,
                Comparison::LessOrEqual => value >= 0.0,
                Comparison::NotEqual | Comparison::Greater | Comparison::GreaterOrEqual => true,
            };
            let reason = || format!("no row has `{key} {op} {number}`: `{key}` is a whole number of 0 or more");
            if satisfied { Ok(()) } else { Err(QueryError::syntax(span, reason())) }
        }
        Range::Share => {
            let satisfied = match op {
                Comparison::Equal => (0.0..=1.0).contains(&value),
                Comparison::Less => value > 0.0,
                Comparison::LessOrEqual => value >= 0.0,
                Comparison::Greater => value < 1.0,
                Comparison::GreaterOrEqual => value <= 1.0,
                Comparison::NotEqual => true,
            };
            let error = |what: String| Err(QueryError::syntax(span, format!("{what}: `{key}` is from 0 to 1")));
            let (is_share, is_frequency) =
                (key == Key::Measure(Measure::Share), key == Key::Measure(Measure::Frequency));
            if (is_share || is_frequency) && !(0.0..=1.0).contains(&value) {
                // Meant as a percentage, most likely.
                return error(format!("`{number}` is no share")).map_err(|error: QueryError| {
                    let percent = (value > 1.0 && value <= 100.0 && is_frequency)
                        .then(|| format!("a percentage stands behind the facts: `facts {op} {number}%`"));
                    error.maybe_hint(percent)
                });
            }
            if satisfied { Ok(()) } else { error(format!("no row has `{key} {op} {number}`")) }
        }
    }
}
