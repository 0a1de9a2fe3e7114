//! How many of what was found is found by chance: Benjamini and Hochberg (1995).

use crate::tail::Tail;

/// The false-discovery rate at which each of some tests would be called a finding: q_i = min over j with p_j ≥ p_i of p_j·n/rank_j, at
/// most 1. In the order given. Tests with the same p have the same q.
///
/// `tests` is the number of *all* tests that were made (n), of which those given are the ones with p below 1: of a neuron's frequency,
/// every neuron of the model was tested, those that no fact has with p = 1. Fewer than were given count as so many as were given.
pub fn false_discovery(p: &[Tail], tests: u64) -> Vec<Tail> {
    let ln_tests = (tests.max(p.len() as u64) as f64).ln();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].ln().total_cmp(&p[b].ln()));
    let mut rates = vec![Tail::CERTAIN; p.len()];
    let mut least = f64::INFINITY;
    for (below, &at) in order.iter().enumerate().rev() {
        least = least.min(p[at].ln() + ln_tests - ((below + 1) as f64).ln());
        rates[at] = Tail::of_ln(least);
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(p: &[f64], tests: u64) -> Vec<f64> {
        false_discovery(&p.iter().map(|&p| Tail::of(p)).collect::<Vec<_>>(), tests).iter().map(|q| q.p()).collect()
    }

    /// `scipy.stats.false_discovery_control([0.01, 0.04, 0.03, 0.005, 0.8, 0.03])`.
    #[test]
    fn rates_are_scipys() {
        let expected = [0.03, 0.048, 0.045, 0.03, 0.8, 0.045];
        for (found, expected) in rates(&[0.01, 0.04, 0.03, 0.005, 0.8, 0.03], 6).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
    }

    #[test]
    fn tests_that_found_nothing_count_too() {
        // 0.001·100/1 and 0.002·100/2.
        let found = rates(&[0.001, 0.002], 100);
        assert!(found.iter().all(|q| (q - 0.1).abs() < 1e-12), "{found:?}");
        assert_eq!(false_discovery(&[], 10), []);
        assert_eq!(rates(&[0.9], 5), [1.0]);
    }

    #[test]
    fn a_rate_below_what_floats_say_is_not_0() {
        let found = false_discovery(&[Tail::of_ln(-5000.0)], 10);
        assert!((found[0].ln() + 5000.0 - 10f64.ln()).abs() < 1e-9);
    }
}
