//! Percentages where none makes sense. `n%` is a share of what could have been counted; what stands for anything else is
//! refused, and never read as a hundredth: of what it would be a share, nobody has said.

use crate::error::{ErrorKind, QueryError};
use crate::syntax::ast::{Key, Measure};
use crate::syntax::conditions::{ConditionKey, Domain};
use crate::syntax::span::Span;

/// A percentage for a condition that takes none.
pub(crate) fn of_condition(key: ConditionKey, domain: &Domain) -> QueryError {
    let error = QueryError::new(ErrorKind::Syntax, format!("`{key}` takes no percentage: it is {}", domain.about));
    error.maybe_hint(key.row().forms.first().map(|form| format!("write a number, as in `{form}`")))
}

/// A percentage for a column that takes none.
pub(crate) fn of_column(key: Key, span: Span) -> QueryError {
    let about = match key {
        Key::Measure(Measure::Share) => "it is a share of all pairs, from 0 to 1, as in `having share >= 0.05`",
        Key::Measure(Measure::Similarity | Measure::Expected | Measure::Others) => {
            "it is a number from 0 to 1, as in `having similarity >= 0.5`"
        }
        Key::Measure(Measure::P | Measure::PAlone | Measure::PAll | Measure::PChance) => {
            "it is a probability, from 0 to 1"
        }
        Key::Measure(Measure::Fdr) => "it is a rate from 0 to 1, as in `having fdr <= 0.05`",
        Key::Measure(Measure::Score) => "it is the score itself",
        Key::Measure(Measure::Pairs | Measure::Neurons | Measure::Unpaired) => {
            "it is a number, as in `having pairs >= 25`; a share of all pairs is `share`"
        }
        Key::Measure(Measure::Facts) | Key::Dimension(_) => "it is a number",
    };
    QueryError::syntax(span, format!("`{key}` takes no percentage")).hint(about)
}

/// A percentage of rows.
pub(crate) fn of_rows(span: Span) -> QueryError {
    QueryError::syntax(span, "`top` takes no percentage").hint("it takes a number of rows, as in `top 10`")
}
