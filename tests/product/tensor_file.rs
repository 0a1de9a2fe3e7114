//! Writes a `.npy` file of scores, as numpy would.

use std::io::{BufWriter, Write};
use std::path::Path;

/// How many scores of every fact exceed 0.35 of its maximum.
pub const ABOVE_035: u32 = 13;

/// One array (facts, layers, width) of f32. Fact `i` has its scores rotated by `i`: a maximum of 1, 0.95, 0.9, … 0.
pub fn write(path: &Path, facts: u32, layers: u32, width: u32) {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({facts}, {layers}, {width}), }}");
    let padding = 64 - (10 + header.len() + 1) % 64;
    header.push_str(&" ".repeat(padding % 64));
    header.push('\n');
    let mut out = BufWriter::new(std::fs::File::create(path).expect("a new file"));
    out.write_all(b"\x93NUMPY\x01\x00").expect("written");
    out.write_all(&(header.len() as u16).to_le_bytes()).expect("written");
    out.write_all(header.as_bytes()).expect("written");
    let neurons = layers * width;
    for fact in 0..facts {
        for neuron in 0..neurons {
            let rank = (neuron + fact * 37) % neurons;
            let score = if rank < 20 { 1.0 - rank as f32 * 0.05 } else { 0.0 };
            out.write_all(&score.to_le_bytes()).expect("written");
        }
    }
    out.flush().expect("written");
    let ids: String = (0..facts).map(|fact| format!("fact-{fact}\n")).collect();
    std::fs::write(path.with_extension("npy.ids.txt"), ids).expect("written");
}
