//! Quantiles of very many values in little memory: how many values lie in each of some thousand bins.
//!
//! A bin is what a float's sign, exponent and first five digits of its fraction say, so bins are a 32nd of an octave wide: the middle of
//! one is within 1/64 of every value in it, however large (log-linear histograms; Tene, *HdrHistogram*; Masson et al., *DDSketch*,
//! VLDB 2019). Nothing depends on the order in which values come.

/// How far off a quantile may be, as a share of its size.
pub const RELATIVE_ERROR: f32 = 1.0 / 64.0;

/// Values nearer to 0 than this count as 0: 2⁻¹⁷.
pub const SMALLEST: f32 = 7.629_394_5e-6;

/// Bits of a float that its bin does not see.
const UNSEEN: u32 = 23 - 5;

/// A histogram of values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Counts of bins from `first` on.
    counts: Vec<u32>,
    first: i32,
    all: u64,
}

impl Histogram {
    /// Counts a value.
    pub fn add(&mut self, value: f32) {
        let bin = bin(value);
        if self.counts.is_empty() {
            self.first = bin;
        }
        if bin < self.first {
            let more = (self.first - bin) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first = bin;
        }
        let at = (bin - self.first) as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.all += 1;
    }

    /// The least value that a share `q` of all values does not exceed (the nearest rank), to [`RELATIVE_ERROR`]; 0 without values.
    pub fn quantile(&self, q: f64) -> f32 {
        let rank = ((q * self.all as f64).ceil() as u64).clamp(1, self.all.max(1));
        let mut seen = 0;
        for (bin, &count) in (self.first..).zip(&self.counts) {
            seen += u64::from(count);
            if seen >= rank {
                return middle(bin);
            }
        }
        0.0
    }
}

/// The number of a value's bin: 0 around 0, then up and down.
fn bin(value: f32) -> i32 {
    let size = value.abs();
    if size < SMALLEST {
        return 0;
    }
    let number = ((size.to_bits() >> UNSEEN) - (SMALLEST.to_bits() >> UNSEEN)) as i32 + 1;
    if value < 0.0 { -number } else { number }
}

/// The middle of a bin.
fn middle(bin: i32) -> f32 {
    if bin == 0 {
        return 0.0;
    }
    let from = (bin.unsigned_abs() - 1) + (SMALLEST.to_bits() >> UNSEEN);
    let edge = |number: u32| f32::from_bits(number << UNSEEN);
    let size = f32::midpoint(edge(from), edge(from + 1));
    if bin < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_values_to_a_64th() {
        // Of both signs, over ten octaves, with zeros: a multiplicative generator.
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        let mut values: Vec<f32> = (0..5_000)
            .map(|number| match number % 5 {
                0 => 0.0,
                1 | 2 => -0.17 * next(),
                _ => (10.0 * next()).exp2() / 100.0,
            })
            .collect();
        let mut histogram = Histogram::default();
        values.iter().for_each(|&value| histogram.add(value));
        values.sort_by(f32::total_cmp);
        for q in [0.0, 0.01, 0.25, 0.4, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0] {
            let exact = values[((q * 5_000.0f64).ceil() as usize).max(1) - 1];
            let found = histogram.quantile(q);
            assert!((found - exact).abs() <= RELATIVE_ERROR * exact.abs() + SMALLEST, "{q}: {found}, not {exact}");
        }
        let mut turned = Histogram::default();
        values.iter().rev().for_each(|&value| turned.add(value));
        assert_eq!([0.1, 0.5, 0.9].map(|q| turned.quantile(q)), [0.1, 0.5, 0.9].map(|q| histogram.quantile(q)));
    }

    #[test]
    fn bins_by_hand() {
        // From 1 to 2 there are 32 bins, the first up to 33/32; −1 lies in their mirror image.
        let mut one = Histogram::default();
        one.add(1.0);
        assert_eq!(one.quantile(0.5), 65.0 / 64.0);
        one.add(-1.03);
        assert_eq!((one.quantile(0.5), one.quantile(0.51)), (-65.0 / 64.0, 65.0 / 64.0));
        one.add(1e-7);
        assert_eq!(one.quantile(0.6), 0.0);
        assert_eq!(Histogram::default().quantile(0.5), 0.0);
    }
}
