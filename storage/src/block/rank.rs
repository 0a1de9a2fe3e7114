//! The order of scores, and the precision they are kept in.

use crate::run::ScoreType;
use half::slice::HalfFloatSliceExt;
use std::borrow::Cow;

/// The score as it is kept.
pub(crate) fn round(value: f32, score_type: ScoreType) -> f32 {
    match score_type {
        ScoreType::F32 => value,
        ScoreType::F16 => half::f16::from_f32(value).to_f32(),
        ScoreType::Bf16 => half::bf16::from_f32(value).to_f32(),
    }
}

/// Scores as they are kept. Whole slices: the processor's own conversion takes 8 at a time.
pub(super) fn round_all(values: &[f32], score_type: ScoreType) -> Cow<'_, [f32]> {
    fn through<H: Copy>(values: &[f32], zero: H) -> Cow<'_, [f32]>
    where
        [H]: HalfFloatSliceExt,
    {
        let mut halves = vec![zero; values.len()];
        halves.convert_from_f32_slice(values);
        let mut rounded = vec![0.0; values.len()];
        halves.convert_to_f32_slice(&mut rounded);
        Cow::Owned(rounded)
    }
    match score_type {
        ScoreType::F32 => Cow::Borrowed(values),
        ScoreType::F16 => through(values, half::f16::ZERO),
        ScoreType::Bf16 => through(values, half::bf16::ZERO),
    }
}

pub(super) fn to_half(value: f32, score_type: ScoreType) -> u16 {
    match score_type {
        ScoreType::F16 => half::f16::from_f32(value).to_bits(),
        ScoreType::F32 | ScoreType::Bf16 => half::bf16::from_f32(value).to_bits(),
    }
}

/// Sorts by score, best first, then by neuron.
pub(super) fn rank_key(neuron: u32, score: f32) -> u64 {
    // −0.0 and 0.0 are equal scores; adding 0.0 makes them the same bits.
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(!ascending) << 32 | u64::from(neuron)
}

/// Neuron and score of a key.
pub(super) fn unrank(key: u64) -> (u32, f32) {
    let ascending = !((key >> 32) as u32);
    let bits = if ascending >> 31 == 1 { ascending & !(1 << 31) } else { !ascending };
    (key as u32, f32::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_rounded_alike_one_by_one_and_together() {
        // Every exponent, both signs, ties and values that underflow.
        let values: Vec<f32> = (0..1 << 16).map(|bits: u32| f32::from_bits(bits << 16 | bits)).collect();
        let values: Vec<f32> = values.into_iter().filter(|value| value.is_finite()).collect();
        for score_type in [ScoreType::F32, ScoreType::F16, ScoreType::Bf16] {
            let together: Vec<u32> = round_all(&values, score_type).iter().map(|value| value.to_bits()).collect();
            let one_by_one: Vec<u32> = values.iter().map(|&value| round(value, score_type).to_bits()).collect();
            assert_eq!(together, one_by_one, "{score_type:?}");
        }
    }
}
