//! λ from the first part: the threshold with the best balanced accuracy.

use super::options::{CheckOptions, Detector};
use super::score::{CheckRow, Pair};
use crate::statistics::Confusion;

/// The learnt thresholds of a relation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lambdas {
    pub attribution: Option<f64>,
    pub activation: Option<f64>,
}

impl Lambdas {
    pub(crate) fn learn(first: &[&CheckRow], options: &CheckOptions) -> Self {
        let learn =
            |of: fn(&CheckRow) -> Option<Pair<f64>>| best(&first.iter().filter_map(|row| of(row)).collect::<Vec<_>>());
        let wanted = |detector: Detector| options.detectors.contains(&detector);
        Self {
            attribution: learn(|row| row.attribution).filter(|_| wanted(Detector::AttributionLearnt)),
            activation: learn(|row| row.activation).filter(|_| wanted(Detector::ActivationLearnt)),
        }
    }

    /// Whether everything that must be learnt was.
    pub(crate) fn complete(&self, options: &CheckOptions) -> bool {
        let wanted = |detector: Detector| options.detectors.contains(&detector);
        (self.attribution.is_some() || !wanted(Detector::AttributionLearnt))
            && (self.activation.is_some() || !wanted(Detector::ActivationLearnt))
    }
}

/// Of the thresholds between neighbouring scores, below all and above all, the lowest of the best.
fn best(scores: &[Pair<f64>]) -> Option<f64> {
    let mut sorted: Vec<f64> = scores.iter().flat_map(|pair| [pair.right, pair.wrong]).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (least, greatest) = (*sorted.first()?, *sorted.last()?);
    let between = sorted.windows(2).filter(|pair| pair[0] < pair[1]).map(|pair| f64::midpoint(pair[0], pair[1]));
    let balanced = |lambda: f64| {
        let mut confusion = Confusion::default();
        for pair in scores {
            confusion.add(true, pair.right > lambda, 1);
            confusion.add(false, pair.wrong > lambda, 1);
        }
        confusion.balanced_accuracy()
    };
    let mut found: Option<(f64, f64)> = None;
    for lambda in std::iter::once(least.next_down()).chain(between).chain([greatest.next_up()]) {
        if let Some(accuracy) = balanced(lambda)
            && found.is_none_or(|(best, _)| accuracy > best)
        {
            found = Some((accuracy, lambda));
        }
    }
    found.map(|(_, lambda)| lambda)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(scores: &[(f64, f64)]) -> Vec<Pair<f64>> {
        scores.iter().map(|&(right, wrong)| Pair { right, wrong }).collect()
    }

    #[test]
    fn lambda_parts_what_can_be_parted() {
        assert_eq!(best(&pairs(&[(3.0, 1.0), (4.0, 2.0)])), Some(2.5));
        // 2 | 3: recall 1, specificity 2/3. Every other threshold is worse.
        assert_eq!(best(&pairs(&[(3.0, 1.0), (6.0, 2.0), (5.0, 4.0)])), Some(2.5));
        // Upside down, nothing beats one half: the lowest, which accepts all.
        let lambda = best(&pairs(&[(1.0, 3.0)])).expect("two scores");
        assert!(lambda < 1.0 && lambda > 1.0 - 1e-9);
        assert_eq!(best(&[]), None);
    }
}
