//! Blocks worked out by hand, and blocks of random bits against `gguf.quants.dequantize` (`fixtures/gguf_files.py`).

use super::{TensorType, append};
use serde_json::Value;
use std::path::Path;

fn values(kind: TensorType, bytes: &[u8]) -> Vec<f32> {
    let mut values = Vec::new();
    append(kind, bytes, &mut values);
    values
}

/// A block of zeros with some bytes set.
fn block(kind: TensorType, set: &[(usize, u8)]) -> Vec<f32> {
    let mut bytes = vec![0; kind.block().1];
    set.iter().for_each(|&(at, byte)| bytes[at] = byte);
    values(kind, &bytes)
}

#[test]
fn a_block_of_32_is_a_scale_and_whole_numbers() {
    // 0.5 · (2, −3).
    let found = block(TensorType::Q8_0, &[(1, 0x38), (2, 2), (3, 0xfd)]);
    assert_eq!((found.len(), found[0], found[1], found[2]), (32, 1.0, -1.5, 0.0));
    // 2 · (15 − 8) from the lower half of the byte, 2 · (1 − 8) from the upper one, which is 16 values further.
    let found = block(TensorType::Q4_0, &[(1, 0x40), (2, 0x1f)]);
    assert_eq!((found.len(), found[0], found[16], found[1]), (32, 14.0, -14.0, -16.0));
    // −1 + 0.25 · (4, 8).
    let found = block(TensorType::Q4_1, &[(1, 0x34), (3, 0xbc), (4, 0x84)]);
    assert_eq!((found[0], found[16], found[1]), (0.0, 1.0, -1.0));
    // The fifth bit of the first value is set: 1 + 16 − 16; that of the seventeenth is not: 2 − 16.
    let found = block(TensorType::Q5_0, &[(1, 0x3c), (2, 1), (6, 0x21)]);
    assert_eq!((found[0], found[16], found[1]), (1.0, -14.0, -16.0));
    let found = block(TensorType::Q5_1, &[(1, 0x3c), (3, 0x40), (4 + 2, 1), (8, 0x21)]);
    assert_eq!((found[0], found[16], found[1]), (3.0, 20.0, 2.0));
}

#[test]
fn a_block_of_256_has_scales_of_its_own_parts() {
    // Scale 1, smallest value 0.5; of part 0: 3 and 2, of part 1: 5 and 0, of part 4: 17, two bits of which lie with part 0,
    // and 2.
    let set = [(1, 0x3c), (3, 0x38), (4, 0x43), (5, 5), (8, 2), (12, 0x21), (16, 0x7a), (16 + 64, 1)];
    let found = block(TensorType::Q4K, &set);
    assert_eq!((found.len(), found[0], found[32], found[128]), (256, 29.0, 35.0, 16.0));
    // The same with a fifth bit for parts 0 and 4.
    let set = [(1, 0x3c), (3, 0x38), (4, 0x43), (5, 5), (8, 2), (12, 0x21), (16, 0b10001), (48, 0x7a), (48 + 64, 1)];
    let found = block(TensorType::Q5K, &set);
    assert_eq!((found[0], found[32], found[128]), (29.0 + 48.0, 35.0, 16.0 + 17.0 * 16.0));
    // 2 · (5 + 3·16 − 32), and 64 values further −3 · (1 + 2·16 − 32).
    let set = [(0, 0x15), (128, 0b10_0011), (192, 2), (192 + 4, 0xfd), (209, 0x3c)];
    let found = block(TensorType::Q6K, &set);
    assert_eq!((found.len(), found[0], found[64], found[1]), (256, 42.0, -3.0, -64.0));
}

#[test]
fn every_type_has_the_bits_of_the_reference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gguf/blocks.json");
    let goldens: Value = serde_json::from_slice(&std::fs::read(path).expect("golden blocks")).expect("JSON");
    let goldens = goldens.as_object().expect("an object");
    assert_eq!(goldens.len(), 11);
    for (name, golden) in goldens {
        let hex = |field: &str| -> Vec<u8> {
            let text = golden[field].as_str().expect("hexadecimal digits");
            let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
            (0..text.len()).step_by(2).map(byte).collect()
        };
        let number = golden["number"].as_u64().expect("a number") as u32;
        let kind = TensorType::numbered(number).expect("a type that is read");
        let found: Vec<u32> = values(kind, &hex("bytes")).into_iter().map(f32::to_bits).collect();
        let expected: Vec<u32> = hex("bits").as_chunks().0.iter().map(|bits| u32::from_le_bytes(*bits)).collect();
        assert!(expected.len() >= 64, "{name}");
        assert_eq!(found, expected, "{name}");
    }
}
