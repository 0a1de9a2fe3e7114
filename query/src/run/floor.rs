//! Whether the scores that were kept of a fact are enough for an answer, and what is said if not.

use crate::error::QueryError;
use crate::plan::{Cell, Cut, PartAccess};
use kndb_storage::{Keep, LEAST_POSITIVE, ScoreView, Shape, Snapshot};

/// Whether a set that takes every kept score is all of the answer: no dropped score would have passed.
pub(crate) fn complete(cut: Cut, scores: &ScoreView<'_>, shape: Shape) -> bool {
    if scores.kept() as u64 == shape.neurons() || scores.floor() <= LEAST_POSITIVE {
        return true;
    }
    scores.knows_share(cut.tau)
        || cut.score.is_some_and(|(least, strict)| scores.knows_from(least, strict))
        || cut.rank.is_some_and(|rank| rank as usize <= scores.kept())
}

/// The error for a fact of which too little was kept.
pub(crate) fn below_floor(
    snapshot: &Snapshot,
    cell: &Cell<'_>,
    part: &PartAccess<'_>,
    local: u32,
    scores: &ScoreView<'_>,
) -> QueryError {
    let Some(run) = snapshot.run(cell.run) else {
        return QueryError::missing(cell.tau_span, "the run is not in the store any more");
    };
    let (name, language) = (&run.spec.name, snapshot.language_name(cell.language));
    let fact = part.fact(local).and_then(|fact| snapshot.external_id(fact).ok()).unwrap_or_default();
    let (floor, max) = (scores.floor(), scores.max());
    let tau = match cell.cut.tau {
        tau if cell.tau_given => format!("tau={tau}"),
        tau => format!("its own tau={tau}"),
    };
    let known = format!("run {name:?} keeps the scores of fact {fact:?} in {language:?} from {floor} on");
    // From here on every fact of the run and language has all its scores.
    let parts = cell.prompts.iter().flat_map(|prompt| &prompt.parts);
    let least = parts.map(|part| part.live.part.tau_floor()).fold(0.0, f64::max);
    let (reason, least) = match run.spec.keep {
        _ if max.is_nan() => (format!("{known}: it has none, and its maximum is not known"), least),
        // What a cut leaves of equals is no set of a threshold.
        keep if max < floor => {
            let reason = format!(
                "run {name:?} keeps {keep}, and more neurons than that share the largest score of fact {fact:?} in {language:?}, {max}: not all of them are known"
            );
            return QueryError::missing(cell.tau_span, reason)
                .hint("`rank<=N` takes those that were kept; or write the run again and keep more");
        }
        // A floor that was rounded to 32 bits.
        Keep::Share(share) | Keep::Signed(share) if least <= share * (1.0 + 1e-6) => {
            (format!("run {name:?} keeps {}; {tau} is below that floor", run.spec.keep), share)
        }
        _ => {
            let share = f64::from(floor) / f64::from(max);
            (format!("{known}, that is {share:.3}·max; {tau} is below that floor"), (least * 1e3).ceil() / 1e3)
        }
    };
    QueryError::missing(cell.tau_span, reason).hint(if least < 1.0 {
        format!("ask for tau={least} or more, or write the run again and keep more")
    } else {
        format!("ask for scores from a bound on, such as `score>={floor}`, or write the run again and keep more")
    })
}
