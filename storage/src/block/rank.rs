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
