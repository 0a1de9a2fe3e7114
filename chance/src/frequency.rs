//! How often a neuron is in facts' sets, when these are drawn at random.
//!
//! **The null**: every set keeps its number of neurons in each layer, s_f of W for fact f; so a neuron of the layer is in it with
//! probability s_f/W, independently of other facts. The number of facts that have it is Poisson-binomial, and the same for all neurons
//! of a layer. Of many neurons, [`crate::discovery`] tells how many of those that look frequent are so by chance.

use std::collections::BTreeMap;

use crate::count::Count;
use crate::sum::Sum;
use crate::tail::Tail;

/// Below it the digits of a table by plain convolution are in doubt: 2e-308 is the smallest normal float.
const SURE: f64 = 1e-280;

/// The number of facts that have a given neuron of a layer.
#[derive(Clone, Debug)]
pub struct Frequency {
    sum: Sum,
    /// P(X ≥ x) by x, where it could be afforded.
    table: Vec<f64>,
}

impl Frequency {
    /// Of a layer of `width` neurons, of which each fact's set has so many. Facts without any may be left out. `None` if a set is larger
    /// than the layer.
    pub fn new(width: u64, sizes: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut facts: BTreeMap<u64, u64> = BTreeMap::new();
        sizes.into_iter().for_each(|size| *facts.entry(size).or_default() += 1);
        if facts.last_key_value().is_some_and(|(&largest, _)| largest > width) {
            return None;
        }
        let of = |size: u64| if width == 0 { 0.0 } else { size as f64 / width as f64 };
        let sum = Sum::new(facts.iter().map(|(&size, &times)| (Count::of_one(of(size)), times)));
        let table = sum.tails().unwrap_or_default();
        Some(Self { sum, table })
    }

    /// P(facts ≥ `observed`): one-sided, ties counted. Exact; beyond some ten thousand facts of many sizes by a saddle point.
    pub fn at_least(&self, observed: u64) -> Tail {
        match usize::try_from(observed).ok().and_then(|at| self.table.get(at)) {
            Some(&p) if p > SURE => Tail::of(p),
            _ => self.sum.at_least(observed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers of 4; sets of 1, 1 and 2: none 9/32, all 1/32, one 3/4·1/4·1/2·2 + 9/32 = 15/32.
    #[test]
    fn three_facts_are_worked_out_by_hand() {
        let frequency = Frequency::new(4, [1, 2, 0, 1]).expect("sets of the layer");
        for (observed, of_32) in [(0, 32.0), (1, 23.0), (2, 8.0), (3, 1.0), (4, 0.0)] {
            let found = frequency.at_least(observed).p();
            assert!((found - of_32 / 32.0).abs() < 1e-15, "{observed}: {found}");
        }
        assert!(Frequency::new(4, [5]).is_none());
    }

    /// Binomial(200, 0.02) and P(X ≥ 150): ln of C(200,150)·0.02¹⁵⁰·0.98⁵⁰·(1 + r₁ + r₁r₂ + …), rⱼ = (n−k)/(k+1)·p/q.
    #[test]
    fn a_neuron_of_most_facts_has_the_digits_of_its_tail() {
        let frequency = Frequency::new(50, [1; 200]).expect("sets of the layer");
        let ln_choose: f64 = (1..=50).map(|i| (f64::from(150 + i) / f64::from(i)).ln()).sum();
        let (mut term, mut terms) = (1.0, 1.0);
        for k in 150..200 {
            term *= f64::from(200 - k) / f64::from(k + 1) * 0.02 / 0.98;
            terms += term;
        }
        let expected = ln_choose + 150.0 * 0.02f64.ln() + 50.0 * 0.98f64.ln() + terms.ln();
        let found = frequency.at_least(150).ln();
        assert!((found - expected).abs() < 1e-9 && found < -450.0, "{found} for {expected}");
        // 170 of 200 is out of reach for a table of floats.
        assert!(frequency.at_least(190).ln() < 280.0 * -2.4, "{}", frequency.at_least(190));
    }
}
