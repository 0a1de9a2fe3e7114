//! Small changes to bytes, of the kinds that find faults: numbers at the edges of their types, pieces moved, doubled and cut.
//!
//! Of bytes alone: `fuzz/` and the tests of `import/` use this file, too.

/// A small generator of made-up numbers (SplitMix64): the same everywhere, for every seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

const EDGES: [u64; 16] = [
    0,
    1,
    2,
    0x7F,
    0xFF,
    0x100,
    0x7FFF,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x1_0000_0000,
    1 << 40,
    i64::MAX as u64,
    u64::MAX,
];

/// Changes bytes in one to four places; their number only where that is allowed.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random, resize: bool) {
    for _ in 0..1 + random.below(4) {
        if bytes.is_empty() {
            bytes.extend((0..u64::from(resize)).map(|_| random.next() as u8));
            return;
        }
        let len = bytes.len() as u64;
        let at = random.below(len) as usize;
        let end = bytes.len().min(at + 1 + random.below(24) as usize);
        match random.below(if resize { 10 } else { 7 }) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 | 3 => number(bytes, at, random),
            4 => bytes[at..end].fill([0, 0xFF][random.below(2) as usize]),
            5 | 6 => {
                let to = random.below(len) as usize;
                let count = (end - at).min(bytes.len() - to);
                bytes.copy_within(at..at + count, to);
            }
            7 => drop(bytes.drain(at..end)),
            8 => bytes.truncate(at),
            _ => {
                let piece: Vec<u8> = bytes[at..end].to_vec();
                let to = random.below(len) as usize;
                bytes.splice(to..to, piece);
            }
        }
    }
}

/// Writes a number at an edge, or one beside what is there.
fn number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let width = [1, 2, 4, 8][random.below(4) as usize];
    // Numbers lie at multiples of their width more often than not.
    let at = if random.below(3) > 0 { at / width * width } else { at };
    let Some(place) = bytes.get_mut(at..at + width) else { return };
    let now = place.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let value = match random.below(4) {
        0 => now.wrapping_add(1 + random.below(3)),
        1 => now.wrapping_sub(1 + random.below(3)),
        2 => random.below(1 << 12),
        _ => EDGES[random.below(EDGES.len() as u64) as usize],
    };
    let mut written = value.to_le_bytes();
    if random.below(4) == 0 {
        written[..width].reverse();
    }
    place.copy_from_slice(&written[..width]);
}
