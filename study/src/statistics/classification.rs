//! Rates of a classifier that accepts or rejects claims.

use serde::Serialize;

/// How many claims were accepted and rejected, of the true and of the false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// True claims that were accepted.
    pub true_positives: u64,
    /// False claims that were accepted.
    pub false_positives: u64,
    /// False claims that were rejected.
    pub true_negatives: u64,
    /// True claims that were rejected.
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts a claim `weight` times.
    pub fn add(&mut self, is_true: bool, accepted: bool, weight: u64) {
        *match (is_true, accepted) {
            (true, true) => &mut self.true_positives,
            (true, false) => &mut self.false_negatives,
            (false, true) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
        } += weight;
    }

    /// Share of the accepted claims that are true; `None` where nothing was accepted.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the true claims that were accepted; `None` where there is none.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Share of the false claims that were rejected; `None` where there is none.
    pub fn specificity(&self) -> Option<f64> {
        share(self.true_negatives, self.true_negatives + self.false_positives)
    }

    /// 2TP / (2TP + FP + FN): the harmonic mean of precision and recall, and 0 where no true claim was accepted, even if precision
    /// is not defined; `None` only where there is no true claim and nothing was accepted.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }

    /// Share of all claims that were judged rightly; `None` where there is none.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.true_positives + self.true_negatives;
        share(right, right + self.false_positives + self.false_negatives)
    }

    /// Mean of recall and specificity; `None` where either is not defined.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some(f64::midpoint(self.recall()?, self.specificity()?))
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_a_table_done_by_hand() {
        let table = Confusion { true_positives: 6, false_positives: 2, true_negatives: 8, false_negatives: 4 };
        assert_eq!(table.precision(), Some(0.75));
        assert_eq!(table.recall(), Some(0.6));
        assert_eq!(table.specificity(), Some(0.8));
        // 2 · 0.75 · 0.6 / 1.35
        assert_eq!(table.f1(), Some(12.0 / 18.0));
        assert_eq!(table.accuracy(), Some(0.7));
        assert_eq!(table.balanced_accuracy(), Some(0.7));
    }

    #[test]
    fn what_is_not_defined_is_not_zero() {
        let nothing_accepted = Confusion { true_negatives: 3, false_negatives: 2, ..Confusion::default() };
        assert_eq!((nothing_accepted.precision(), nothing_accepted.f1()), (None, Some(0.0)));
        assert_eq!((nothing_accepted.recall(), nothing_accepted.accuracy()), (Some(0.0), Some(0.6)));
        let all_wrong = Confusion { false_positives: 1, false_negatives: 1, ..Confusion::default() };
        assert_eq!(all_wrong.f1(), Some(0.0));
        let empty = Confusion::default();
        assert_eq!([empty.accuracy(), empty.balanced_accuracy(), empty.recall(), empty.f1()], [None; 4]);
    }
}
