//! The order of scores, and the precision they are kept in.

use crate::run::ScoreType;

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
const BLOCK: usize = 512;

/// Scores as they are kept, block by block: the position of a block's first one, and the block. Numbers are finite.
pub(super) fn each_rounded(values: &[f32], score_type: ScoreType, mut each: impl FnMut(usize, &[f32])) {
    fn through(values: &[f32], rounded: impl Fn(f32) -> f32, mut each: impl FnMut(usize, &[f32])) {
        let mut buffer = [0.0; BLOCK];
        for (number, values) in values.chunks(BLOCK).enumerate() {
            let buffer = &mut buffer[..values.len()];
            buffer.iter_mut().zip(values).for_each(|(out, &value)| *out = rounded(value));
            each(number * BLOCK, buffer);
        }
    }
    match score_type {
        ScoreType::F32 => each(0, values),
        ScoreType::F16 => through(values, as_f16, each),
        ScoreType::Bf16 => through(values, as_bf16, each),
    }
}

/// A finite number as f16 has it, infinite where that ends: to the nearest, ties to even. Without a branch and without a call, so that the
/// processor takes several at once: a conversion there and back took ten times as long.
fn as_f16(value: f32) -> f32 {
    let bits = value.to_bits();
    let (sign, size) = (bits & (1 << 31), bits & !(1 << 31));
    // 13 of the 23 bits of the fraction go; a carry goes on into the exponent, as it must.
    let normal = (size + 0xFFF + (size >> 13 & 1)) & !0x1FFF;
    // Below 2⁻¹⁴ steps are 2⁻²⁴: those of f32 from 0.5 on.
    let small = (f32::from_bits(size) + 0.5 - 0.5).to_bits();
    let finite = if size < SMALLEST_NORMAL { small } else { normal };
    f32::from_bits(sign | if size < F16_ENDS.to_bits() { finite } else { f32::INFINITY.to_bits() })
}

/// The same of bfloat16: the upper half of the bits.
fn as_bf16(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
}

/// 2⁻¹⁴, as its bits.
const SMALLEST_NORMAL: u32 = (127 - 14) << 23;
/// From here on f16 is infinite: half a step above its largest number, where ties go up.
const F16_ENDS: f32 = 65_520.0;

/// Calls a function for the position and value of each score that is at least `least`, as it is kept.
pub(super) fn each_from(values: &[f32], score_type: ScoreType, least: f32, mut take: impl FnMut(usize, f32)) {
    let mut places = [0_u16; BLOCK];
    each_rounded(values, score_type, |first, rounded| {
        for (number, block) in rounded.chunks(BLOCK).enumerate() {
            let mut count = 0;
            for (at, &value) in (0..).zip(block) {
                // Written in any case: a wrong guess of the processor would cost more.
                places[count % BLOCK] = at;
                count += usize::from(value >= least);
            }
            for &at in &places[..count] {
                take(first + number * BLOCK + usize::from(at), block[usize::from(at)]);
            }
        }
    });
}

/// The position of the first score that is no finite number as it is kept.
pub(crate) fn first_not_finite(values: &[f32], score_type: ScoreType) -> Option<usize> {
    // From here on a size is rounded to infinity.
    let limit = match score_type {
        ScoreType::F32 => f32::INFINITY,
        ScoreType::F16 => F16_ENDS,
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

    /// Every exponent, both signs, ties and what lies beside them, values that underflow and overflow, infinities and numbers that are none.
    fn values() -> Vec<f32> {
        let upper = |bits: u32| {
            let lower = [bits, 0, 1, 0x0FFF, 0x1000, 0x1001, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
            lower.map(|lower| f32::from_bits(bits << 16 | lower))
        };
        (0..1 << 16).flat_map(upper).collect()
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
    fn scores_from_a_bound_on_are_those_that_are_kept_at_least_so_large() {
        let values: Vec<f32> = values().into_iter().filter(|value| value.abs() < 60_000.0).step_by(7).collect();
        for score_type in TYPES {
            let kept: Vec<f32> = values.iter().map(|&value| round(value, score_type)).collect();
            let bounds = [0.0, 1.0, -1.0, 0.3, 6.0e-8, 1.0e-40, -6.1e-5, 1_000.5, f32::NEG_INFINITY, f32::INFINITY];
            for least in bounds.into_iter().chain(kept.iter().copied().step_by(9_973)) {
                let mut found = Vec::new();
                each_from(&values, score_type, least, |at, value| found.push((at, value.to_bits())));
                let all = kept.iter().enumerate().filter(|(_, value)| **value >= least);
                assert_eq!(
                    found,
                    all.map(|(at, value)| (at, value.to_bits())).collect::<Vec<_>>(),
                    "{score_type:?} {least:e}"
                );
            }
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
