//! Orders of neurons by their scores, and how two of them go together.

use kndb_storage::Neuron;

/// The best neurons, in order; of equal ones the lower comes first.
pub(super) fn best(scores: &[f32], count: usize) -> Vec<Neuron> {
    let better = |&a: &u32, &b: &u32| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b));
    let mut all: Vec<u32> = (0..scores.len() as u32).collect();
    if count < all.len() {
        all.select_nth_unstable_by(count, better);
        all.truncate(count);
    }
    all.sort_unstable_by(better);
    all.into_iter().map(Neuron).collect()
}

/// Share of a set's neurons that are in another of the same size.
pub(super) fn overlap(set: &[Neuron], other: &[Neuron]) -> f64 {
    let other: std::collections::HashSet<Neuron> = other.iter().copied().collect();
    set.iter().filter(|neuron| other.contains(neuron)).count() as f64 / set.len() as f64
}

/// Pearson's correlation; NaN where one of them does not vary.
pub(super) fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut together, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        together += x * y;
        own_a += x * x;
        own_b += y * y;
    }
    if own_a > 0.0 && own_b > 0.0 { together / (own_a.sqrt() * own_b.sqrt()) } else { f64::NAN }
}

/// Spearman's correlation: Pearson's of the ranks, of which equal values share the mean.
pub(super) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    pearson(&ranked(a), &ranked(b))
}

fn ranked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // By == and not by bits: -0 and 0 are a tie.
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|&at| ranks[at] = mean);
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_in_order_and_of_equal_ones_the_lower_is_first() {
        let scores = [0.5, -1.0, 0.5, 2.0, -0.0, 0.5];
        assert_eq!(best(&scores, 3), [3, 0, 2].map(Neuron));
        assert_eq!(best(&scores, 6), [3, 0, 2, 5, 4, 1].map(Neuron));
        assert_eq!(overlap(&[3, 0].map(Neuron), &[0, 9].map(Neuron)), 0.5);
    }

    /// scipy.stats.pearsonr and spearmanr of the same lists.
    #[test]
    fn correlations_are_scipys() {
        let (a, b) = ([1.0, 2.0, 2.0, 4.0, 10.0], [2.0, 1.0, 3.0, 3.0, 5.0]);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        near(pearson(&a, &b), 0.872_166_802_354_616_3);
        near(spearman(&a, &b), 0.763_157_894_736_842_1);
        near(pearson(&a, &a.map(|x| -3.0 * x)), -1.0);
        assert!(pearson(&a, &[1.0; 5]).is_nan() && spearman(&[0.0; 5], &b).is_nan());
    }
}
