//! Detectors judged on the second part: verdicts, rates, intervals.

use super::options::{CheckOptions, Detector};
use super::score::{CheckRow, Pair};
use super::threshold::Lambdas;
use crate::statistics::{Confusion, Estimate, Ranking};
use serde::Serialize;

/// How well a detector tells right statements from wrong ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DetectorReport {
    /// The detector.
    pub detector: Detector,
    /// Facts; each has a right and a wrong statement.
    pub facts: usize,
    /// How the statements were judged; positive is "true".
    pub confusion: Confusion,
    /// Share of the accepted statements that are right.
    pub precision: Estimate,
    /// Share of the right statements that were accepted.
    pub recall: Estimate,
    /// Harmonic mean of the two.
    pub f1: Estimate,
    /// Share of the statements that were judged rightly.
    pub accuracy: Estimate,
    /// Mean of the shares of right statements accepted and of wrong ones rejected; the same, as there are as many of each.
    pub balanced_accuracy: Estimate,
    /// Area under the ROC curve of what the detector ranks by.
    pub auroc: Estimate,
}

/// What a detector made of a fact.
#[derive(Clone, Copy)]
struct Verdict {
    score: Pair<f64>,
    accepted: Pair<bool>,
}

/// Reports of all detectors over some facts. `about` names the draws.
pub(crate) fn reports(facts: &[(&CheckRow, Lambdas)], about: &[&str], options: &CheckOptions) -> Vec<DetectorReport> {
    let report = |&detector: &Detector| {
        let verdicts: Vec<Verdict> =
            facts.iter().filter_map(|(row, lambdas)| verdict(detector, row, *lambdas, options)).collect();
        report(detector, &verdicts, about, options)
    };
    options.detectors.iter().map(report).collect()
}

fn verdict(detector: Detector, row: &CheckRow, lambdas: Lambdas, options: &CheckOptions) -> Option<Verdict> {
    let above = |score: Pair<f64>, lambda: f64| {
        let is_true = |score: f64| score > lambda || options.protocol.equal_is_true && score == lambda;
        Verdict { score, accepted: score.map(is_true) }
    };
    Some(match detector {
        Detector::AttributionFixed => above(row.attribution?, options.lambda),
        Detector::AttributionLearnt => above(row.attribution?, lambdas.attribution?),
        Detector::ActivationLearnt => above(row.activation?, lambdas.activation?),
        Detector::Vocabulary => Verdict { score: row.probability?, accepted: row.answer? },
        Detector::Candidates => Verdict { score: row.candidate_share?, accepted: row.candidate_answer? },
    })
}

fn report(detector: Detector, verdicts: &[Verdict], about: &[&str], options: &CheckOptions) -> DetectorReport {
    let scores = verdicts.iter().enumerate();
    let ranking =
        Ranking::new(scores.flat_map(|(fact, v)| [(v.score.right, fact, true), (v.score.wrong, fact, false)]));
    let statistics = |weights: &[u32]| {
        let confusion = confusion(verdicts, weights);
        let rates = [confusion.precision(), confusion.recall(), confusion.f1(), confusion.accuracy()];
        let rates = rates.into_iter().chain([confusion.balanced_accuracy()]);
        rates.map(|rate| rate.unwrap_or(f64::NAN)).chain([ranking.auroc(weights)]).collect()
    };
    let purpose: Vec<&str> = std::iter::once("checking").chain(about.iter().copied()).collect();
    let resampled = options.bootstrap.resample(options.seed, &purpose, verdicts.len(), statistics);
    DetectorReport {
        detector,
        facts: verdicts.len(),
        confusion: confusion(verdicts, &vec![1; verdicts.len()]),
        precision: resampled.estimate(0),
        recall: resampled.estimate(1),
        f1: resampled.estimate(2),
        accuracy: resampled.estimate(3),
        balanced_accuracy: resampled.estimate(4),
        auroc: resampled.estimate(5),
    }
}

fn confusion(verdicts: &[Verdict], weights: &[u32]) -> Confusion {
    let mut confusion = Confusion::default();
    for (verdict, &weight) in verdicts.iter().zip(weights) {
        confusion.add(true, verdict.accepted.right, u64::from(weight));
        confusion.add(false, verdict.accepted.wrong, u64::from(weight));
    }
    confusion
}
