//! Overlaps of sets that were drawn at random.
//!
//! **The null**: every set keeps its number of neurons in each layer; which they are is drawn, each neuron of the layer equally
//! likely, independently for each set, layer and fact. It is a weak null: neurons are not equally likely to be anybody's, so most real sets
//! overlap by more than this. The sharper one is [`crate::others`].
//!
//! Two sets of sizes s and t in a layer of width W share s·t/W on average, k sets W·Π(sᵢ/W).

use std::collections::BTreeMap;

use crate::count::Count;
use crate::sum::Sum;
use crate::tail::Tail;

/// Sets of one fact in one layer, about to be drawn at random.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draw {
    width: u64,
    /// In ascending order: which set has which size does not matter.
    sizes: Vec<u64>,
}

impl Draw {
    /// Sets of these sizes from a layer of so many neurons; `None` if there is no set, or one is larger than the layer.
    pub fn new(width: u64, sizes: &[u64]) -> Option<Self> {
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        sizes.last().is_some_and(|&largest| largest <= width).then_some(Self { width, sizes })
    }

    /// Neurons that all sets are expected to share.
    pub fn mean(&self) -> f64 {
        if self.width == 0 { 0.0 } else { self.product(|size| size / self.width as f64) * self.width as f64 }
    }

    fn product(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.sizes.iter().map(|&size| of(size as f64)).product()
    }

    fn count(&self) -> Count {
        Count::intersection(self.width, &self.sizes)
    }
}

/// The number of neurons that random sets share, all facts and layers added up.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    draws: BTreeMap<Draw, u64>,
}

impl Overlap {
    /// Adds the sets of one fact in one layer.
    pub fn add(&mut self, draw: &Draw) {
        self.add_times(draw, 1);
    }

    /// Adds so many draws of these sizes: of facts that have the same ones.
    pub fn add_times(&mut self, draw: &Draw, times: u64) {
        // The least of them is 0: nothing is shared, whatever is drawn.
        if draw.sizes.first().is_some_and(|&least| least > 0) {
            match self.draws.get_mut(draw) {
                Some(known) => *known += times,
                None => _ = self.draws.insert(draw.clone(), times),
            }
        }
    }

    /// Expected number.
    pub fn mean(&self) -> f64 {
        self.draws.iter().map(|(draw, &times)| draw.mean() * times as f64).sum()
    }

    /// P(number ≥ `observed`): one-sided, ties counted. Exact by convolution while that takes less than about a tenth of a second, else
    /// by a saddle point. Where three sets or more are drawn, the cost grows with the product of the two largest.
    pub fn at_least(&self, observed: u64) -> Tail {
        Sum::new(self.draws.iter().map(|(draw, &times)| (draw.count(), times))).at_least(observed)
    }
}

/// The Jaccard index of two sets of these sizes that share `overlap` neurons; `None` for two empty sets.
///
/// Given an expected overlap this is the plug-in value of the expected index: the mean of a quotient is not the quotient of the
/// means, but for sets of some neurons they differ in the third digit.
pub fn expected_jaccard(overlap: f64, one: u64, other: u64) -> Option<f64> {
    let union = (one + other) as f64 - overlap;
    (union > 0.0).then(|| overlap / union)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(width: u64, sizes: &[u64]) -> Draw {
        Draw::new(width, sizes).expect("sets of the layer")
    }

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    }

    /// Every set of a size with every other: sizes 2, 3 and 4 of a layer of 6.
    #[test]
    fn the_mean_is_that_of_all_draws() {
        let subsets = |size: u32| (0u32..64).filter(move |set| set.count_ones() == size);
        for sizes in [[2, 3, 6], [2, 4, 3], [4, 4, 4]] {
            let [a, b, c] = sizes;
            let mut shared = Vec::new();
            for (first, second) in subsets(a).flat_map(|first| subsets(b).map(move |second| (first, second))) {
                shared.extend(subsets(c).map(|third| f64::from((first & second & third).count_ones())));
            }
            let mean = shared.iter().sum::<f64>() / shared.len() as f64;
            let found = draw(6, &sizes.map(u64::from));
            assert!(close(found.mean(), mean), "{found:?}: {mean}");
        }
    }

    /// 5·7/100, as methods §7 has it.
    #[test]
    fn two_sets_share_the_product_of_their_shares() {
        assert!(close(draw(100, &[5, 7]).mean(), 0.35));
        assert!(close(draw(100, &[100, 5, 7]).mean(), 0.35), "a whole layer changes nothing");
    }

    #[test]
    fn a_set_larger_than_its_layer_is_refused() {
        assert_eq!(Draw::new(4, &[2, 5]), None);
        assert_eq!(Draw::new(4, &[]), None);
        assert_eq!(draw(0, &[0, 0]).mean(), 0.0);
    }

    #[test]
    fn empty_sets_share_nothing_for_certain() {
        let mut overlap = Overlap::default();
        overlap.add(&draw(10, &[0, 5]));
        assert_eq!((overlap.mean(), overlap.at_least(0), overlap.at_least(1)), (0.0, Tail::CERTAIN, Tail::IMPOSSIBLE));
    }

    #[test]
    fn a_jaccard_index_of_nothing_is_not_0() {
        assert_eq!(expected_jaccard(0.0, 0, 0), None);
        assert_eq!(expected_jaccard(2.0, 4, 6), Some(0.25));
    }
}
