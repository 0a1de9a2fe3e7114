//! Area under the ROC curve: how often a true claim is scored above a false one, ties counted half.
//!
//! The claims are sorted once; each draw of a bootstrap then costs one walk.

/// Scored claims in ascending order, by the fact they belong to.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// (score, fact, whether the claim is true).
    claims: Vec<(f64, usize, bool)>,
}

impl Ranking {
    /// Ranks claims: score, number of the fact, and whether the claim is true. Scores must be numbers.
    pub fn new(claims: impl IntoIterator<Item = (f64, usize, bool)>) -> Self {
        let mut claims: Vec<_> = claims.into_iter().collect();
        claims.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { claims }
    }

    /// The area with facts counted as often as `weights` says; NaN without a true and a false claim.
    pub fn auroc(&self, weights: &[u32]) -> f64 {
        let (mut below, mut wins, mut true_claims) = (0.0, 0.0, 0.0);
        // By == and not by bits: -0 and 0 are a tie.
        for tied in self.claims.chunk_by(|a, b| a.0 == b.0) {
            let weight = |of: bool| -> f64 {
                tied.iter().filter(|(.., is_true)| *is_true == of).map(|&(_, fact, _)| f64::from(weights[fact])).sum()
            };
            let (right, wrong) = (weight(true), weight(false));
            wins += right * (below + wrong / 2.0);
            below += wrong;
            true_claims += right;
        }
        wins / (true_claims * below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rand::Rng;

    /// Every true claim against every false one.
    fn naive(claims: &[(f64, usize, bool)], weights: &[u32]) -> f64 {
        let (mut wins, mut pairs) = (0.0, 0.0);
        for right in claims.iter().filter(|claim| claim.2) {
            for wrong in claims.iter().filter(|claim| !claim.2) {
                let weight = f64::from(weights[right.1] * weights[wrong.1]);
                pairs += weight;
                wins += match right.0.partial_cmp(&wrong.0) {
                    Some(std::cmp::Ordering::Greater) => weight,
                    Some(std::cmp::Ordering::Equal) => weight / 2.0,
                    _ => 0.0,
                };
            }
        }
        wins / pairs
    }

    #[test]
    fn the_area_is_that_of_counted_pairs() {
        let mut stream = stream(11, "auroc", &[]);
        for _ in 0..50 {
            let facts = stream.random_range(1..20);
            let mut claims = Vec::new();
            for fact in 0..facts {
                // Few different scores, so that many are tied.
                claims.push((f64::from(stream.random_range(-3..4)) / 4.0, fact, true));
                claims.push((f64::from(stream.random_range(-4..3)) / 4.0, fact, false));
            }
            let weights: Vec<u32> = (0..facts).map(|_| stream.random_range(0..4)).collect();
            let (found, expected) = (Ranking::new(claims.clone()).auroc(&weights), naive(&claims, &weights));
            assert!(found == expected || (found - expected).abs() < 1e-12 || found.is_nan() && expected.is_nan());
            let even = vec![1; facts];
            assert!((Ranking::new(claims.clone()).auroc(&even) - naive(&claims, &even)).abs() < 1e-12);
        }
    }

    #[test]
    fn one_sort_of_claim_has_no_area() {
        assert!(Ranking::new([(1.0, 0, true), (2.0, 1, true)]).auroc(&[1, 1]).is_nan());
        assert_eq!(Ranking::new([(0.0, 0, true), (-0.0, 0, false)]).auroc(&[1]), 0.5);
    }
}
