//! Ranges of numbers that a key is compared with: `p in 0.7..0.8`, and a lower and an upper bound beside each other.

use super::conditions::check_percent;
use super::{Parser, Result};
use crate::error::QueryError;
use crate::mistakes::conditions::{self as mistakes, Place};
use crate::syntax::ast::{Comparison, Condition, Given, Literal, Number, OpenNumbers, OpenTest, Test};
use crate::syntax::conditions::{ConditionKey, Domain, ValueKind};
use crate::syntax::span::Span;

impl Parser<'_> {
    /// `0.7..0.8` behind `in`; an end may be a parameter.
    pub(super) fn range(&mut self, key: ConditionKey, operator: &'static str, domain: &Domain) -> Result<Test> {
        let start = self.span();
        if matches!(self.sign(), "(" | "[" | "{") {
            let form = key.row().forms.iter().find(|form| form.contains(" in ")).copied().unwrap_or_default();
            let error = self.unexpected(&format!("a range after `{key} in`"));
            return Err(error.hint(format!("a range is `{form}`; sets of several are joined: `kn[…] | kn[…]`")));
        }
        let (first, from) = self.range_end(key, domain)?;
        if !self.eat_sign("..") {
            if !matches!(self.sign(), "," | "]") {
                return Err(self.unexpected("`..` within a range"));
            }
            let reason = format!("`{key} in` takes a range, found `{first}` alone");
            let hint = format!("write `{key}={first}`, or `{key} in {first}..…`");
            return Err(QueryError::syntax(start.to(self.previous_span()), reason).hint(hint));
        }
        let (last, to) = self.range_end(key, domain)?;
        let span = start.to(self.previous_span());
        let range = OpenNumbers { first, last, span };
        let known = [&range.first, &range.last].map(|end| end.value());
        if let Some((end, error)) = wrong_end(key, domain, &range, known) {
            return Err(error.at([from, to][end]));
        }
        if let [Some(first), Some(last)] = known {
            check_range(first, last, span)?;
            return Ok(Test::Between(first, last));
        }
        Ok(Test::Open(OpenTest { operator, list: false, values: vec![Given::Value(Literal::Range(range))] }))
    }

    fn range_end(&mut self, key: ConditionKey, domain: &Domain) -> Result<(Given<Number>, Span)> {
        if let Some(parameter) = self.parameter() {
            let span = parameter.span;
            return Ok((Given::Parameter(parameter), span));
        }
        self.number_for(key, domain).map(|(number, span)| (Given::Value(number), span))
    }
}

/// The first end of a range that a key is not compared with, 0 or 1, and what is wrong with it; one that is not known yet is left for later.
pub(in crate::syntax) fn wrong_end(
    key: ConditionKey,
    domain: &Domain,
    range: &OpenNumbers,
    known: [Option<Number>; 2],
) -> Option<(usize, QueryError)> {
    let ops = [Comparison::GreaterOrEqual, Comparison::LessOrEqual];
    for (end, number) in known.into_iter().enumerate() {
        let Some(number) = number else { continue };
        if let Err(error) = check_percent(key, domain, number) {
            return Some((end, error));
        }
        if !domain.has(ops[end], number) {
            let other = 1 - end;
            // What is left without this end must be one that can be asked.
            let rest = known[other].is_none_or(|number| domain.has(ops[other], number));
            let rest = rest.then(|| format!("{key}{}{}", ops[other], [&range.first, &range.last][other]));
            let written = format!("{}..{}", range.first, range.last);
            let place = Place::Within { op: ops[end], range: &written, rest };
            return Some((end, mistakes::out_of_range(key, domain, &place, number)));
        }
    }
    None
}

/// Refuses a range that is the wrong way round.
pub(in crate::syntax) fn check_range(first: Number, last: Number, span: Span) -> Result<()> {
    if first.percent == last.percent && first.value > last.value {
        let reason = format!("the range `{first}..{last}` is the wrong way round");
        return Err(QueryError::syntax(span, reason).hint(format!("write `{last}..{first}`")));
    }
    Ok(())
}

/// Whether a condition is the other bound of a key that has one bound so far.
pub(super) fn is_second(before: &[&Condition], condition: &Condition) -> bool {
    let [first] = before else { return false };
    let ranges = matches!(condition.key.row().value, ValueKind::Number(Domain { ranges: true, .. }));
    let sides = (is_lower(&first.test), is_lower(&condition.test));
    ranges && matches!(sides, (Some(true), Some(false)) | (Some(false), Some(true)))
}

/// Whether a test is a lower bound, or an upper one; `None` of others.
fn is_lower(test: &Test) -> Option<bool> {
    let op = match test {
        Test::Number(op, _) => *op,
        Test::Open(open) => Comparison::from_word(open.operator)?,
        _ => return None,
    };
    match op {
        Comparison::Greater | Comparison::GreaterOrEqual => Some(true),
        Comparison::Less | Comparison::LessOrEqual => Some(false),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

/// Refuses two bounds of a key between which no number lies.
pub(in crate::syntax) fn check(conditions: &[Condition], key: ConditionKey) -> Result<()> {
    let of_key: Vec<&Condition> = conditions.iter().filter(|condition| condition.key == key).collect();
    let [first, second] = of_key.as_slice() else { return Ok(()) };
    let whole = matches!(key.row().value, ValueKind::Number(Domain { whole: true, .. }));
    let (mut least, mut most) = (None, None);
    for (op, number) in [first, second].into_iter().filter_map(|condition| condition.number()) {
        // Of whole numbers, those beyond a bound begin with the next one.
        let step = if whole && !number.percent { 1.0 } else { 0.0 };
        match op {
            Comparison::Greater => least = Some((number.value + step, step == 0.0, number.percent)),
            Comparison::GreaterOrEqual => least = Some((number.value, false, number.percent)),
            Comparison::Less => most = Some((number.value - step, step == 0.0, number.percent)),
            Comparison::LessOrEqual => most = Some((number.value, false, number.percent)),
            Comparison::Equal | Comparison::NotEqual => {}
        }
    }
    // What is a number and what a share of it cannot be compared.
    let (Some((least, above, share)), Some((most, below, other))) = (least, most) else { return Ok(()) };
    if share != other || least < most || (least == most && !above && !below) {
        return Ok(());
    }
    let reason = format!("no `{key}` is both `{first}` and `{second}`");
    let form = key.row().forms.iter().find(|form| form.contains(" in ")).copied().unwrap_or_default();
    let hint = format!("the lower bound lies below the upper one; both are a range, as in `{form}`");
    Err(QueryError::syntax(second.span, reason).label(first.span, "the other bound").hint(hint))
}
