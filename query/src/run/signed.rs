//! `sign=negative`, `sign=any`: which scores of an entry pass, and whether those that were kept tell.
//!
//! All is that of positive scores, mirrored: a score is as strong as it is far from 0, thresholds are shares of the strongest,
//! strictly exceeded. What a writer dropped is known by two bounds: positive scores from the floor on and negative ones from
//! the ceiling down were kept.

use crate::error::QueryError;
use crate::plan::{Cell, Cut, PartAccess};
use crate::syntax::ast::Sign;
use kndb_storage::{LEAST_POSITIVE, ScoreView, Shape, Snapshot};

/// The negative scores of an entry: the last of all scores, or a list of their own.
struct Negative<'v, 'a> {
    scores: &'v ScoreView<'a>,
    /// Whether every score of the model was kept.
    all: bool,
}

impl<'v, 'a> Negative<'v, 'a> {
    fn of(scores: &'v ScoreView<'a>, shape: Shape) -> Self {
        // From −∞ on: a writer may have none of some units, and then there is none.
        Self { scores, all: scores.len() as u64 == shape.neurons() || scores.floor() == f32::NEG_INFINITY }
    }

    /// Down from here all of them were kept; NaN where that is not known.
    fn ceiling(&self) -> f64 {
        f64::from(if self.all { -LEAST_POSITIVE } else { self.scores.ceiling() })
    }

    /// Whether none is missing.
    fn is_whole(&self) -> bool {
        self.ceiling() >= f64::from(-LEAST_POSITIVE)
    }

    /// How strong the strongest is of those that were kept; 0 of none.
    fn strongest(&self) -> f64 {
        let least = match (self.all, self.scores.len().checked_sub(1)) {
            (true, Some(last)) => Some(self.scores.score(last)),
            (true, None) => None,
            (false, _) => self.scores.negative().next().map(|(_, score)| score),
        };
        f64::from(least.unwrap_or(0.0)).min(0.0).abs()
    }

    /// Those that pass, which must hold of the strongest of them.
    fn push(&self, pass: impl Fn(f64) -> bool, out: &mut Vec<(u32, f32)>) {
        let scores = self.scores;
        if self.all {
            let passes = |score: f32| score < 0.0 && pass(f64::from(score));
            let first = scores.prefix(0..scores.len(), |score| !passes(score));
            out.extend((first..scores.len()).map(|rank| (scores.neuron(rank).0, scores.score(rank))));
        } else {
            let passing = scores.negative().take_while(|&(_, score)| pass(f64::from(score)));
            out.extend(passing.map(|(neuron, score)| (neuron.0, score)));
        }
    }

    /// Whether every score of at most this (`strict`: less) was kept.
    fn knows_to(&self, bound: f64, strict: bool) -> bool {
        // The greatest 32-bit score that passes must be one that was kept.
        let near = bound as f32;
        let passes = if strict { f64::from(near) < bound } else { f64::from(near) <= bound };
        self.is_whole() || f64::from(if passes { near } else { near.next_down() }) <= self.ceiling()
    }
}

/// The scores that pass, strongest first and of equal ones the lower neuron; `None` where one that was dropped could pass, too.
pub(super) fn passing(cut: Cut, scores: &ScoreView<'_>, shape: Shape) -> Option<Vec<(u32, f32)>> {
    let negative = Negative::of(scores, shape);
    let mut found = match cut.sign {
        Sign::Any => of_both(cut, scores, &negative)?,
        Sign::Negative | Sign::Positive => of_negative(cut, &negative)?,
    };
    found.sort_unstable_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    found.truncate(cut.rank.map_or(usize::MAX, |rank| rank as usize));
    Some(found)
}

fn of_negative(cut: Cut, negative: &Negative<'_, '_>) -> Option<Vec<(u32, f32)>> {
    let within = |score: f64| cut.score.is_none_or(|(most, strict)| if strict { score < most } else { score <= most });
    let bound_known = cut.score.is_some_and(|(most, strict)| negative.knows_to(most, strict));
    let (mut found, strongest) = (Vec::new(), negative.strongest());
    if strongest == 0.0 || negative.ceiling().is_nan() {
        // None was kept. The strongest that there is may be any above the ceiling.
        return (negative.is_whole() || bound_known).then_some(found);
    }
    let threshold = -cut.tau * strongest;
    negative.push(|score| score < threshold && within(score), &mut found);
    let enough = || {
        let mut kept = Vec::new();
        negative.push(|score| score <= negative.ceiling(), &mut kept);
        cut.rank.is_some_and(|rank| rank as usize <= kept.len())
    };
    (negative.knows_to(threshold, true) || bound_known || enough()).then_some(found)
}

