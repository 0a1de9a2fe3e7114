//! Sums of independent counts, and how likely it is that they are at least so large.
//!
//! **Exact** wherever that is affordable, however small the probability: the counts are tilted (each probability p(x) by e^(θx))
//! until the number asked about is their mean, and convolved there, where nothing underflows; what was tilted is taken back in
//! logarithms. Else by the saddle point, whose error is then small, since only sums of very many counts cost so much.

use crate::count::Count;
use crate::saddle::Saddle;
use crate::tail::Tail;

/// Multiplications that one exact tail may take: about a tenth of a second.
const AFFORDABLE: u64 = 200_000_000;

/// So small a part of the most likely value, tilted, is left out of a convolution: it is beyond the digits of a float even when a
/// hundred thousand of them are left out.
const LEFT_OUT: f64 = 1e-24;

/// Independent counts, those that are alike together with their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    terms: Vec<(Count, u64)>,
}

impl Sum {
    pub(crate) fn new(terms: impl IntoIterator<Item = (Count, u64)>) -> Self {
        Self { terms: terms.into_iter().filter(|(_, times)| *times > 0).collect() }
    }

    fn total(&self, of: impl Fn(&Count) -> u64) -> u64 {
        self.terms.iter().map(|(count, times)| of(count) * times).sum()
    }

    fn cumulants(&self, theta: f64) -> [f64; 4] {
        self.terms.iter().fold([0.0; 4], |sums, (count, times)| {
            let own = count.cumulants(theta);
            std::array::from_fn(|at| sums[at] + own[at] * *times as f64)
        })
    }

    /// P(X ≥ x).
    pub(crate) fn at_least(&self, x: u64) -> Tail {
        if x <= self.total(Count::least) {
            return Tail::CERTAIN;
        }
        if x > self.total(Count::most) {
            return Tail::IMPOSSIBLE;
        }
        let saddle = Saddle::at(x as f64 - 0.5, |theta| self.cumulants(theta));
        // On the lower side the tail is half of all or more, and there is nothing to tilt for.
        let theta = saddle.theta.max(0.0);
        self.exactly(x, theta).unwrap_or_else(|| saddle.at_least(x as f64))
    }

    /// By convolution of the tilted counts; `None` where that costs too much.
    fn exactly(&self, x: u64, theta: f64) -> Option<Tail> {
        let (sum, k) = self.convolved(theta, LEFT_OUT)?;
        // P(X = j) = P_θ(X = j)·e^(K − θj); the factor e^(−θx) is taken out of the sum.
        let above = (sum.least..).zip(&sum.p).filter(|(at, _)| *at >= x);
        let part: f64 = above.map(|(at, p)| p * (-theta * (at - x) as f64).exp()).sum();
        Some(Tail::of_ln(k - theta * x as f64 + part.ln()))
    }

    /// P(X ≥ x) for x from 0 up, by one convolution of what is not tilted: as far up as floats go. `None` where that costs too much.
    /// What is below the smallest normal float (2e-308) has lost digits.
    pub(crate) fn tails(&self) -> Option<Vec<f64>> {
        let (sum, _) = self.convolved(0.0, 0.0)?;
        let mut tails = vec![1.0; sum.least as usize + sum.p.len()];
        let mut above = 0.0;
        for (tail, p) in tails.iter_mut().rev().zip(sum.p.iter().rev()) {
            above += p;
            *tail = above;
        }
        Some(tails)
    }

    /// The distribution of the sum of tilted counts, and K.
    fn convolved(&self, theta: f64, left_out: f64) -> Option<(Spread, f64)> {
        let mut work = Work { left_out, multiplications: 0 };
        let (mut sum, mut k) = (Spread { least: 0, p: vec![1.0] }, 0.0);
        for (count, times) in &self.terms {
            let (p, own) = count.tilted(theta);
            k += own * *times as f64;
            let of_all = work.times(Spread { least: count.least(), p }, *times)?;
            sum = work.convolve(&sum, &of_all)?;
        }
        Some((sum, k))
    }
}

/// Probabilities of numbers from `least` on.
#[derive(Clone, Debug)]
struct Spread {
    least: u64,
    p: Vec<f64>,
}

/// Convolutions, and what they have cost.
struct Work {
    /// Share of the greatest probability below which the ends are cut off.
    left_out: f64,
    multiplications: u64,
}

