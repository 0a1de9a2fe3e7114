//! The saddle point of a sum of counts: how far to tilt it so that a number becomes its mean, and the tail that follows from it.
//!
//! The tail is Lugannani and Rice's (1980) with Daniels' second continuity correction (1987): its relative error is small far
//! out, where the normal distribution's is not.

use crate::tail::{Tail, ln_density, mills};

/// Where the tilted sum has the mean asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saddle {
    pub(crate) theta: f64,
    /// K and its first three derivatives there.
    cumulants: [f64; 4],
}

impl Saddle {
    /// Finds θ with K′(θ) = `mean`, which must lie strictly between the least and the greatest value of the sum.
    pub(crate) fn at(mean: f64, cumulants: impl Fn(f64) -> [f64; 4]) -> Self {
        /// Newton's steps double the digits; bisection alone would need some 60.
        const STEPS: usize = 200;
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut theta = 0.0;
        let mut found = cumulants(theta);
        for _ in 0..STEPS {
            let off = found[1] - mean;
            if off > 0.0 {
                high = theta
            } else {
                low = theta
            }
            let newton = theta - off / found[2];
            // Where the variance is almost nothing, Newton's step goes anywhere: so far at most, and never out of what is known.
            let far = 2.0 + theta.abs();
            let newton = if newton.is_finite() { newton } else { theta - far * off.signum() };
            let step = newton.clamp(theta - far, theta + far);
            let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
            if !next.is_finite() || (next - theta).abs() <= 1e-13 * (1.0 + theta.abs()) {
                break;
            }
            theta = next;
            found = cumulants(theta);
        }
        Self { theta, cumulants: found }
    }

    /// P(X ≥ x), where this is the saddle point of x − ½.
    pub(crate) fn at_least(&self, x: f64) -> Tail {
        /// Below it 1/u − 1/w is a difference of two large numbers, and its limit the better one.
        const NEAR: f64 = 1e-4;
        let [k, _, variance, third] = self.cumulants;
        let theta = self.theta;
        let w = (2.0 * (theta * (x - 0.5) - k)).max(0.0).sqrt() * theta.signum();
        let u = 2.0 * (theta / 2.0).sinh() * variance.sqrt();
        let correction = if w.abs() < NEAR { -third / (6.0 * variance.powf(1.5)) } else { 1.0 / u - 1.0 / w };
        if w >= 0.0 {
            return Tail::of_ln(ln_density(w) + (mills(w) + correction).ln());
        }
        Tail::of((1.0 - (mills(-w) - correction) * ln_density(w).exp()).clamp(0.0, 1.0))
    }
}