fn of_both(cut: Cut, scores: &ScoreView<'_>, negative: &Negative<'_, '_>) -> Option<Vec<(u32, f32)>> {
    let ceiling = negative.ceiling();
    // Of no score at all there is no maximum.
    let strongest = f64::from(scores.max().max(0.0)).max(negative.strongest());
    // A negative score that was dropped is nearer to 0 than the ceiling.
    if ceiling.is_nan() || (strongest < -ceiling && !negative.is_whole()) {
        return None;
    }
    let both_from = |strength: f64, strict: bool| {
        let passes = |size: f64| if strict { size > strength } else { size >= strength };
        let mut found = Vec::new();
        let positive = scores.prefix(0..scores.len(), |score| score > 0.0 && passes(f64::from(score)));
        found.extend((0..positive).map(|rank| (scores.neuron(rank).0, scores.score(rank))));
        negative.push(|score| passes(-score), &mut found);
        found
    };
    let threshold = cut.tau * strongest;
    let known = scores.knows_from(threshold, true) && negative.knows_to(-threshold, true);
    let enough = || {
        let certain = both_from(f64::from(scores.floor()).max(-ceiling), false).len();
        cut.rank.is_some_and(|rank| rank as usize <= certain)
    };
    (known || enough()).then(|| both_from(threshold, true))
}

/// The error for a fact of which too little was kept.
pub(super) fn below_floor(
    snapshot: &Snapshot,
    cell: &Cell<'_>,
    part: &PartAccess<'_>,
    local: u32,
    scores: &ScoreView<'_>,
    shape: Shape,
) -> QueryError {
    let Some(run) = snapshot.run(cell.run) else {
        return QueryError::missing(cell.tau_span, "the run is not in the store any more");
    };
    let (name, language) = (&run.spec.name, snapshot.language_name(cell.language));
    let fact = part.fact(local).and_then(|fact| snapshot.external_id(fact).ok()).unwrap_or_default();
    let negative = Negative::of(scores, shape);
    let ceiling = negative.ceiling();
    if ceiling.is_nan() {
        let reason = format!(
            "run {name:?} was given the scores of fact {fact:?} in {language:?} from {} on only: of the negative ones \
             not all are known",
            scores.floor()
        );
        return QueryError::missing(cell.tau_span, reason)
            .hint("write it from data that has all scores, with `--keep all`");
    }
    let kept = format!("run {name:?} keeps the negative scores of fact {fact:?} in {language:?} from {ceiling} down");
    let strongest = match cell.cut.sign {
        Sign::Any => f64::from(scores.max().max(0.0)).max(negative.strongest()),
        Sign::Negative | Sign::Positive => negative.strongest(),
    };
    if strongest == 0.0 {
        let reason = format!("{kept}: it has none, and its most negative one is not known");
        return QueryError::missing(cell.tau_span, reason).hint(format!(
            "ask for scores from a bound on, such as `score<={ceiling}`, for `sign=any`, whose shares are of the largest \
             absolute score, or write the run again with `--keep all`"
        ));
    }
    let tau = match cell.cut.tau {
        tau if cell.tau_given => format!("tau={tau}"),
        tau => format!("its own tau={tau}"),
    };
    let (share, whole) = match cell.cut.sign {
        Sign::Any => (f64::from(scores.floor()).max(-ceiling) / strongest, "the largest absolute one"),
        Sign::Negative | Sign::Positive => (-ceiling / strongest, "the most negative one"),
    };
    // Rounded up, so that what the hint says is answered.
    let least = (share * 1e3).ceil() / 1e3;
    let reason = format!("{kept}, that is {share:.3} of {whole}; {tau} is below that floor");
    QueryError::missing(cell.tau_span, reason).hint(if least < 1.0 {
        format!("ask for tau={least} or more, or write the run again with `--keep all`")
    } else {
        "write the run again with `--keep all`".to_owned()
    })
}
