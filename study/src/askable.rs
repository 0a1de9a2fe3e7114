//! Which facts a study takes: those that the model can be asked, in an order drawn from a seed.

use crate::asking::Answer;
use crate::error::StudyError;
use crate::questions::Question;
use crate::streams::key;
use crate::watch::{Stage, Watch, for_each};

/// Of some questions, by their numbers, those that can be asked, up to the limit and in the order of their facts' ids; and why each of the others
/// that were tried cannot. They are tried in a random order in which the place of a fact does not depend on the other facts.
pub(crate) fn askable(
    questions: &[Question],
    mut waiting: Vec<usize>,
    (seed, limit): (u64, Option<usize>),
    watch: &Watch<'_>,
    can_be_asked: impl Fn(usize) -> Answer<()> + Sync,
) -> Result<(Vec<usize>, Vec<String>), StudyError> {
    let fact = |at: &usize| questions[*at].fact.as_str();
    waiting.sort_by_cached_key(|at| (key(seed, "limit", &[fact(at)]), fact(at).to_owned()));
    let limit = limit.unwrap_or(waiting.len());
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    while kept.len() < limit && !waiting.is_empty() {
        let next: Vec<usize> = waiting.drain(..waiting.len().min(limit - kept.len())).collect();
        let asked = for_each(watch, Stage::Asking, &next, |at| fact(at).to_owned(), |&at| can_be_asked(at))?;
        for (at, asked) in next.into_iter().zip(asked) {
            match asked {
                Ok(()) => kept.push(at),
                Err(reason) => refused.push(reason),
            }
        }
    }
    kept.sort_by(|a, b| fact(a).cmp(fact(b)));
    Ok((kept, refused))
}
