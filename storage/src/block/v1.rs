//! Blocks of format 1: archives of rkyv, read as the plain numbers they are.
//!
//! The root lies at the end; a list is its offset (`i32`, from the offset's own place) and its length (`u32`).

use super::Form;
use super::groups::group;
use super::view::{LAYER_BYTES, Listed, ScoreView};
use crate::entry::Group;
use crate::run::ScoreType;
use std::ops::Range;

/// Bytes of the root: floor, maximum, five lists.
const ROOT: usize = 48;

/// Where a list lies whose offset and length stand at `at`.
fn place(block: &[u8], at: usize, size: usize) -> Result<Range<usize>, String> {
    let wrong = || format!("a list outside of its {} bytes", block.len());
    let word = |at: usize| block.get(at..at.checked_add(4)?)?.first_chunk().copied();
    let (offset, len) = word(at).zip(word(at + 4)).ok_or_else(wrong)?;
    let len = u32::from_le_bytes(len) as usize;
    if len == 0 {
        return Ok(0..0);
    }
    let begin = at.checked_add_signed(i32::from_le_bytes(offset) as isize).ok_or_else(wrong)?;
    let end = len.checked_mul(size).and_then(|bytes| begin.checked_add(bytes)).ok_or_else(wrong)?;
    if end <= block.len() { Ok(begin..end) } else { Err(wrong()) }
}

fn list(block: &[u8], at: usize, size: usize) -> Result<&[u8], String> {
    place(block, at, size).map(|place| &block[place])
}

/// The scores of a block.
pub(crate) fn view(block: &[u8], form: Form) -> Result<ScoreView<'_>, String> {
    let root = block.len().checked_sub(ROOT).ok_or_else(|| format!("{} bytes that are no score block", block.len()))?;
    let float = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| block[root + at + i]));
    let lists = |at: usize, size: usize| list(block, root + at, size);
    let (layers, narrow, wide) = (lists(8, LAYER_BYTES)?, lists(16, 2)?, lists(24, 4)?);
    let (full, half) = (lists(32, 4)?, lists(40, 2)?);
    let scores = if form.score_type == ScoreType::F32 { full } else { half };
    let neurons = if form.is_wide() { wide } else { narrow };
    let counts = (neurons.len() / if form.is_wide() { 4 } else { 2 }, scores.len() / form.score_bytes());
    let other = if form.is_wide() { narrow } else { wide };
    if counts.0 != counts.1 || !other.is_empty() {
        return Err(format!("{} neurons with {} scores", counts.0, counts.1));
    }
    let all = Listed::new(scores, neurons, form);
    Ok(ScoreView::of_one_piece(float(0), float(4), layers.as_chunks().0, all))
}

/// The groups of a block.
pub(crate) fn decode_groups(block: &[u8]) -> Result<Vec<Group>, String> {
    let root = block.len().checked_sub(8).ok_or_else(|| format!("{} bytes that are no group block", block.len()))?;
    let records = place(block, root, 16)?.step_by(16);
    // Lists that share bytes could make a small block a large answer: no block that was written has any.
    let mut left = block.len();
    records
        .map(|at| {
            let (neurons, probabilities) = (list(block, at, 4)?, list(block, at + 8, 4)?);
            let taken = left.checked_sub(neurons.len() + probabilities.len());
            left = taken.ok_or_else(|| format!("groups of more than the {} bytes of their block", block.len()))?;
            group(neurons.as_chunks().0, probabilities.as_chunks().0)
        })
        .collect()
}
