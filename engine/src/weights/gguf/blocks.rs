//! Values of blocks: each type as llama.cpp dequantises it (`ggml-quants.c`), the same bits in f32.
//!
//! A block of 32 values has a scale, some also a smallest value, in half precision, and 4, 5 or 8 bits a value. A block of 256
//! has one scale for the scales of its parts, which have 6 or 8 bits each.

use super::types::TensorType;
use half::{bf16, f16};

/// Appends the values of whole blocks.
pub fn append(kind: TensorType, bytes: &[u8], values: &mut Vec<f32>) {
    let (count, size) = kind.block();
    debug_assert!(bytes.len().is_multiple_of(size), "whole blocks");
    values.reserve(bytes.len() / size * count);
    for block in bytes.chunks_exact(size) {
        match kind {
            TensorType::F32 => values.push(f32::from_le_bytes([block[0], block[1], block[2], block[3]])),
            TensorType::F16 => values.push(half(block)),
            TensorType::Bf16 => values.push(bf16::from_le_bytes([block[0], block[1]]).to_f32()),
            TensorType::Q4_0 => {
                let scale = half(block);
                values.extend(nibbles(&block[2..]).map(|q| scale * (f32::from(q) - 8.0)));
            }
            TensorType::Q4_1 => {
                let (scale, least) = (half(block), half(&block[2..]));
                values.extend(nibbles(&block[4..]).map(|q| scale * f32::from(q) + least));
            }
            TensorType::Q5_0 => {
                let scale = half(block);
                let all = fifth(&block[2..6], nibbles(&block[6..]));
                values.extend(all.map(|q| scale * (f32::from(q) - 16.0)));
            }
            TensorType::Q5_1 => {
                let (scale, least) = (half(block), half(&block[2..]));
                values.extend(fifth(&block[4..8], nibbles(&block[8..])).map(|q| scale * f32::from(q) + least));
            }
            TensorType::Q8_0 => {
                let scale = half(block);
                values.extend(block[2..].iter().map(|&q| f32::from(q.cast_signed()) * scale));
            }
            TensorType::Q4K => q4_k(block, values),
            TensorType::Q5K => q5_k(block, values),
            TensorType::Q6K => q6_k(block, values),
        }
    }
}

/// A number in half precision.
fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// The lower halves of all bytes, then the upper ones.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().map(|byte| byte & 15).chain(bytes.iter().map(|byte| byte >> 4))
}

/// 32 values with their fifth bits, which stand together, the first value's lowest.
fn fifth(bits: &[u8], low: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    let bits = u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]);
    low.enumerate().map(move |(i, q)| q | (((bits >> i) & 1) as u8) << 4)
}

/// Scales and smallest values of the eight parts of a block, 6 bits each in 12 bytes.
fn parts(packed: &[u8]) -> [(f32, f32); 8] {
    std::array::from_fn(|i| {
        let (scale, least) = if i < 4 {
            (packed[i] & 63, packed[i + 4] & 63)
        } else {
            let (one, two, rest) = (packed[i - 4], packed[i], packed[i + 4]);
            (rest & 15 | one >> 2 & 0x30, rest >> 4 | two >> 2 & 0x30)
        };
        (f32::from(scale), f32::from(least))
    })
}

/// Scale and smallest value of each part, times those of the block.
fn scaled(block: &[u8]) -> [(f32, f32); 8] {
    let (scale, least) = (half(block), half(&block[2..]));
    parts(&block[4..16]).map(|(by, down)| (scale * by, least * down))
}

fn q4_k(block: &[u8], values: &mut Vec<f32>) {
    let parts = scaled(block);
    for (i, pair) in block[16..].chunks_exact(32).enumerate() {
        for (j, q) in nibbles(pair).enumerate() {
            let (scale, least) = parts[2 * i + j / 32];
            values.push(scale * f32::from(q) - least);
        }
    }
}

fn q5_k(block: &[u8], values: &mut Vec<f32>) {
    let (parts, high) = (scaled(block), &block[16..48]);
    for (i, pair) in block[48..].chunks_exact(32).enumerate() {
        for (j, q) in nibbles(pair).enumerate() {
            let part = 2 * i + j / 32;
            let (scale, least) = parts[part];
            let q = q | (high[j % 32] >> part & 1) << 4;
            values.push(scale * f32::from(q) - least);
        }
    }
}

fn q6_k(block: &[u8], values: &mut Vec<f32>) {
    let (low, high, scales, scale) = (&block[..128], &block[128..192], &block[192..208], half(&block[208..]));
    let scales: [f32; 16] = std::array::from_fn(|i| scale * f32::from(scales[i].cast_signed()));
    for (of, (low, high)) in low.chunks_exact(64).zip(high.chunks_exact(32)).enumerate() {
        for (j, q) in nibbles(low).enumerate() {
            let q = q | (high[j % 32] >> (j / 32 * 2) & 3) << 4;
            values.push(scales[8 * of + j / 16] * (f32::from(q) - 32.0));
        }
    }
}

#[cfg(test)]
mod tests;
