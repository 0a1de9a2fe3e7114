//! From values to colours: linear from 0, or logarithmic from the least value that is drawn.

use crate::axis::Axis;
use crate::figure::Unit;
use crate::look::Scale;
use crate::palette;

/// A range this many times as wide as its least value is drawn logarithmically, unless a scale is asked for.
const WIDE: f64 = 10.0;

/// The colours of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colors {
    /// The least value above 0; where the scale is linear, 0.
    low: f64,
    /// The highest value.
    high: f64,
}

impl Colors {
    /// The colours of these values; those that are not above 0 have none.
    pub fn of(values: impl Iterator<Item = f64>, scale: Scale) -> Self {
        let none = (f64::INFINITY, 0.0_f64);
        let (low, high) =
            values.filter(|value| *value > 0.0).fold(none, |(low, high), value| (low.min(value), high.max(value)));
        let log = match scale {
            Scale::Fitting => high >= low * WIDE,
            Scale::Linear => false,
            // Of one value there is no logarithmic scale: it would begin where it ends.
            Scale::Log => high > low,
        };
        Self { low: if log { low } else { 0.0 }, high }
    }

    /// Linear up to a value.
    pub fn up_to(high: f64) -> Self {
        Self { low: 0.0, high }
    }

    /// Whether values are told apart by their logarithms.
    pub fn is_log(self) -> bool {
        self.low > 0.0
    }

    /// Where a value is between the scale's ends, from 0 to 1; nothing where there is no value above 0.
    pub fn place(self, value: f64) -> Option<f64> {
        if !(value > 0.0 && self.high > 0.0) {
            return None;
        }
        let place =
            if self.is_log() { (value / self.low).ln() / (self.high / self.low).ln() } else { value / self.high };
        Some(place.clamp(0.0, 1.0))
    }

    /// The value at a place.
    pub fn value_at(self, place: f64) -> f64 {
        if self.is_log() { self.low * (self.high / self.low).powf(place) } else { self.high * place }
    }

    /// The colour's step: 0 is nothing, and only nothing.
    pub fn step(self, value: f64) -> usize {
        match self.place(value) {
            None => 0,
            Some(place) if self.is_log() => 1 + (place * (palette::STEPS - 1) as f64).round() as usize,
            Some(place) => palette::step(place),
        }
    }

    /// Values to be named beside the scale, ascending: both ends, and round ones between them.
    pub fn ticks(self, unit: Unit) -> Vec<f64> {
        if self.high <= 0.0 {
            return vec![0.0];
        }
        let between: Vec<f64> = if self.is_log() {
            let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
            let factors: &[f64] = if self.high / self.low < 200.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
            (first..=last).flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power))).collect()
        } else {
            Axis::over((0.0, self.high), 4, unit).ticks()
        };
        // Ends that are round are not named twice.
        let inside = |tick: &f64| *tick > self.low * 1.001 && *tick < self.high * 0.999;
        std::iter::once(self.low).chain(between.into_iter().filter(inside)).chain([self.high]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_range_is_logarithmic_unless_it_is_asked_otherwise() {
        let of = |values: &[f64], scale| Colors::of(values.iter().copied(), scale);
        let counts = of(&[1.0, 10.0, 0.0, 100.0], Scale::Fitting);
        assert!(counts.is_log());
        assert_eq!([1.0, 10.0, 100.0].map(|value| counts.place(value)), [Some(0.0), Some(0.5), Some(1.0)]);
        assert_eq!([0.0, 1.0, 100.0].map(|value| counts.step(value)), [0, 1, palette::STEPS]);
        assert!((counts.value_at(0.5) - 10.0).abs() < 1e-9);
        let linear = of(&[1.0, 10.0, 100.0], Scale::Linear);
        assert_eq!((linear.place(10.0), linear.step(1.0), linear.value_at(0.25)), (Some(0.1), 1, 25.0));
        assert!(!of(&[3.0, 4.0], Scale::Fitting).is_log() && of(&[3.0, 4.0], Scale::Log).is_log());
        assert!(!of(&[3.0], Scale::Log).is_log(), "one value has no range");
    }

    #[test]
    fn ticks_are_the_ends_and_round_values_between_them() {
        let ticks = |low: f64, high: f64, scale| Colors::of([low, high].into_iter(), scale).ticks(Unit::Count);
        assert_eq!(ticks(1.0, 59.0, Scale::Fitting), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 59.0]);
        assert_eq!(ticks(1.0, 1000.0, Scale::Fitting), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(ticks(3.0, 700.0, Scale::Log), [3.0, 10.0, 100.0, 700.0]);
        assert_eq!(ticks(1.0, 59.0, Scale::Linear), [0.0, 20.0, 40.0, 59.0]);
        assert_eq!(Colors::of([0.0].into_iter(), Scale::Fitting).ticks(Unit::Count), [0.0], "nothing is 0");
    }
}
