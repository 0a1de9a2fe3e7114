//! Colours that readers with any colour vision tell apart, on light and on dark pages.

/// Okabe and Ito's colours; the light ones last.
pub const SERIES: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#555555", "#f0e442"];

/// The grey of a series, where the page is dark.
const GREY_ON_DARK: &str = "#a8a8a8";

/// The colour of 0. The scale begins apart from it, so that little is seen beside nothing.
const NOTHING: [u8; 3] = [255, 255, 255];

/// ColorBrewer's YlGnBu: ordered by lightness, so it reads in grey as well.
const SCALE: [[u8; 3]; 6] =
    [[237, 248, 177], [199, 233, 180], [127, 205, 187], [44, 127, 184], [37, 52, 148], [8, 29, 88]];

/// The same on a dark page, the other way round: what is much is light. It ends before it is as dark as the page.
const SCALE_ON_DARK: [[u8; 3]; 6] =
    [[37, 52, 148], [34, 94, 168], [44, 127, 184], [127, 205, 187], [199, 233, 180], [237, 248, 177]];

/// Steps of the scale; enough that the eye sees none.
pub const STEPS: usize = 48;

/// A series' colour by its number, on a light and on a dark page.
pub fn series(at: usize) -> (&'static str, &'static str) {
    let color = SERIES[at % SERIES.len()];
    (color, if color == "#555555" { GREY_ON_DARK } else { color })
}

/// The colour of the line around a series' bars, where the bars are hardly seen on white.
pub fn edge(at: usize) -> Option<&'static str> {
    (SERIES[at % SERIES.len()] == "#f0e442").then_some("#8f8500")
}

/// The step of a share of the largest value: 0 is nothing, and only nothing.
pub fn step(share: f64) -> usize {
    if share > 0.0 { ((share * STEPS as f64).round() as usize).clamp(1, STEPS) } else { 0 }
}

/// The colour of a step of the scale.
pub fn color(step: usize) -> String {
    hex(step.checked_sub(1).map_or(NOTHING, |above| of(&SCALE, above)))
}

/// The colour of a step of the scale, from 1 on, on a dark page.
pub fn dark_color(step: usize) -> String {
    hex(of(&SCALE_ON_DARK, step.max(1) - 1))
}

/// Black or white, whichever reads better on the step's colour.
pub fn ink(step: usize) -> &'static str {
    on(step.checked_sub(1).map_or(NOTHING, |above| of(&SCALE, above)))
}

/// The same on a dark page.
pub fn dark_ink(step: usize) -> &'static str {
    step.checked_sub(1).map_or("#e8e8ed", |above| on(of(&SCALE_ON_DARK, above)))
}

/// Black and white are equally far from a luminance of 0.18 (WCAG 2): either is read there, at 4.6 to 1.
fn on(color: [u8; 3]) -> &'static str {
    if luminance(color) > 0.179 { "#000000" } else { "#ffffff" }
}

/// Relative luminance, as WCAG 2 defines it.
fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour of one of [`STEPS`] steps between the colours of a scale.
fn of(scale: &[[u8; 3]; 6], step: usize) -> [u8; 3] {
    let place = step as f64 / (STEPS - 1) as f64 * (scale.len() - 1) as f64;
    let at = (place as usize).min(scale.len() - 2);
    let part = place - at as f64;
    std::array::from_fn(|c| {
        let (from, to) = (f64::from(scale[at][c]), f64::from(scale[at + 1][c]));
        (from + (to - from) * part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(color: &str) -> [u8; 3] {
        [1, 3, 5].map(|at| u8::from_str_radix(&color[at..at + 2], 16).expect("a colour"))
    }

    /// The sum of its channels.
    fn lightness(color: &str) -> u32 {
        read(color).map(u32::from).iter().sum()
    }

    /// Contrast of two colours as WCAG 2 defines it.
    fn contrast(one: &str, other: &str) -> f64 {
        let (a, b) = (luminance(read(one)), luminance(read(other)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrasts_are_those_of_the_standard() {
        // From the text of WCAG and its checkers: the widest there is, and the grey that just passes on white.
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    }

    #[test]
    fn the_scale_darkens_from_white_and_lightens_on_a_dark_page() {
        assert_eq!(color(0), "#ffffff");
        assert_eq!(color(STEPS), "#081d58");
        let of: Vec<u32> = (0..=STEPS).map(|step| lightness(&color(step))).collect();
        assert!(of.windows(2).all(|pair| pair[1] < pair[0]), "{of:?}");
        let of: Vec<u32> = (1..=STEPS).map(|step| lightness(&dark_color(step))).collect();
        assert!(of.windows(2).all(|pair| pair[1] > pair[0]), "{of:?}");
        assert_eq!((step(0.0), step(1e-9), step(1.0)), (0, 1, STEPS));
        assert_eq!(step(f64::NAN), 0, "a share of nothing");
        assert_eq!((ink(0), ink(STEPS)), ("#000000", "#ffffff"));
        assert_eq!((dark_ink(1), dark_ink(STEPS)), ("#ffffff", "#000000"));
    }

    #[test]
    fn numbers_are_read_on_every_step_and_series_are_seen_on_dark_pages() {
        for step in 1..=STEPS {
            for (color, ink) in [(color(step), ink(step)), (dark_color(step), dark_ink(step))] {
                assert!(contrast(&color, ink) >= 4.5, "{ink} on {color}: {:.2}", contrast(&color, ink));
            }
        }
        for at in 0..SERIES.len() {
            let color = series(at).1;
            assert!(contrast(color, "#17171a") >= 3.0, "{color}: {:.2}", contrast(color, "#17171a"));
        }
    }
}
