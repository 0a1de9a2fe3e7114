//! Bounds of what was stored in single precision.

/// A bound as a 32-bit float, which scores and probabilities are: 0.7 is met by what was stored from 0.7, though as doubles the two differ. A bound
/// that would become 0 or infinite stays what it is, for no stored number lies beyond it then.
pub(crate) fn single(bound: f64) -> f64 {
    let nearest = bound as f32;
    if nearest.is_finite() && nearest != 0.0 { f64::from(nearest) } else { bound }
}

#[cfg(test)]
mod tests {
    use super::single;

    #[test]
    fn a_bound_meets_what_was_stored_from_the_same_decimals() {
        for decimals in [0.1, 0.2, 0.3, 0.7, 0.9, -0.7, 1e-30] {
            assert_eq!(single(decimals), f64::from(decimals as f32));
        }
        for other in [0.0, 1e-60, -1e-60, 1e300] {
            assert_eq!(single(other), other);
        }
    }
}
