//! Probabilities of tails, which may be far too small for a float: kept as logarithms.

use std::f64::consts::{LN_10, PI};
use std::fmt;

/// A probability P(X ≥ x), kept as its natural logarithm: e^−2000 is not 0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Tail(f64);

impl Tail {
    /// What is certain.
    pub const CERTAIN: Self = Self(0.0);
    /// What cannot be.
    pub const IMPOSSIBLE: Self = Self(f64::NEG_INFINITY);

    /// Of a natural logarithm. Rounding may leave it a little above 0: that is certain.
    pub fn of_ln(ln: f64) -> Self {
        Self(ln.min(0.0))
    }

    /// Of a probability.
    pub fn of(p: f64) -> Self {
        Self::of_ln(p.ln())
    }

    /// The natural logarithm; −∞ for what cannot be.
    pub fn ln(self) -> f64 {
        self.0
    }

    /// The probability. 0 where it is below what a float can say (5e-324): [`Self::ln`] and [`fmt::Display`] still say how small.
    pub fn p(self) -> f64 {
        self.0.exp()
    }
}

/// Three digits, whatever the size: `0.0312`, `4.56e-7`, `1.00e-1234`; `0` for what cannot be.
impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == f64::NEG_INFINITY {
            return f.write_str("0");
        }
        if self.p() >= 1e-3 {
            return write!(f, "{:.4}", self.p());
        }
        let tens = self.0 / LN_10;
        let (mut exponent, mut digits) = (tens.floor(), 10f64.powf(tens - tens.floor()));
        if digits >= 9.995 {
            (exponent, digits) = (exponent + 1.0, 1.0);
        }
        write!(f, "{digits:.2}e{exponent}")
    }
}

/// Mills' ratio of the normal distribution, (1 − Φ(w)) / φ(w), for w ≥ 0.
pub(crate) fn mills(w: f64) -> f64 {
    /// Below it the series is the better one, above it the continued fraction (both agree to 14 digits there).
    const SERIES: f64 = 3.0;
    if w < SERIES {
        // Φ(w) − ½ = φ(w)·(w + w³/3 + w⁵/15 + …): all terms positive.
        let (mut term, mut sum, mut odd) = (w, w, 1.0);
        while term > sum * f64::EPSILON / 4.0 {
            odd += 2.0;
            term *= w * w / odd;
            sum += term;
        }
        return 0.5 / ln_density(w).exp() - sum;
    }
    // 1 / (w + 1/(w + 2/(w + 3/(w + …)))), from the inside; so many levels are exact from 3 on.
    let mut below = w;
    for level in (1..=120).rev() {
        below = w + f64::from(level) / below;
    }
    1.0 / below
}

/// ln φ(w) of the normal distribution.
pub(crate) fn ln_density(w: f64) -> f64 {
    -0.5 * (w * w + (2.0 * PI).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mpmath: `erfc(w/sqrt(2))/2 / npdf(w)` with 30 digits.
    #[test]
    fn mills_ratio_is_right_from_the_middle_to_far_out() {
        for (w, expected) in [
            (0.0, 1.253_314_137_315_500_3),
            (0.5, 0.876_364_456_453_692_3),
            (1.0, 0.655_679_542_418_798_5),
            (2.9, 0.313_448_658_286_231_8),
            (3.1, 0.296_191_247_991_527),
            (10.0, 0.099_028_596_471_731_92),
            (100.0, 0.009_999_000_299_850_105),
        ] {
            let found = mills(w);
            assert!((found / expected - 1.0).abs() < 2e-13, "{w}: {found} for {expected}");
        }
    }

    #[test]
    fn what_a_float_cannot_say_is_still_told() {
        let shown = |ln: f64| Tail::of_ln(ln).to_string();
        assert_eq!(shown(-1234.0 * LN_10), "1.00e-1234");
        assert_eq!(Tail::of_ln(-2000.0).p(), 0.0);
        assert_eq!((shown(0.05f64.ln()), shown(4.56e-7f64.ln())), ("0.0500".to_owned(), "4.56e-7".to_owned()));
        assert_eq!(shown(9.999e-5f64.ln()), "1.00e-4");
        assert_eq!((Tail::IMPOSSIBLE.to_string(), Tail::of_ln(1e-17)), ("0".to_owned(), Tail::CERTAIN));
    }
}