impl Work {
    fn convolve(&mut self, one: &Spread, other: &Spread) -> Option<Spread> {
        self.multiplications += one.p.len() as u64 * other.p.len() as u64;
        if self.multiplications > AFFORDABLE {
            return None;
        }
        let (long, short) = if one.p.len() > other.p.len() { (one, other) } else { (other, one) };
        let mut p = vec![0.0; long.p.len() + short.p.len() - 1];
        for (at, of_short) in short.p.iter().enumerate() {
            for (sum, of_long) in p[at..].iter_mut().zip(&long.p) {
                *sum += of_short * of_long;
            }
        }
        let floor = self.left_out * p.iter().copied().fold(0.0, f64::max);
        let first = p.iter().position(|p| *p > floor).unwrap_or(0);
        let last = p.iter().rposition(|p| *p > floor).unwrap_or(p.len() - 1);
        Some(Spread { least: one.least + other.least + first as u64, p: p[first..=last].to_vec() })
    }

    /// The sum of so many (1 or more) that are alike, by doubling.
    fn times(&mut self, mut doubled: Spread, mut times: u64) -> Option<Spread> {
        let mut sum: Option<Spread> = None;
        loop {
            if times % 2 == 1 {
                sum = Some(match sum {
                    Some(sum) => self.convolve(&sum, &doubled)?,
                    None => doubled.clone(),
                });
            }
            times /= 2;
            if times == 0 {
                return sum;
            }
            doubled = self.convolve(&doubled, &doubled)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ones(p: &[f64]) -> Sum {
        Sum::new(p.iter().map(|&p| (Count::of_one(p), 1)))
    }

    /// P(X ≥ x) of ones with these probabilities, by all 2ⁿ outcomes.
    fn by_outcomes(p: &[f64], x: u32) -> f64 {
        let probability = |outcome: u32| -> f64 {
            p.iter().enumerate().map(|(at, p)| if outcome >> at & 1 == 1 { *p } else { 1.0 - p }).product()
        };
        (0..1u32 << p.len()).filter(|outcome| outcome.count_ones() >= x).map(probability).sum()
    }

    #[test]
    fn tails_of_few_counts_are_those_of_all_outcomes() {
        let p = [0.5, 0.01, 0.3, 0.9, 0.02, 0.02, 0.7, 1e-6];
        let (sum, tails) = (of_ones(&p), of_ones(&p).tails().expect("affordable"));
        for x in 0..=8 {
            let expected = by_outcomes(&p, x);
            let found = sum.at_least(u64::from(x)).p();
            assert!((found / expected - 1.0).abs() < 1e-12, "{x}: {found} for {expected}");
            assert!((tails[x as usize] / expected - 1.0).abs() < 1e-12, "{x}: {} for {expected}", tails[x as usize]);
        }
        assert_eq!((sum.at_least(9), sum.at_least(0)), (Tail::IMPOSSIBLE, Tail::CERTAIN));
    }

    /// All of 400 with probability 10⁻³: 10⁻¹²⁰⁰.
    #[test]
    fn a_tail_far_below_what_floats_say_is_exact() {
        let sum = Sum::new([(Count::of_one(1e-3), 400)]);
        let tens = sum.at_least(400).ln() / std::f64::consts::LN_10;
        assert!((tens + 1200.0).abs() < 1e-9, "{tens}");
        // 399 of 400: 400·10⁻¹¹⁹⁷·0.999 and the one above.
        let ln = (400.0 * 0.999 + 1e-3f64).ln() - 1197.0 * std::f64::consts::LN_10;
        assert!((sum.at_least(399).ln() - ln).abs() < 1e-9);
    }

    #[test]
    fn the_saddle_point_agrees_with_the_exact_tail() {
        let sum = Sum::new([
            (Count::of_one(0.01), 3_000),
            (Count::of_one(0.2), 100),
            (Count::intersection(50, &[9, 20]), 40),
        ]);
        for x in [60, 150, 190, 193, 194, 195, 196, 200, 230, 300, 600] {
            let saddle = Saddle::at(x as f64 - 0.5, |theta| sum.cumulants(theta)).at_least(x as f64);
            let exact = sum.at_least(x);
            assert!(
                (saddle.ln() - exact.ln()).abs() < 2e-3 * exact.ln().abs().clamp(1.0, 2.0),
                "{x}: {saddle} for {exact}"
            );
        }
    }
}
