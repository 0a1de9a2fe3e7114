//! Scorers against each other: sets of equal size, on the same facts, by what they do to the model.
//!
//! A scorer gives every neuron a number. Its set of size k is the k neurons that it scores best (of equal ones the lower), whatever its
//! numbers are; so a scorer is judged by the order it gives, not by a threshold that suits it.
//!
//! Of each fact and language, for every scorer and size:
//!
//! | measured | how |
//! |---|---|
//! | `related` | change of the fact's probability with the set suppressed (×0) and enhanced (×2): (p_after − p_before) / p_before |
//! | `unrelated` | the same of a random fact of another relation, the same for all scorers and sizes |
//! | `random` | change of the fact's own probability by as many random neurons of the same layers, none of them in the set |
//! | `overlap` | share of the set that is among the k best of the reference |
//!
//! The *reference* is a scorer whose order is the truth about single neurons: exact ablation. Beside it stands how each scorer's numbers go with the
//! reference's over all neurons of a fact: Pearson's correlation, and Spearman's of the ranks.
//!
//! Intervals are percentiles over facts drawn anew. All scorers and sizes see the same draws, so differences (to random neurons; to the first scorer)
//! are paired. Fewer than ten facts have no interval.
//!
//! Seconds are what scoring a fact took, by the clock, one fact a thread. They are the one thing in a report that is not the same again.
//! Not for choosing a threshold, and it says nothing of sets that several facts share: [`crate::editing`] does.

mod cells;
mod csv;
mod measure;
mod options;
mod ranks;
mod table;

pub use cells::{Agreement, Cell, Effect};
pub use measure::{ArenaRow, Changes};
pub use options::ArenaOptions;

use crate::error::StudyError;
use crate::model::{Claim, LanguageModel, Refusal};
use crate::questions::check_relations;
use crate::watch::Watch;
use kndb_storage::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// What gives the neurons of a model their scores.
pub trait Scorer: Sync {
    /// Its name in tables.
    fn name(&self) -> &str;

    /// Everything that decides the scores, by name; `target` is what they explain.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// A score of every neuron of the model for a claim.
    ///
    /// # Errors
    /// [`Refusal::CannotAsk`] for a claim that cannot be scored, [`Refusal::Failed`] if it breaks.
    fn scores(&self, claim: &Claim<'_>) -> Result<Vec<f32>, Refusal>;
}

/// A finished arena: everything its tables are made from.
#[derive(Clone, Debug, Serialize)]
pub struct ArenaReport {
    /// What was asked for.
    pub options: ArenaOptions,
    /// Name of the model.
    pub model: String,
    /// Facts that were studied.
    pub facts: usize,
    /// Facts that were left out, by reason; one that only lacks a measurement in one language counts there.
    pub left_out: Vec<(String, u64)>,
    /// Of each language and scorer how it goes with the reference, and what it took.
    pub scorers: Vec<Agreement>,
    /// Of each language, scorer and size what its sets did.
    pub cells: Vec<Cell>,
    /// Every measurement.
    pub rows: Vec<ArenaRow>,
}

/// Runs it. The result depends on the store, the model, the scorers and the options, not on the number of threads; but for the seconds.
///
/// # Errors
/// [`StudyError`] when the store lacks what is asked for, when no fact is left, when the model or a scorer fails, or when it is stopped.
pub fn arena(
    store: &Store,
    (model, name): (&dyn LanguageModel, &str),
    scorers: &[&dyn Scorer],
    options: &ArenaOptions,
    watch: &Watch<'_>,
) -> Result<ArenaReport, StudyError> {
    options.check(scorers, model.shape())?;
    let snapshot = store.snapshot()?;
    check_relations(&snapshot, &options.relations)?;
    let mut plan = measure::Plan::new(&snapshot, options)?;
    plan.ask(model, options, watch)?;
    let (measured, refused) = measure::measure((model, scorers), &plan, options, watch)?;
    refused.into_iter().for_each(|reason| plan.leave_out(reason));
    if measured.is_empty() {
        return Err(plan.no_facts());
    }
    let names: Vec<&str> = scorers.iter().map(|scorer| scorer.name()).collect();
    let parameters: Vec<BTreeMap<String, String>> =
        scorers.iter().map(|scorer| scorer.parameters().into_iter().collect()).collect();
    let (mut agreements, mut cells) = (Vec::new(), Vec::new());
    for language in &options.languages {
        let of: Vec<&measure::Measured> = measured.iter().filter(|of| of.language == *language).collect();
        agreements.extend(cells::agreements(language, (&names, &parameters), &of, options));
        cells.extend(cells::cells(language, &names, &of, options));
    }
    Ok(ArenaReport {
        options: options.clone(),
        model: name.to_owned(),
        facts: plan.facts(),
        left_out: plan.left_out(),
        scorers: agreements,
        cells,
        rows: measured.into_iter().flat_map(|of| of.rows).collect(),
    })
}
