//! Percentile bootstrap (Efron 1979): how a statistic varies when the facts are drawn anew, with replacement.
//!
//! All statistics of one call see the same draws, so their differences are paired. Not for fewer than a handful of facts: the
//! interval of two facts says little.

use super::defined;
use crate::streams::stream;
use rand::Rng;
use serde::Serialize;

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bootstrap {
    /// Draws, each of as many facts as there are.
    pub draws: u32,
    /// Share of the draws that the interval holds (0.95).
    pub level: f64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: 2_000, level: 0.95 }
    }
}

/// Bounds of a statistic. Infinite bounds are written as null in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower percentile.
    pub low: f64,
    /// Upper percentile.
    pub high: f64,
    /// Draws in which the statistic was not defined; the percentiles are of the others.
    pub undefined: u32,
}

/// A statistic with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The statistic; `None` where it is not defined.
    pub value: Option<f64>,
    /// Its interval; `None` where no draw defines it, nothing was drawn, or the facts are too few.
    pub interval: Option<Interval>,
    /// Number of facts, where these are too few for an interval ([`LEAST_FACTS`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_facts: Option<usize>,
}

/// Facts that an interval needs. Draws of fewer are the same few over and over: five facts that all succeed would give [1, 1], and
/// percentiles of a bootstrap are known to be too narrow there (Efron and Tibshirani 1993, §13.3).
pub const LEAST_FACTS: usize = 10;

impl Estimate {
    /// Without its interval, where it is of so few facts.
    #[must_use]
    pub fn of_facts(self, facts: usize) -> Self {
        if facts >= LEAST_FACTS || self.interval.is_none() {
            return self;
        }
        Self { interval: None, too_few_facts: Some(facts), ..self }
    }
}

impl Bootstrap {
    /// Computes statistics of `units` facts: once of the facts as they are, and once for every draw. `statistics` is given how
    /// often each fact was drawn (1 each for the facts as they are) and returns always the same number of values, NaN for what is
    /// not defined. `purpose` and `seed` name the stream of the draws.
    pub fn resample(
        &self,
        seed: u64,
        purpose: &[&str],
        units: usize,
        mut statistics: impl FnMut(&[u32]) -> Vec<f64>,
    ) -> Resampled {
        let mut weights = vec![1; units];
        let values = statistics(&weights);
        let mut draws = vec![Vec::with_capacity(self.draws as usize); values.len()];
        if units > 0 {
            let mut stream = stream(seed, "bootstrap", purpose);
            for _ in 0..self.draws {
                weights.fill(0);
                for _ in 0..units {
                    weights[stream.random_range(0..units)] += 1;
                }
                for (draws, value) in draws.iter_mut().zip(statistics(&weights)) {
                    draws.push(value);
                }
            }
        }
        Resampled { values, draws, level: self.level, units }
    }
}

/// Statistics and what they were in every draw.
#[derive(Clone, Debug)]
pub struct Resampled {
    values: Vec<f64>,
    draws: Vec<Vec<f64>>,
    level: f64,
    units: usize,
}

impl Resampled {
    /// A statistic of the facts as they are; NaN where it is not defined.
    pub fn value(&self, statistic: usize) -> f64 {
        self.values[statistic]
    }

    /// A statistic in every draw; NaN where it was not defined.
    pub fn draws(&self, statistic: usize) -> &[f64] {
        &self.draws[statistic]
    }

    /// A statistic with its percentile interval.
    pub fn estimate(&self, statistic: usize) -> Estimate {
        let value = self.values[statistic];
        self.estimated(value, interval(&self.draws[statistic], self.level))
    }

    /// The percentiles of a statistic, however few the facts: to be judged by, not to be shown.
    pub(crate) fn spread(&self, statistic: usize) -> Option<Interval> {
        interval(&self.draws[statistic], self.level)
    }

    fn estimated(&self, value: f64, interval: Option<Interval>) -> Estimate {
        Estimate { value: defined(value), interval, too_few_facts: None }.of_facts(self.units)
    }

    /// The difference of two statistics, draw by draw, with its interval.
    pub fn difference(&self, statistic: usize, less: usize) -> Estimate {
        let pairs = self.draws[statistic].iter().zip(&self.draws[less]);
        let draws: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
        let value = self.values[statistic] - self.values[less];
        self.estimated(value, interval(&draws, self.level))
    }
}

fn interval(draws: &[f64], level: f64) -> Option<Interval> {
    let mut defined: Vec<f64> = draws.iter().copied().filter(|draw| !draw.is_nan()).collect();
    defined.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    let (low, high) = (percentile(&defined, tail)?, percentile(&defined, 1.0 - tail)?);
    Some(Interval { low, high, undefined: (draws.len() - defined.len()) as u32 })
}

