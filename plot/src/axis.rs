//! Axes of values: round ticks, and numbers as text.

use crate::figure::Unit;

/// A range below this is none: its steps would be no numbers.
const TINIEST: f64 = 1e-100;

/// An axis of values that begins and ends at a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    step: f64,
    first: i64,
    last: i64,
    unit: Unit,
}

impl Axis {
    /// An axis over `low ≤ 0 ≤ high` with about `ticks` steps of 1, 2 or 5 times a power of ten.
    pub fn over((low, high): (f64, f64), ticks: usize, unit: Unit) -> Self {
        let high = if high - low > TINIEST { high } else { low + 1.0 };
        let rough = (high - low) / ticks.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough * 0.999);
        let mut step = step.unwrap_or(10.0 * power);
        if unit == Unit::Count {
            step = step.max(1.0);
        }
        // A bar that ends at a tick needs no further tick.
        let (first, last) = ((low / step + 1e-9).floor() as i64, (high / step - 1e-9).ceil() as i64);
        // Fractions that are counted may be less than that.
        let last = last.max(first + 1);
        Self { step, first, last, unit }
    }

    /// The ticks, ascending.
    pub fn ticks(&self) -> Vec<f64> {
        (self.first..=self.last).map(|tick| tick as f64 * self.step).collect()
    }

    /// Where a value is, from 0 at the axis's begin to 1 at its end.
    pub fn place(&self, value: f64) -> f64 {
        (value / self.step - self.first as f64) / (self.last - self.first) as f64
    }

    /// A tick's label.
    pub fn label(&self, tick: f64) -> String {
        let factor = if self.unit == Unit::Share { 100.0 } else { 1.0 };
        let (step, tick) = (self.step * factor, tick * factor);
        let decimals = (-(step * 1.001).log10().floor()).max(0.0) as usize;
        let ends = [self.first, self.last].map(|end| (end as f64 * step).abs());
        let number = match self.unit {
            _ if tick == 0.0 => "0".into(),
            _ if decimals > 5 || ends.iter().any(|end| *end >= 1e9) => format!("{tick:.1e}"),
            Unit::Count => grouped(tick),
            Unit::Share | Unit::Ratio | Unit::Number => format!("{tick:.decimals$}"),
        };
        if self.unit == Unit::Share { number + " %" } else { number }
    }
}

/// A number as it stands beside a bar or in a cell: short.
pub fn short(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => {
            let percent = value * 100.0;
            match percent.abs() {
                1e6.. => format!("{percent:.2e} %"),
                0.0 => "0 %".into(),
                ..9.995 => format!("{percent:.2} %"),
                _ => format!("{percent:.1} %"),
            }
        }
        Unit::Ratio if value.abs() < 1e9 => format!("{value:.4}"),
        Unit::Count if value.abs() < 1e12 => grouped(value),
        Unit::Number if value == 0.0 => "0".into(),
        Unit::Ratio | Unit::Count | Unit::Number => {
            let digits = value.abs().log10().floor() as i32;
            match digits {
                -3..=5 => format!("{value:.*}", (2 - digits).max(0) as usize),
                _ => format!("{value:.2e}"),
            }
        }
    }
}

/// A number as the query language's tables write it.
pub fn exact(value: f64, unit: Unit) -> String {
    match unit {
        _ if value.abs() >= 1e15 => format!("{value:.4e}"),
        Unit::Share | Unit::Ratio => format!("{value:.4}"),
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count | Unit::Number => short(value, Unit::Number),
    }
}

/// `12,000`
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 && text != "0" { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        let axis = Axis::over((0.0, 0.93), 5, Unit::Share);
        assert_eq!(
            axis.ticks().iter().map(|tick| axis.label(*tick)).collect::<Vec<_>>(),
            ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
        );
        assert!((axis.place(0.5) - 0.5).abs() < 1e-12);
        let axis = Axis::over((0.0, 0.8), 4, Unit::Share);
        assert_eq!(axis.ticks().last(), Some(&0.8), "a bar that ends at a tick");
        let axis = Axis::over((-3.0, 17_250.0), 5, Unit::Count);
        assert_eq!(axis.label(axis.ticks()[0]), "-5,000");
        assert!(axis.place(-3.0) > 0.0 && axis.place(17_250.0) < 1.0);
    }

    #[test]
    fn nothing_but_zero_and_tiny_values_have_an_axis() {
        assert_eq!(Axis::over((0.0, 0.0), 5, Unit::Count).ticks(), [0.0, 1.0]);
        assert_eq!(Axis::over((0.0, 2.0), 5, Unit::Count).ticks(), [0.0, 1.0, 2.0]);
        let axis = Axis::over((0.0, 3e-7), 3, Unit::Number);
        assert_eq!(axis.label(axis.ticks()[1]), "1.0e-7");
        assert_eq!(Axis::over((0.0, 1e-300), 5, Unit::Number).ticks().len(), 6, "nearly nothing is nothing");
        let axis = Axis::over((0.0, 0.004), 4, Unit::Share);
        assert_eq!(axis.label(axis.ticks()[1]), "0.1 %");
    }

    #[test]
    fn numbers_are_short_beside_bars_and_exact_in_text() {
        let shorts = [0.0, 0.0696, 0.9304, 1.0].map(|value| short(value, Unit::Share));
        assert_eq!(shorts, ["0 %", "6.96 %", "93.0 %", "100.0 %"]);
        assert_eq!(exact(0.930_44, Unit::Share), "0.9304");
        assert_eq!([999.0, 1_234_567.0].map(|value| short(value, Unit::Count)), ["999", "1,234,567"]);
        assert_eq!(
            [2.359, 0.0439, 1e-9, 7175.0].map(|value| short(value, Unit::Number)),
            ["2.36", "0.0439", "1.00e-9", "7175"]
        );
    }
}
