//! `sign`: whether a run kept the scores that are asked for, and what else the condition goes with.

use crate::error::QueryError;
use crate::plan::names::{Resolver, all_of};
use crate::plan::unstored::{FEW, parts_of};
use crate::plan::{Access, PartAccess, Source};
use crate::syntax::ast::{Comparison, Sign, Source as Asked};
use crate::syntax::conditions::ConditionKey;
use kndb_storage::{FactId, Keep, Run};

/// Refuses a bound on the score from the side on which the strong scores of its sign do not lie.
pub(crate) fn check_bound(source: &Asked) -> Result<(), QueryError> {
    let Some(condition) = source.condition(ConditionKey::Score) else { return Ok(()) };
    let Some((op, number)) = condition.number() else { return Ok(()) };
    let (lower, value) = (matches!(op, Comparison::GreaterOrEqual | Comparison::Greater), number.value);
    let positive = format!("score>={}", value.abs());
    let negative = format!("score<=-{}", value.abs());
    let (reason, hint) = match source.sign() {
        Sign::Positive if !lower && value < 0.0 => (
            "without `sign=negative` the scores that count are above 0",
            format!("write `sign=negative, score{op}{value}`"),
        ),
        Sign::Positive if !lower => (
            "the scores that count are above 0, and are bounded from below",
            format!("leave higher ones out by subtracting: `{kind} - {kind}[score>={value}]`", kind = source.kind),
        ),
        Sign::Negative if lower => (
            "with `sign=negative` the strongest scores are the lowest, and are bounded from above",
            format!("write `sign=negative, {negative}`"),
        ),
        Sign::Any => (
            "a bound on the score itself keeps one sign alone, and `sign=any` asks for both",
            format!(
                "bound both: `{kind}[{positive}] | {kind}[sign=negative, {negative}]`; `tau` and `rank` go with either sign",
                kind = source.kind
            ),
        ),
        _ => return Ok(()),
    };
    let reason = format!("`{condition}` beside `sign={}`: {reason}", source.sign());
    Err(QueryError::kind(condition.span, reason).hint(hint))
}

/// Refuses a sign of which a run kept nothing.
pub(crate) fn check_kept(source: &Asked, run: &Run) -> Result<(), QueryError> {
    let Some(condition) = source.condition(ConditionKey::Sign) else { return Ok(()) };
    let again = match run.spec.keep {
        _ if source.sign() == Sign::Positive => return Ok(()),
        Keep::All | Keep::Signed(_) => return Ok(()),
        Keep::Top(best) if u64::from(best) >= run.spec.shape.neurons() => return Ok(()),
        Keep::Top(_) => "`--keep all`, or `--keep signed:share:0.01`".to_owned(),
        Keep::Share(share) => format!("`--keep signed:share:{share}`, or `--keep all`"),
    };
    let (name, keep) = (&run.spec.name, run.spec.keep);
    let reason = format!("run {name:?} keeps {keep}, and no negative ones, so `{condition}` cannot be answered");
    Err(QueryError::missing(condition.span, reason).hint(format!("write the run again with {again}")))
}

/// Notes facts that were asked for and have no negative scores, or that none of the source has any.
pub(crate) fn note_without(names: &Resolver<'_>, asked: &Asked, source: &Source<'_>) -> Result<(), QueryError> {
    let Some(condition) = asked.condition(ConditionKey::Sign).filter(|_| asked.sign() == Sign::Negative) else {
        return Ok(());
    };
    let only = all_of(&names.chosen(asked)?).filter(|only| only.len() <= FEW);
    let parts = || parts_of(&source.cells).filter(|part| matches!(part.access, Access::Signed));
    let Some(few) = only else {
        for part in parts() {
            for local in 0..part.live.part.len() {
                names.settings.interrupt.check()?;
                if part.has(local) && has_negative(part, local)? {
                    return Ok(());
                }
            }
        }
        if parts().any(|part| part.count() > 0) {
            names.notes.add(condition.span, "no fact that is asked for has a negative score");
        }
        return Ok(());
    };
    let mut without = Vec::new();
    for fact in &few {
        let (mut there, mut has) = (false, false);
        for part in parts() {
            let found = part.live.find(FactId(fact)).map_err(QueryError::storage)?;
            if let Some(local) = found.filter(|&local| part.has(local)) {
                there = true;
                has = has || has_negative(part, local)?;
            }
        }
        if there && !has {
            without.push(fact);
        }
    }
    match without.as_slice() {
        [] => {}
        [one] => {
            let id = names.snapshot.external_id(FactId(*one)).map_err(QueryError::storage)?;
            names.notes.add(condition.span, format!("fact {id:?} has no negative score"));
        }
        several => {
            let text = format!("{} of the {} facts asked for have no negative score", several.len(), few.len());
            names.notes.add(condition.span, text);
        }
    }
    Ok(())
}

/// Whether a negative score was kept, or may have been dropped: of that an answer is refused.
fn has_negative(part: &PartAccess<'_>, local: u32) -> Result<bool, QueryError> {
    let scores = part.live.part.scores(local).map_err(QueryError::storage)?;
    let all = scores.len() as u64 == part.live.part.shape().neurons();
    let last = scores.len().checked_sub(1).map(|last| scores.score(last));
    let whole = all || scores.ceiling() >= -kndb_storage::LEAST_POSITIVE;
    Ok(!whole || scores.negative().next().is_some() || (all && last.is_some_and(|least| least < 0.0)))
}
