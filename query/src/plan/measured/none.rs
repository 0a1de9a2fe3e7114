//! Conditions that no entry meets: the answer is empty for what was measured, and says what that was. Not for conditions of which
//! nothing is known, which are refused.

use super::keep::{Conditions, Known, for_each_entry};
use super::{EntryTest, Wanted};
use crate::error::QueryError;
use crate::mistakes::nearest::nearest;
use crate::plan::Source;
use crate::plan::names::Resolver;
use crate::syntax::ast;
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use std::collections::BTreeSet;

/// So many different answers are looked at for one that may have been meant.
const ANSWERS: usize = 100_000;

/// Notes the conditions of a source that no entry meets, or that none meets all of them.
pub(super) fn note_none<'s>(
    names: &Resolver<'s>,
    asked: &ast::Source,
    planned: &Source<'s>,
    tests: &[EntryTest],
    known: &Conditions,
    span: impl Fn(usize) -> Span,
) -> Result<(), QueryError> {
    let all: Vec<Known> = (0..tests.len()).map(|at| together(known, at)).collect();
    let Some(entries) = all.first().map(|known| known.entries).filter(|&entries| entries > 0) else { return Ok(()) };
    let of = if entries == 1 {
        "the one entry does not meet".to_owned()
    } else {
        format!("none of {entries} entries meets")
    };
    let mut told = false;
    for (at, (test, known)) in tests.iter().zip(&all).enumerate().filter(|(_, (_, known))| known.passing == 0) {
        let found = match &test.wanted {
            Wanted::Answer(_) | Wanted::Contains(_) => answer_meant(names, asked, planned, test)?,
            _ => found(test, known),
        };
        names.notes.add(span(at), format!("{of} `{test}`{found}"));
        told = true;
    }
    if !told {
        let each = tests.iter().zip(&all).map(|(test, known)| format!("`{test}` is met by {}", known.passing));
        let each: Vec<String> = each.collect();
        names.notes.add(asked.span, format!("none of {entries} entries meets all conditions: {}", each.join(", ")));
    }
    Ok(())
}

/// Of all runs and languages.
fn together(known: &Conditions, at: usize) -> Known {
    let mut sum = Known::default();
    for of in known.values().map(|all| all[at]) {
        sum.entries += of.entries;
        sum.passing += of.passing;
        sum.found = match (sum.found, of.found) {
            (Some((least, most)), Some((low, high))) => Some((least.min(low), most.max(high))),
            (one, other) => one.or(other),
        };
    }
    sum
}

/// What there is instead of what was wanted.
fn found(test: &EntryTest, known: &Known) -> String {
    let Some((least, most)) = known.found else { return String::new() };
    let what = match test.key {
        ConditionKey::P => "p",
        ConditionKey::Tokens => "number of tokens",
        ConditionKey::Correct => {
            return if least > 1.0 { ": no answer is right" } else { ": all answers are right" }.into();
        }
        _ => "rank",
    };
    // As 32-bit numbers they are as short as they were stored.
    let number =
        |number: f64| if test.key == ConditionKey::P { (number as f32).to_string() } else { number.to_string() };
    if least == most {
        return format!(": their {what} is {}", number(least));
    }
    format!(": their {what} is from {} to {}", number(least), number(most))
}

/// An answer that there is, and that may have been meant: one that differs in upper and lower case alone, or the nearest.
fn answer_meant<'s>(
    names: &Resolver<'s>,
    asked: &ast::Source,
    planned: &Source<'s>,
    test: &EntryTest,
) -> Result<String, QueryError> {
    let mut answers: BTreeSet<&'s str> = BTreeSet::new();
    for_each_entry(names, asked, planned, &mut |entry| {
        if let Some(answer) = entry.measured.and_then(|measured| measured.answer)
            && answers.len() < ANSWERS
        {
            answers.insert(answer.trim());
        }
    })?;
    let meant = |wanted: &str| {
        let folded = wanted.trim().to_lowercase();
        let in_case = answers.iter().find(|answer| answer.to_lowercase() == folded);
        in_case.copied().or_else(|| nearest(wanted.trim(), answers.iter().copied()))
    };
    let found = match &test.wanted {
        Wanted::Answer(texts) => texts.iter().find_map(|text| meant(text)),
        Wanted::Contains(part) => {
            let folded = part.to_lowercase();
            answers.iter().find(|answer| answer.to_lowercase().contains(&folded)).copied().or_else(|| meant(part))
        }
        _ => None,
    };
    Ok(found.map_or_else(String::new, |answer| format!("; did you mean {answer:?}?")))
}
