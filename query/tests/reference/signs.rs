//! `sign`: what passes where not the positive scores alone count, and whether a store can know it.

use super::eval::{Reference, Refused};
use super::floor::{Cut, Doubt, ranked};
use super::sets::Where;
use super::world::{Attribution, HandedIn, Key, Scores, greatest_below};
use kndb_query::{Comparison, ConditionKey, Sign, Source};
use kndb_storage::{Keep, RunSpec, ScoreType};
use std::collections::BTreeSet;

impl Reference<'_> {
    /// A sign of which a run keeps nothing, and a bound on the side where none of the sign's strong scores lie.
    pub fn refuse_signs(&self, source: &Source, slots: &BTreeSet<Where>) -> Result<(), Refused> {
        let sign = source.sign();
        if let Some((op, _)) = source.number(ConditionKey::Score) {
            let from_above = matches!(op, Comparison::LessOrEqual | Comparison::Less);
            if sign == Sign::Any || from_above != (sign == Sign::Negative) {
                return Err("a bound on the other side".into());
            }
        }
        let of = |key: &Key| slots.contains(&(key.run, key.language.clone(), key.prompt));
        let scored = self.world.entries.iter().filter(|(key, a)| of(key) && matches!(a, Attribution::Scores(_)));
        let mut runs = scored.map(|(key, _)| &self.world.runs[key.run]);
        if sign != Sign::Positive && runs.any(|run| !keeps_negative(run)) {
            return Err("negative scores were not kept".into());
        }
        Ok(())
    }
}

/// How strong a score is under a sign; 0 where it does not count.
fn strength(score: f32, sign: Sign) -> f64 {
    match sign {
        Sign::Positive => f64::from(score).max(0.0),
        Sign::Negative => f64::from(-score).max(0.0),
        Sign::Any => f64::from(score).abs(),
    }
}

/// Whether a score is within the bound, which lies on the side of its sign.
fn bounded(score: f64, cut: Cut) -> bool {
    cut.score.is_none_or(|(most, strict)| if strict { score < most } else { score <= most })
}

/// What passes where not the positive scores alone count: all mirrored.
pub fn strong(scores: &Scores, run: &RunSpec, cut: Cut) -> BTreeSet<u32> {
    let mut list: Vec<(f64, u32, f32)> = ranked(&scores.of, run)
        .into_iter()
        .map(|(neuron, score)| (strength(score, cut.sign), neuron, score))
        .filter(|(strength, ..)| *strength > 0.0)
        .collect();
    list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let Some(&(strongest, ..)) = list.first() else { return BTreeSet::new() };
    let best = list.iter().take(cut.rank.map_or(usize::MAX, |rank| rank as usize));
    let passing =
        best.filter(|(strength, _, score)| *strength > cut.tau * strongest && bounded(f64::from(*score), cut));
    passing.map(|&(_, neuron, _)| neuron).collect()
}

/// Whether the rule of a run keeps negative scores at all.
fn keeps_negative(run: &RunSpec) -> bool {
    match run.keep {
        Keep::All | Keep::Signed(_) => true,
        Keep::Top(best) => u64::from(best) >= run.shape.neurons(),
        Keep::Share(_) => false,
    }
}

/// What a store that keeps negative scores cannot know of them.
pub fn doubt(scores: &Scores, run: &RunSpec, cut: Cut) -> Doubt {
    let whole = match &scores.handed_in {
        HandedIn::All => true,
        HandedIn::Some { listed, .. } => listed.len() as u64 == run.shape.neurons(),
    };
    if !whole {
        // What was not listed may be as negative as it likes.
        return Doubt { may: true, must: true };
    }
    let Keep::Signed(share) = run.keep else { return Doubt::default() };
    let list = ranked(&scores.of, run);
    let max = list.iter().map(|&(_, score)| f64::from(score)).fold(0.0, f64::max);
    let size = list.iter().map(|&(_, score)| f64::from(score).abs()).fold(0.0, f64::max);
    let kept = |score: f64| score > 0.0 && score >= share * max || score < 0.0 && score <= -share * size;
    let kept: Vec<f32> = list.iter().map(|&(_, score)| score).filter(|&score| kept(f64::from(score))).collect();
    if kept.len() as u64 == run.shape.neurons() {
        return Doubt { may: true, must: false };
    }
    let strongest = kept.iter().map(|&score| strength(score, cut.sign)).fold(0.0, f64::max);
    // The strongest that may have been dropped below 0, and above it.
    let could_pass = |score_type| {
        let below = -greatest_below(share * size, score_type);
        let above = greatest_below(share * max, score_type);
        let certain = f64::from(-below).max(f64::from(above));
        let certain = kept.iter().filter(|&&score| strength(score, cut.sign) > certain).count();
        [below, above].into_iter().any(|dropped| {
            let strength = strength(dropped, cut.sign);
            // Where none of the sign was kept, a dropped one may be the strongest of all.
            let passes = strength > cut.tau * strongest || (strongest == 0.0 && strength > 0.0);
            let ranked = cut.rank.is_none_or(|rank| rank as usize > certain);
            strength > 0.0 && passes && bounded(f64::from(dropped), cut) && ranked
        })
    };
    Doubt { may: could_pass(ScoreType::F32), must: could_pass(run.score_type) }
}
