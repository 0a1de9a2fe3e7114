//! Colours that readers with any colour vision tell apart.

/// Okabe and Ito's colours; the light ones last.
pub const SERIES: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#555555", "#f0e442"];

/// The colour of 0. The scale begins apart from it, so that little is seen beside nothing.
const NOTHING: [u8; 3] = [255, 255, 255];

/// ColorBrewer's YlGnBu: ordered by lightness, so it reads in grey as well.
const SCALE: [[u8; 3]; 6] =
    [[237, 248, 177], [199, 233, 180], [127, 205, 187], [44, 127, 184], [37, 52, 148], [8, 29, 88]];

/// Steps of the scale; enough that the eye sees none.
pub const STEPS: usize = 48;

/// The step of a share of the largest value: 0 is nothing, and only nothing.
pub fn step(share: f64) -> usize {
    if share > 0.0 { ((share * STEPS as f64).round() as usize).clamp(1, STEPS) } else { 0 }
}

/// The colour of a step of the scale.
pub fn color(step: usize) -> String {
    let [red, green, blue] = rgb(step);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Black or white, whichever reads better on the step's colour.
pub fn ink(step: usize) -> &'static str {
    let [red, green, blue] = rgb(step).map(f64::from);
    if 0.299 * red + 0.587 * green + 0.114 * blue > 140.0 { "#222222" } else { "#ffffff" }
}

fn rgb(step: usize) -> [u8; 3] {
    let Some(above) = step.checked_sub(1) else { return NOTHING };
    let place = above as f64 / (STEPS - 1) as f64 * (SCALE.len() - 1) as f64;
    let at = (place as usize).min(SCALE.len() - 2);
    let part = place - at as f64;
    std::array::from_fn(|c| {
        let (from, to) = (f64::from(SCALE[at][c]), f64::from(SCALE[at + 1][c]));
        (from + (to - from) * part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_darkens_from_white() {
        assert_eq!(color(0), "#ffffff");
        assert_eq!(color(STEPS), "#081d58");
        let lightness: Vec<u32> = (0..=STEPS).map(|step| rgb(step).iter().map(|&c| u32::from(c)).sum()).collect();
        assert!(lightness.windows(2).all(|pair| pair[1] < pair[0]), "{lightness:?}");
        assert_eq!((step(0.0), step(1e-9), step(1.0)), (0, 1, STEPS));
        assert_eq!(step(f64::NAN), 0, "a share of nothing");
        assert_eq!((ink(0), ink(STEPS)), ("#222222", "#ffffff"));
    }
}
