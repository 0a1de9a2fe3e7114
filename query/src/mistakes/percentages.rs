//! Percentages where none makes sense. `n%` is a share of what could have been counted; what stands for anything else is
//! refused, and never read as a hundredth: of what it would be a share, nobody has said.

use crate::error::{ErrorKind, QueryError};
use crate::syntax::ast::{Key, Measure, Number};
use crate::syntax::conditions::{ConditionKey, Domain};
use crate::syntax::span::Span;

/// A percentage for a condition that takes none.
pub(crate) fn of_condition(key: ConditionKey, domain: &Domain) -> QueryError {
    let error = QueryError::new(ErrorKind::Syntax, format!("`{key}` takes no percentage: it is {}", domain.about));
    error.maybe_hint(key.row().forms.first().map(|form| format!("write a number, as in `{form}`")))
}

/// Refuses a percentage of a column that is no count of what could have been counted, and one that nothing reaches.
pub(crate) fn check_column(key: Key, number: Number, span: Span) -> Result<(), QueryError> {
    let about = match key {
        Key::Measure(Measure::Facts | Measure::Langs | Measure::Prompts | Measure::Runs) => {
            return if (0.0..=100.0).contains(&number.value) {
                Ok(())
            } else {
                Err(QueryError::syntax(span, format!("`{number}` is no share: percentages go from 0% to 100%")))
            };
        }
        Key::Measure(Measure::Frequency) => {
            let reason = "`frequency` takes no percentage: it is a share of the facts asked already, from 0 to 1";
            return Err(QueryError::syntax(span, reason).hint(format!("compare the facts: `facts >= {number}`")));
        }
        Key::Measure(Measure::Share) => "it is a share of all pairs, from 0 to 1, as in `having share >= 0.05`",
        Key::Measure(Measure::Similarity | Measure::Expected | Measure::Others) => {
            "it is a number from 0 to 1, as in `having similarity >= 0.5`"
        }
        Key::Measure(Measure::P | Measure::PAlone | Measure::PAll | Measure::PChance) => {
            "it is a probability, from 0 to 1"
        }
        Key::Measure(Measure::Fdr) => "it is a rate from 0 to 1, as in `having fdr <= 0.05`",
        Key::Measure(Measure::Median | Measure::Baseline) => "it is a probability, from 0 to 1",
        Key::Measure(Measure::Correct) => "it is a share already, from 0 to 1, as in `having correct >= 0.5`",
        Key::Measure(Measure::Entries | Measure::Rank | Measure::Tokens | Measure::Kept) => "it is a number",
        Key::Measure(Measure::Residual | Measure::Largest) => "it is a number, as scores are",
        Key::Measure(Measure::Score | Measure::Mean) => "it is the score itself",
        Key::Measure(Measure::Pairs | Measure::Neurons | Measure::Unpaired | Measure::Asked) => {
            "it is a number, as in `having pairs >= 25`; a share of all pairs is `share`, one of the facts asked `facts >= 10%`"
        }
        Key::Dimension(_) | Key::Other(_) => "it is a number",
    };
    Err(QueryError::syntax(span, format!("`{key}` takes no percentage")).hint(about))
}

/// A percentage of rows.
pub(crate) fn of_rows(span: Span) -> QueryError {
    QueryError::syntax(span, "`top` takes no percentage").hint("it takes a number of rows, as in `top 10`")
}
