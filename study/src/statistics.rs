//! Statistics of a study: means, rates, ranks, and how sure they are.
//!
//! What is not defined (a precision when nothing was accepted, a mean of nothing) is `None` or NaN, never a silent 0.

mod bootstrap;
mod classification;
mod ranking;

pub use bootstrap::{Bootstrap, Estimate, Interval, LEAST_FACTS, Resampled};
pub use classification::Confusion;
pub use ranking::Ranking;

/// Weighted mean of the values that are numbers; NaN values are left out. NaN where no weight is left.
pub fn mean(values: &[f64], weights: &[u32]) -> f64 {
    let known = values.iter().zip(weights).filter(|(value, _)| !value.is_nan());
    let (sum, weight) = known.fold((0.0, 0.0), |(sum, total), (&value, &weight)| {
        // Apart from weight 0, so that 0 × ∞ is not met.
        if weight == 0 { (sum, total) } else { (sum + value * f64::from(weight), total + f64::from(weight)) }
    });
    sum / weight
}

/// `Some` of a number, `None` of NaN.
pub(crate) fn defined(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