/// Linear between the two nearest ranks, as numpy does it.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    // Infinities have no difference to interpolate: the nearer rank then.
    Some(match below.is_finite() && above.is_finite() {
        true => below + (above - below) * place.fract(),
        false if place.fract() < 0.5 => below,
        false => above,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::mean;

    #[test]
    fn percentiles_are_numpys() {
        // numpy.percentile([1, 2, 4, 8, 16], [0, 2.5, 10, 50, 97.5, 100])
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        let expected = [(0.0, 1.0), (0.025, 1.1), (0.1, 1.4), (0.5, 4.0), (0.975, 15.2), (1.0, 16.0)];
        for (share, value) in expected {
            let found = percentile(&sorted, share).expect("five values");
            assert!((found - value).abs() < 1e-12, "{share}: {found} for {value}");
        }
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[0.0, f64::INFINITY, f64::INFINITY], 0.75), Some(f64::INFINITY));
        assert_eq!(percentile(&[f64::NEG_INFINITY, f64::INFINITY], 0.4), Some(f64::NEG_INFINITY));
        assert_eq!(percentile(&[f64::NEG_INFINITY, f64::INFINITY], 0.6), Some(f64::INFINITY));
    }

    #[test]
    fn the_interval_of_a_constant_is_the_constant() {
        let resampled = Bootstrap::default().resample(1, &["test"], 10, |weights| vec![mean(&[3.5; 10], weights)]);
        let interval = Some(Interval { low: 3.5, high: 3.5, undefined: 0 });
        assert_eq!(resampled.estimate(0), Estimate { value: Some(3.5), interval, too_few_facts: None });
    }

    #[test]
    fn fewer_than_ten_facts_have_no_interval_and_say_so() {
        let of = |facts: usize| {
            let values = vec![1.0; facts];
            Bootstrap::default().resample(1, &["test"], facts, |weights| vec![mean(&values, weights); 2])
        };
        assert_eq!(of(9).estimate(0), Estimate { value: Some(1.0), interval: None, too_few_facts: Some(9) });
        assert_eq!(of(9).difference(0, 1).too_few_facts, Some(9));
        assert!(of(10).estimate(0).interval.is_some());
        // Ten were drawn, of which four have the statistic.
        assert_eq!(of(10).estimate(0).of_facts(4).too_few_facts, Some(4));
        let without_draws = Bootstrap { draws: 0, ..Bootstrap::default() }.resample(1, &["test"], 3, |_| vec![1.0]);
        assert_eq!(without_draws.estimate(0).too_few_facts, None, "none was asked for");
    }

    /// The standard error of a mean is known: σ/√n, here of 400 values of 0 and 1 in equal parts.
    #[test]
    fn the_interval_of_a_mean_has_the_width_that_theory_gives() {
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 2)).collect();
        let resampled = Bootstrap::default().resample(3, &["test"], values.len(), |w| vec![mean(&values, w)]);
        let interval = resampled.estimate(0).interval.expect("an interval");
        let half = 1.96 * 0.5 / 20.0;
        assert!((interval.low - (0.5 - half)).abs() < 0.006, "{interval:?}");
        assert!((interval.high - (0.5 + half)).abs() < 0.006, "{interval:?}");
    }

    /// Of 200 samples of 60 throws of a die, about 95 % of the intervals hold the true mean; 2.5 standard errors beside.
    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        let bootstrap = Bootstrap { draws: 400, level: 0.95 };
        let held = |sample: u64| {
            let mut stream = stream(sample, "die", &[]);
            let throws: Vec<f64> = (0..60).map(|_| f64::from(stream.random_range(1..=6))).collect();
            let resampled = bootstrap.resample(sample, &["test"], 60, |weights| vec![mean(&throws, weights)]);
            let interval = resampled.estimate(0).interval.expect("an interval");
            (interval.low..=interval.high).contains(&3.5)
        };
        let share = (0..200).filter(|&sample| held(sample)).count() as f64 / 200.0;
        assert!((0.91..=0.99).contains(&share), "{share}");
    }

    #[test]
    fn undefined_draws_are_counted_and_paired_differences_are_narrow() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let resampled = Bootstrap::default().resample(5, &["test"], 50, |weights| {
            let mean = mean(&values, weights);
            vec![mean, mean + 1.0, if weights[0] == 0 { f64::NAN } else { 1.0 }]
        });
        let difference = resampled.difference(1, 0);
        let interval = difference.interval.expect("an interval");
        assert!((interval.low - 1.0).abs() < 1e-12 && (interval.high - 1.0).abs() < 1e-12, "{interval:?}");
        // A fact is not drawn with probability (1 − 1/50)^50 = 0.364.
        let undefined = resampled.estimate(2).interval.expect("an interval").undefined;
        assert!((650..=810).contains(&undefined), "{undefined}");
    }
}
