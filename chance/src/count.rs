//! A random count and its distribution, in logarithms: the size of an intersection of sets drawn at random, or whether one neuron
//! was drawn.

/// A count between two numbers. `ln_p[i]` is the logarithm of the probability of `least + i`; the first and the last are finite.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Count {
    least: u64,
    ln_p: Vec<f64>,
}

impl Count {
    /// 1 with probability `p`, else 0; `p` is cut to 0..=1, and NaN is 0.
    pub(crate) fn of_one(p: f64) -> Self {
        let p = if p > 0.0 { p.min(1.0) } else { 0.0 };
        Self::trimmed(0, vec![(-p).ln_1p(), p.ln()])
    }

    /// How many of `drawn` neurons of a layer are among `marked` ones of its `width`: hypergeometric. None of both may exceed `width`.
    ///
    /// By the ratio of neighbours, p(x+1)/p(x) = (m−x)(d−x) / ((x+1)(w−m−d+x+1)), and not by factorials, of which the logarithms of
    /// large numbers keep few digits after the point.
    fn hypergeometric(width: u64, marked: u64, drawn: u64) -> Self {
        let (least, most) = ((marked + drawn).saturating_sub(width), marked.min(drawn));
        let mut ln_p = vec![0.0; (most - least) as usize + 1];
        for (at, x) in (1..).zip(least..most) {
            let up = ((marked - x) as f64) * ((drawn - x) as f64);
            let down = ((x + 1) as f64) * ((width + x + 1 - marked - drawn) as f64);
            ln_p[at] = ln_p[at - 1] + (up / down).ln();
        }
        let all = ln_sum(&ln_p);
        ln_p.iter_mut().for_each(|ln| *ln -= all);
        Self { least, ln_p }
    }

    /// How many neurons of a layer are in all of several random sets of these sizes, each at most `width`.
    pub(crate) fn intersection(width: u64, sizes: &[u64]) -> Self {
        let Some((&first, rest)) = sizes.split_first() else { return Self { least: width, ln_p: vec![0.0] } };
        let mut count = Self { least: first, ln_p: vec![0.0] };
        // What the sets so far share is itself a random set of the layer, given its size.
        for &size in rest {
            let (least, most) = ((count.least + size).saturating_sub(width), count.most().min(size));
            let mut parts = vec![Vec::new(); (most - least) as usize + 1];
            for (shared, ln_p) in (count.least..).zip(&count.ln_p) {
                let next = Self::hypergeometric(width, shared, size);
                for (x, ln_next) in (next.least..).zip(&next.ln_p) {
                    parts[(x - least) as usize].push(ln_p + ln_next);
                }
            }
            count = Self::trimmed(least, parts.iter().map(|parts| ln_sum(parts)).collect());
        }
        count
    }

    /// Without what cannot be at both ends.
    fn trimmed(least: u64, ln_p: Vec<f64>) -> Self {
        let can_be = |ln: &f64| *ln > f64::NEG_INFINITY;
        let first = ln_p.iter().position(can_be).unwrap_or(0);
        let last = ln_p.iter().rposition(can_be).map_or(first, |last| last + 1);
        Self { least: least + first as u64, ln_p: ln_p[first..last].to_vec() }
    }

    pub(crate) fn least(&self) -> u64 {
        self.least
    }

    pub(crate) fn most(&self) -> u64 {
        self.least + (self.ln_p.len() as u64).saturating_sub(1)
    }

    /// The distribution tilted by θ, e^(θx)·p(x)/e^K: its probabilities from [`Self::least`] on, and K.
    pub(crate) fn tilted(&self, theta: f64) -> (Vec<f64>, f64) {
        let tilted: Vec<f64> = (0..self.ln_p.len()).map(|at| self.ln_p[at] + theta * at as f64).collect();
        let all = ln_sum(&tilted);
        (tilted.iter().map(|ln| (ln - all).exp()).collect(), all + theta * self.least as f64)
    }

    /// K and its first three derivatives at θ: logarithm of E e^(θX), mean, variance and third central moment of the tilted count.
    pub(crate) fn cumulants(&self, theta: f64) -> [f64; 4] {
        let (p, k) = self.tilted(theta);
        let mean: f64 = (0..).zip(&p).map(|(at, p)| f64::from(at) * p).sum();
        let moment = |power: i32| -> f64 { (0..).zip(&p).map(|(at, p)| (f64::from(at) - mean).powi(power) * p).sum() };
        [k, mean + self.least as f64, moment(2), moment(3)]
    }
}

/// ln Σ e^x without leaving the range of floats.
fn ln_sum(ln: &[f64]) -> f64 {
    let most = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY { most } else { most + ln.iter().map(|ln| (ln - most).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::RangeInclusive;

    fn range(count: &Count) -> RangeInclusive<u64> {
        count.least()..=count.most()
    }

    fn close(found: f64, expected: f64, within: f64) -> bool {
        (found - expected).abs() <= within * expected.abs()
    }

    /// C(3,x)·C(7,4−x)/C(10,4) = 35, 105, 63, 7 of 210.
    #[test]
    fn a_small_layer_is_counted_by_hand() {
        let (p, k) = Count::hypergeometric(10, 3, 4).tilted(0.0);
        for (found, of_210) in p.iter().zip([35.0, 105.0, 63.0, 7.0]) {
            assert!(close(*found, of_210 / 210.0, 1e-14), "{p:?}");
        }
        assert!(k.abs() < 1e-14);
        // Six and seven of ten have at least three in common.
        assert_eq!(range(&Count::hypergeometric(10, 6, 7)), 3..=6);
    }

    /// Three sets of a layer of 5, of sizes 3, 3 and 2: all 10·10·10 triples.
    #[test]
    fn the_intersection_of_three_sets_is_that_of_all_triples() {
        let subsets = |size: u32| (0u32..32).filter(move |set| set.count_ones() == size);
        let mut counts = [0.0; 4];
        for first in subsets(3) {
            for second in subsets(3) {
                subsets(2).for_each(|third| counts[(first & second & third).count_ones() as usize] += 1.0);
            }
        }
        let count = Count::intersection(5, &[3, 3, 2]);
        let (p, _) = count.tilted(0.0);
        assert_eq!(range(&count), 0..=2);
        for (found, triples) in p.iter().zip(counts) {
            assert!(close(*found, triples / 1000.0, 1e-13), "{p:?} for {counts:?}");
        }
    }

    #[test]
    fn sets_that_are_empty_or_whole_leave_nothing_to_chance() {
        assert_eq!(range(&Count::intersection(8, &[0, 5])), 0..=0);
        assert_eq!(range(&Count::intersection(8, &[8, 5, 8])), 5..=5);
        assert_eq!(range(&Count::intersection(8, &[])), 8..=8);
        assert_eq!((range(&Count::of_one(0.0)), range(&Count::of_one(1.0))), (0..=0, 1..=1));
        assert_eq!(range(&Count::of_one(f64::NAN)), 0..=0);
    }

    /// All 1,000 of 1,000 drawn from a million: 1/C(10⁶, 10³), of which the logarithm is −7,899.05 (mpmath).
    #[test]
    fn what_no_float_can_say_is_there_as_a_logarithm() {
        let count = Count::hypergeometric(1_000_000, 1_000, 1_000);
        let last = count.ln_p.last().copied().expect("a probability");
        let expected = -(1..=1_000u32).map(|i| (f64::from(1_000_001 - i) / f64::from(i)).ln()).sum::<f64>();
        assert!(last < -7_000.0 && close(last, expected, 1e-12), "{last} for {expected}");
    }
}
