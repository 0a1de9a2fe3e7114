//! Options of how a picture looks.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use kndb_plot::Look;

/// How a picture looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Look")]
pub struct LookArgs {
    /// Numbers on bars and in the cells of a matrix: on all where they fit (auto), on all, or none
    #[arg(long, value_name = "WHICH", default_value = "auto", hide_default_value = true)]
    pub labels: Labels,
    /// Colours of a heat map: by the logarithm where the highest value is ten times the least or more (auto), or as said
    #[arg(long, value_name = "KIND", default_value = "auto", hide_default_value = true)]
    pub scale: Scale,
    /// Layers at their relative depth, to compare models: where the runs differ in depth (auto), always, or never
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub relative: Relative,
    /// Width of the picture: pixels of 1/96 inch, or with a unit, such as 8.5cm, 3.3in, 240pt; a .png has two pixels for each
    #[arg(long, value_name = "LENGTH")]
    pub width: Option<Length>,
    /// Height of the picture, title and notes included
    #[arg(long, value_name = "LENGTH")]
    pub height: Option<Length>,
}

/// Which numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Labels {
    /// All where all fit, otherwise none.
    #[default]
    Auto,
    /// All.
    All,
    /// None.
    None,
}

/// How colours grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// By the range of the values.
    #[default]
    Auto,
    /// By the logarithm.
    Log,
    /// In proportion.
    Linear,
}

/// When layers stand at their relative depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Relative {
    /// Where the models differ in depth.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A length in pixels of 1/96 inch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length(pub f64);

/// Units with their pixels.
const UNITS: [(&str, f64); 5] =
    [("px", 1.0), ("pt", 96.0 / 72.0), ("mm", 96.0 / 25.4), ("cm", 96.0 / 2.54), ("in", 96.0)];

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).len();
        let (number, unit) = text.split_at(end);
        let pixels = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((_, pixels)) => *pixels,
            None if unit.is_empty() => 1.0,
            None => return Err(format!("found the unit {unit:?}, expected px, pt, mm, cm or in, as in 8.5cm")),
        };
        let length = number.trim().parse::<f64>().ok().map(|number| number * pixels);
        match length.filter(|length| (Look::LEAST..=Look::MOST).contains(length)) {
            Some(length) => Ok(Self(length)),
            None if length.is_none() => Err("expected a number, with or without a unit, as in 640 or 8.5cm".into()),
            None => Err(format!(
                "expected {} to {} pixels, which are {:.1} to {:.0} cm",
                Look::LEAST,
                Look::MOST,
                Look::LEAST * 2.54 / 96.0,
                Look::MOST * 2.54 / 96.0
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units_or_are_pixels() {
        for (text, pixels) in
            [("640", 640.0), ("640px", 640.0), ("5.08 cm", 192.0), ("5in", 480.0), ("90pt", 120.0), ("254mm", 960.0)]
        {
            let read = Length::from_str(text).expect("a length");
            assert!((read.0 - pixels).abs() < 1e-9, "{text}: {read:?}");
        }
        for (text, told) in [
            ("8.5em", "found the unit \"em\", expected px, pt, mm, cm or in"),
            ("wide", "found the unit \"wide\""),
            ("", "expected a number"),
            ("1cm", "expected 120 to 6000 pixels, which are 3.2 to 159 cm"),
            ("1e99", "expected 120 to 6000 pixels"),
            ("-640", "expected 120 to 6000 pixels"),
        ] {
            let error = Length::from_str(text).expect_err("no length");
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
