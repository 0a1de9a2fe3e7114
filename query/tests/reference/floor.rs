//! The set of one attribution under the conditions of a source, and whether a store can know it.
//!
//! The set follows from all scores. What a store knows follows from what it was told to keep: where
//! scores that it dropped could have passed the conditions, it must refuse.

use super::signs;
use super::world::{Attribution, HandedIn, Scores, greatest_below, rounded};
use kndb_query::Sign;
use kndb_storage::{Keep, RunSpec, ScoreType};
use std::collections::{BTreeMap, BTreeSet};

/// Conditions on scores, all of which must hold.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub sign: Sign,
    pub tau: f64,
    /// The least score, of negative ones the greatest, and whether it must be exceeded.
    pub score: Option<(f64, bool)>,
    pub rank: Option<u32>,
}

/// Whether an answer may, or must, be refused because scores are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    pub may: bool,
    pub must: bool,
}

impl Doubt {
    pub fn or(self, other: Self) -> Self {
        Self { may: self.may || other.may, must: self.must || other.must }
    }
}

/// The neurons of an attribution that pass.
pub fn neurons(attribution: &Attribution, run: &RunSpec, cut: Cut) -> (BTreeSet<u32>, Doubt) {
    match attribution {
        Attribution::Set(set) => (set.clone(), Doubt::default()),
        Attribution::Scores(scores) if cut.sign == Sign::Positive => {
            (passing(scores, run, cut), doubt(scores, run, cut))
        }
        Attribution::Scores(scores) => (signs::strong(scores, run, cut), signs::doubt(scores, run, cut)),
    }
}

/// All scores as the run rounds them, best first, of equal ones the lower neuron first. Zeros that
/// are not in the map are left out: nothing ever lets them pass.
pub fn ranked(scores: &BTreeMap<u32, f32>, run: &RunSpec) -> Vec<(u32, f32)> {
    let mut list: Vec<(u32, f32)> = scores.iter().map(|(&n, &s)| (n, rounded(s, run.score_type))).collect();
    list.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("finite scores").then(a.0.cmp(&b.0)));
    list
}

fn passing(scores: &Scores, run: &RunSpec, cut: Cut) -> BTreeSet<u32> {
    let ranked = ranked(&scores.of, run);
    let max = ranked.first().map_or(0.0, |&(_, score)| f64::from(score));
    if max <= 0.0 {
        return BTreeSet::new();
    }
    let passes = |at: usize, score: f64| {
        score > cut.tau * max
            && cut.score.is_none_or(|(least, strict)| if strict { score > least } else { score >= least })
            && cut.rank.is_none_or(|rank| at < rank as usize)
    };
    ranked.iter().enumerate().filter(|(at, (_, s))| passes(*at, f64::from(*s))).map(|(_, &(n, _))| n).collect()
}

/// What a store knows: scores from some point on.
struct Known {
    /// `None` where a dropped score may be the maximum.
    max: Option<f32>,
    /// The greatest score that may have been dropped, where any was: by the precision of the
    /// run, and by that of 32 bits.
    dropped: Option<(f32, f32)>,
    kept: usize,
}

fn doubt(scores: &Scores, run: &RunSpec, cut: Cut) -> Doubt {
    let known = known(scores, run);
    let Some((exact, coarse)) = known.dropped else { return Doubt::default() };
    let could_pass = |dropped: f32| {
        let dropped = f64::from(dropped);
        let tau = known.max.is_none_or(|max| dropped > cut.tau * f64::from(max));
        let score = cut.score.is_none_or(|(least, strict)| if strict { dropped > least } else { dropped >= least });
        let rank = cut.rank.is_none_or(|rank| rank as usize > known.kept);
        dropped > 0.0 && tau && score && rank
    };
    Doubt { may: could_pass(coarse), must: could_pass(exact) }
}

fn known(scores: &Scores, run: &RunSpec) -> Known {
    let listed: BTreeMap<u32, f32> = match &scores.handed_in {
        HandedIn::All => scores.of.clone(),
        HandedIn::Some { listed, .. } => {
            listed.iter().map(|n| (*n, scores.of.get(n).copied().unwrap_or(0.0))).collect()
        }
    };
    let everything = match &scores.handed_in {
        HandedIn::All => true,
        HandedIn::Some { listed, .. } => listed.len() as u64 == run.shape.neurons(),
    };
    let mut list = ranked(&listed, run);
    let max = list.first().map_or(0.0, |&(_, score)| score).max(if everything { f32::MIN } else { 0.0 });
    let mut dropped: Option<(f32, f32)> = None;
    let mut drop_below = |exact: f32, coarse: f32| {
        let (e, c) = dropped.unwrap_or((f32::MIN, f32::MIN));
        dropped = Some((e.max(exact), c.max(coarse)));
    };
    if let HandedIn::Some { floor, .. } = scores.handed_in
        && !everything
    {
        // What was not listed lies below the floor; rounding may carry it up to the rounded floor.
        let limit = match run.score_type {
            ScoreType::F32 => floor.next_down(),
            ScoreType::F16 | ScoreType::Bf16 => rounded(floor, run.score_type),
        };
        drop_below(limit, limit);
        list.retain(|&(_, score)| score > limit);
        if limit > 0.0 && max < limit {
            return Known { max: None, dropped, kept: 0 };
        }
    }
    match run.keep {
        Keep::All => {}
        Keep::Share(share) | Keep::Signed(share) => {
            let limit = share * f64::from(max);
            drop_below(greatest_below(limit, run.score_type), greatest_below(limit, ScoreType::F32));
            list.retain(|&(_, score)| f64::from(score) >= limit);
        }
        Keep::Top(best) => {
            let best = best as usize;
            // Zeros that are not in the map may be cut too, but never pass.
            if let Some(&(_, score)) = list.get(best) {
                drop_below(score, score);
                list.truncate(best);
            }
        }
    }
    Known { max: Some(max), dropped, kept: list.len() }
}
