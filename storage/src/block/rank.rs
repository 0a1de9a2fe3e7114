//! The order of scores, and the precision they are kept in.

use crate::run::ScoreType;
use half::slice::HalfFloatSliceExt;

/// The score as it is kept.
pub(crate) fn round(value: f32, score_type: ScoreType) -> f32 {
    match score_type {
        ScoreType::F32 => value,
        ScoreType::F16 => half::f16::from_f32(value).to_f32(),
        ScoreType::Bf16 => half::bf16::from_f32(value).to_f32(),
    }
}

/// Scores are rounded so many at a time, in a buffer that stays in the processor's cache: one for all scores of a fact would come from
/// the system anew each time.
const BLOCK: usize = 1_024;

/// Scores as they are kept, block by block: the position of a block's first one, and the block. Whole slices, for which the
/// processor's own conversion takes 8 at a time.
pub(super) fn each_rounded(values: &[f32], score_type: ScoreType, mut each: impl FnMut(usize, &[f32])) {
    fn through<H: Copy>(values: &[f32], zero: H, mut each: impl FnMut(usize, &[f32]))
    where
        [H]: HalfFloatSliceExt,
    {
        let (mut halves, mut rounded) = ([zero; BLOCK], [0.0; BLOCK]);
        for (number, values) in values.chunks(BLOCK).enumerate() {
            let (halves, rounded) = (&mut halves[..values.len()], &mut rounded[..values.len()]);
            halves.convert_from_f32_slice(values);
            halves.convert_to_f32_slice(rounded);
            each(number * BLOCK, rounded);
        }
    }
    match score_type {
        ScoreType::F32 => each(0, values),
        ScoreType::F16 => through(values, half::f16::ZERO, each),
        ScoreType::Bf16 => through(values, half::bf16::ZERO, each),
    }
}

/// The position of the first score that is no finite number as it is kept.
pub(crate) fn first_not_finite(values: &[f32], score_type: ScoreType) -> Option<usize> {
    // From here on a size is rounded to infinity: half a step above the type's largest number, where ties go up.
    let limit = match score_type {
        ScoreType::F32 => f32::INFINITY,
        ScoreType::F16 => 65_520.0,
        ScoreType::Bf16 => f32::from_bits(0x7F7F_8000),
    };
    let keeps = |value: &f32| value.abs() < limit;
    // Without an early end inside a block, the processor compares many at once.
    let holds = |block: &&[f32]| block.iter().fold(true, |all, value| all & keeps(value));
    let at = values.chunks(BLOCK).position(|block| !holds(&block))? * BLOCK;
    values[at..].iter().position(|value| !keeps(value)).map(|within| at + within)
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

    const TYPES: [ScoreType; 3] = [ScoreType::F32, ScoreType::F16, ScoreType::Bf16];

    /// Every exponent, both signs, ties, values that underflow and overflow, infinities and numbers that are none.
    fn values() -> Vec<f32> {
        (0..1 << 16).map(|bits: u32| f32::from_bits(bits << 16 | bits)).collect()
    }

    #[test]
    fn scores_are_rounded_alike_one_by_one_and_together() {
        let values: Vec<f32> = values().into_iter().filter(|value| value.is_finite()).collect();
        for score_type in TYPES {
            let mut together = vec![0; values.len()];
            each_rounded(&values, score_type, |first, block| {
                together[first..].iter_mut().zip(block).for_each(|(bits, value)| *bits = value.to_bits());
            });
            let one_by_one: Vec<u32> = values.iter().map(|&value| round(value, score_type).to_bits()).collect();
            assert_eq!(together, one_by_one, "{score_type:?}");
        }
    }

    #[test]
    fn what_is_not_finite_is_found_where_it_is_and_only_that() {
        let near = [65_519.996, 65_520.0, f32::from_bits(0x7F7F_7FFF), f32::from_bits(0x7F7F_8000)];
        for score_type in TYPES {
            for value in values().into_iter().chain(near).flat_map(|value| [value, -value]) {
                let finite = round(value, score_type).is_finite();
                assert_eq!(first_not_finite(&[value], score_type).is_none(), finite, "{value:e} as {score_type:?}");
            }
            let mut many = vec![1.0; 3_000];
            many[2_500] = f32::NAN;
            many[2_900] = f32::INFINITY;
            assert_eq!(first_not_finite(&many, score_type), Some(2_500));
        }
    }
}
