//! AMIG's Table 3, its columns under their right names.

use serde::Serialize;

/// A published row. What the paper prints under P is recall, and under R precision; see [`crate::checking`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PublishedCheck {
    /// Model.
    pub model: &'static str,
    /// Language.
    pub language: &'static str,
    /// `wo_dkn` or `with_dkn`.
    pub method: &'static str,
    /// Precision: printed as "R".
    pub precision: f64,
    /// Recall: printed as "P".
    pub recall: f64,
    /// F1.
    pub f1: f64,
}

/// A row with P, R and F1 in the order of the page.
const fn printed(
    model: &'static str,
    language: &'static str,
    method: &'static str,
    [p, r, f1]: [f64; 3],
) -> PublishedCheck {
    PublishedCheck { model, language, method, precision: r, recall: p, f1 }
}

/// Table 3 of the paper.
pub const PUBLISHED_CHECKS: &[PublishedCheck] = &[
    printed("m-BERT", "en", "wo_dkn", [0.222, 0.986, 0.362]),
    printed("m-BERT", "en", "with_dkn", [0.493, 0.599, 0.541]),
    printed("m-GPT", "en", "wo_dkn", [0.010, 1.000, 0.021]),
    printed("m-GPT", "en", "with_dkn", [0.311, 0.709, 0.433]),
    printed("m-BERT", "zh", "wo_dkn", [0.010, 1.000, 0.020]),
    printed("m-BERT", "zh", "with_dkn", [0.870, 0.524, 0.654]),
    printed("m-GPT", "zh", "wo_dkn", [0.0002, 1.000, 0.0004]),
    printed("m-GPT", "zh", "with_dkn", [0.966, 0.511, 0.669]),
    printed("BERT", "en", "wo_dkn", [0.301, 0.983, 0.460]),
    printed("BERT", "en", "with_dkn", [0.504, 0.571, 0.535]),
    printed("GPT-2", "en", "wo_dkn", [0.010, 1.000, 0.021]),
    printed("GPT-2", "en", "with_dkn", [0.315, 0.608, 0.415]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_f1_is_the_harmonic_mean_of_the_other_two() {
        for row in PUBLISHED_CHECKS {
            let f1 = 2.0 * row.precision * row.recall / (row.precision + row.recall);
            assert!((f1 - row.f1).abs() < 2e-3, "{row:?}: {f1}");
        }
    }
}
