//! Computed numbers with the digits that are sure: so equal ones tie, in whatever order they were added up.

use kndb_chance::Tail;
use std::cmp::Ordering;

/// Sure digits of means.
const MEAN: i32 = 12;
/// Sure digits of tails.
const TAIL: i32 = 9;

/// A mean.
pub(crate) fn mean(value: f64) -> f64 {
    rounded(value, MEAN)
}

/// A tail as a number: never 0, for it was found.
pub(crate) fn tail(tail: Tail) -> f64 {
    rounded(tail.p(), TAIL).max(f64::from_bits(1))
}

/// The order of two tails, as numbers; of those that are too small for one, as they are. What is not known is least.
pub(crate) fn compare_tails(a: Option<Tail>, b: Option<Tail>) -> Ordering {
    let (shown_a, shown_b) = (a.map(tail), b.map(tail));
    if shown_a == shown_b && shown_a.is_some_and(|p| p < f64::MIN_POSITIVE) {
        return a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    }
    shown_a.partial_cmp(&shown_b).unwrap_or(Ordering::Equal)
}

fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(digits - 1 - value.abs().log10().floor() as i32);
    if scale.is_finite() { (value * scale).round() / scale } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ_in_their_last_digits_are_one() {
        assert_eq!([mean(0.1 + 0.2), mean(1.0 - f64::EPSILON)], [0.3, 1.0]);
        assert_eq!(mean(1.234_567_890_123_4e-9), 1.234_567_890_12e-9);
        assert_eq!([0.0, 5e-324, 2e-308].map(mean), [0.0, 5e-324, 2e-308]);
    }

    #[test]
    fn tails_too_small_for_a_number_still_have_an_order() {
        let of = |ln: f64| Some(Tail::of_ln(ln));
        assert_eq!(tail(Tail::of_ln(-5_000.0)), 5e-324);
        assert_eq!(compare_tails(of(-5_000.0), of(-5_001.0)), Ordering::Greater);
        assert_eq!(compare_tails(of(-5.0), of(-5.0 - 1e-14)), Ordering::Equal);
        assert_eq!(compare_tails(None, of(-5_000.0)), Ordering::Less);
    }
}
