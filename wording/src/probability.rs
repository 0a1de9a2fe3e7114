//! A probability, as it is read. Not for files: those have all digits.

/// Four places and two digits at least: `0.7700`, `0.00032`, `3.0e-5`; `0` of nothing at all.
pub fn shown(p: f64) -> String {
    if p == 0.0 {
        return "0".into();
    }
    if p < 1e-4 {
        return format!("{p:.1e}");
    }
    let places = (1.0 - p.log10().floor()).max(4.0) as usize;
    format!("{p:.places$}")
}

/// How a probability changed: `-37.2 %`, from ten times on `×812`; `–` from 0.
pub fn change(before: f64, after: f64) -> String {
    match after / before {
        times if !times.is_finite() => "–".into(),
        // Nobody reads +1627030.2 %.
        times if times >= 10.0 => format!("×{times:.0}"),
        times => format!("{:+.1} %", 100.0 * (times - 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_percents_and_from_ten_times_on_factors() {
        let told = [(0.5, 0.25), (0.01, 0.099), (6.0e-5, 0.975), (0.2, 0.2), (0.0, 0.3), (0.3, 0.0)]
            .map(|(a, b)| change(a, b));
        assert_eq!(told, ["-50.0 %", "+890.0 %", "×16250", "+0.0 %", "–", "-100.0 %"]);
    }

    #[test]
    fn probabilities_have_four_places_and_two_digits_at_least() {
        let shown = [1.0, 0.9996, 0.77, 0.1, 0.016, 0.0012, 0.00032, 0.0001, 0.00003, 0.0].map(shown);
        assert_eq!(
            shown,
            ["1.0000", "0.9996", "0.7700", "0.1000", "0.0160", "0.0012", "0.00032", "0.00010", "3.0e-5", "0"]
        );
    }
}
