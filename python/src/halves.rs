//! 16-bit floating-point numbers as 32-bit ones, without a branch, so that the processor takes several at once.

/// What an exponent of f16 is less than that of f32, in its place.
const BIAS: u32 = (127 - 15) << 23;
/// The exponent of infinity and of what is no number, in its place.
const NO_NUMBER: u32 = 31 << 23;
/// 2⁻²⁴: the step of numbers below 2⁻¹⁴.
const STEP: f32 = 1.0 / 16_777_216.0;

/// The number of these bits of f16.
pub fn from_f16(half: u16) -> f32 {
    let (sign, size) = (u32::from(half & 0x8000) << 16, u32::from(half & 0x7FFF) << 13);
    let normal = size + BIAS;
    let no_number = normal + BIAS;
    // Counted in steps: as a number of f32 with that exponent it would be slow.
    let small = (i32::from((half & 0x7FFF) as i16) as f32 * STEP).to_bits();
    let finite = if size < 1 << 23 { small } else { normal };
    f32::from_bits(sign | if size < NO_NUMBER { finite } else { no_number })
}

/// The number of these bits of bfloat16: the upper half of one of f32.
pub fn from_bf16(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}
