//! What the sets of each scorer and size did, over the facts of a language.

use super::measure::{ArenaRow, Changes, Measured};
use super::options::ArenaOptions;
use crate::statistics::{Estimate, Resampled, defined, mean};
use serde::Serialize;
use std::collections::BTreeMap;

/// Mean changes of probability under one kind of edit, as shares of the probability before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Of the facts, their own sets edited.
    pub related: Estimate,
    /// Of unrelated facts, the same sets edited.
    pub unrelated: Estimate,
    /// Of the facts, random neurons edited.
    pub random: Estimate,
    /// `related` less `random`, paired.
    pub less_random: Estimate,
    /// `related` less the first scorer's at the same size, paired; of the first itself nothing.
    pub less_first: Option<Estimate>,
}

/// One scorer's sets of one size in one language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The language.
    pub language: String,
    /// The scorer.
    pub scorer: String,
    /// Neurons of a set.
    pub size: usize,
    /// Facts.
    pub facts: usize,
    /// The sets suppressed.
    pub suppress: Effect,
    /// The sets enhanced.
    pub enhance: Effect,
    /// Mean share of a set that is among the reference's as many best.
    pub overlap: Option<Estimate>,
}

/// One scorer in one language: how it goes with the reference, and what it takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The language.
    pub language: String,
    /// The scorer.
    pub scorer: String,
    /// Everything that decides its scores; `target` is what they explain.
    pub parameters: BTreeMap<String, String>,
    /// Facts.
    pub facts: usize,
    /// Mean seconds that a fact took.
    pub seconds: f64,
    /// How many times faster than the first scorer that is.
    pub times: Option<f64>,
    /// Mean over facts of Pearson's correlation with the reference's scores, over all neurons.
    pub pearson: Option<Estimate>,
    /// The same of the ranks: Spearman's.
    pub spearman: Option<Estimate>,
}

/// Changes of suppressing, changes of enhancing, overlap.
const COLUMNS: usize = 7;

/// Cells by scorer, then by size.
pub(super) fn cells(language: &str, scorers: &[&str], measured: &[&Measured], options: &ArenaOptions) -> Vec<Cell> {
    let sets = scorers.len() * options.sizes.len();
    // Of each set its columns, a value a fact.
    let columns: Vec<Vec<f64>> = (0..sets * COLUMNS)
        .map(|column| measured.iter().map(|of| values(&of.rows[column / COLUMNS])[column % COLUMNS]).collect())
        .collect();
    let statistics = |weights: &[u32]| columns.iter().map(|values| mean(values, weights)).collect();
    let drawn = options.bootstrap.resample(options.seed, &["arena", language], measured.len(), statistics);
    let compared = options.reference.is_some();
    let cell = |set: usize| {
        let (scorer, size) = (set / options.sizes.len(), set % options.sizes.len());
        let first = (scorer > 0).then_some(size * COLUMNS);
        let at = set * COLUMNS;
        Cell {
            language: language.to_owned(),
            scorer: scorers[scorer].to_owned(),
            size: options.sizes[size],
            facts: measured.len(),
            suppress: effect(&drawn, at, first),
            enhance: effect(&drawn, at + 3, first.map(|first| first + 3)),
            overlap: compared.then(|| drawn.estimate(at + 6)),
        }
    };
    if measured.is_empty() { Vec::new() } else { (0..sets).map(cell).collect() }
}

fn values(row: &ArenaRow) -> [f64; COLUMNS] {
    let of = |changes: Changes| [changes.related, changes.unrelated, changes.random];
    let ([a, b, c], [d, e, f]) = (of(row.suppress), of(row.enhance));
    [a, b, c, d, e, f, row.overlap.unwrap_or(f64::NAN)]
}

/// The three columns from `at` on, and the first scorer's.
fn effect(drawn: &Resampled, at: usize, first: Option<usize>) -> Effect {
    Effect {
        related: drawn.estimate(at),
        unrelated: drawn.estimate(at + 1),
        random: drawn.estimate(at + 2),
        less_random: drawn.difference(at, at + 2),
        less_first: first.map(|first| drawn.difference(at, first)),
    }
}

/// By scorer.
pub(super) fn agreements(
    language: &str,
    (scorers, parameters): (&[&str], &[BTreeMap<String, String>]),
    measured: &[&Measured],
    options: &ArenaOptions,
) -> Vec<Agreement> {
    if measured.is_empty() {
        return Vec::new();
    }
    let column = |of: &dyn Fn(&Measured) -> f64| measured.iter().map(|measured| of(measured)).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..scorers.len())
        .flat_map(|at| [column(&|of| of.scorers[at].pearson), column(&|of| of.scorers[at].spearman)])
        .collect();
    let statistics = |weights: &[u32]| columns.iter().map(|values| mean(values, weights)).collect();
    let drawn = options.bootstrap.resample(options.seed, &["arena", language], measured.len(), statistics);
    let seconds = |at: usize| column(&|of| of.scorers[at].seconds).iter().sum::<f64>() / measured.len() as f64;
    let compared = options.reference.is_some();
    let estimate = |at: usize| {
        let facts = columns[at].iter().filter(|value| !value.is_nan()).count();
        compared.then(|| drawn.estimate(at).of_facts(facts))
    };
    let of = |(at, scorer): (usize, &&str)| Agreement {
        language: language.to_owned(),
        scorer: (*scorer).to_owned(),
        parameters: parameters[at].clone(),
        facts: measured.len(),
        seconds: seconds(at),
        times: defined(seconds(0) / seconds(at)).filter(|times| times.is_finite()),
        pearson: estimate(2 * at),
        spearman: estimate(2 * at + 1),
    };
    scorers.iter().enumerate().map(of).collect()
}
