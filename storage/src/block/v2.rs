//! Blocks of format 2: two pieces of plain little-endian numbers.

use super::kept::Kept;
use super::rank::{to_half, unrank};
use super::view::{LAYER_BYTES, Listed, ScoreView};
use super::{Form, HEAD_SHARE, origin};
use crate::run::ScoreType;

/// Bytes before a head's lists: floor, maximum, ceiling, number of scores in the head, in the tail, of negative ones, of
/// layers, bytes of the origin.
const FIXED: usize = 32;

/// Head and tail.
pub(super) fn write(kept: &Kept, form: Form) -> (Vec<u8>, Vec<u8>) {
    let max = f64::from(kept.max);
    let is_high = |&key: &u64| max > 0.0 && f64::from(unrank(key).1) >= HEAD_SHARE * max;
    let (high, low) = kept.ranked.split_at(kept.ranked.partition_point(is_high));
    let origin = origin::encode(kept.origin.as_ref());
    let mut head = Vec::with_capacity(FIXED + kept.layers.len() * LAYER_BYTES + high.len() * 8 + origin.len());
    for number in [kept.floor, kept.max, kept.ceiling] {
        head.extend(number.to_le_bytes());
    }
    for count in [high.len(), low.len(), kept.negative.len(), kept.layers.len(), origin.len()] {
        head.extend((count as u32).to_le_bytes());
    }
    for layer in &kept.layers {
        let evidence = layer.evidence;
        for number in [layer.max, layer.sum, evidence.probability, evidence.baseline, evidence.residual] {
            head.extend(number.to_le_bytes());
        }
    }
    push_list(&mut head, high, form, |score| score);
    head.extend(origin);
    let mut tail = Vec::with_capacity((low.len() + kept.negative.len()) * 8);
    push_list(&mut tail, low, form, |score| score);
    push_list(&mut tail, &kept.negative, form, |size| -size);
    (head, tail)
}

/// Scores, then their neurons.
fn push_list(out: &mut Vec<u8>, keys: &[u64], form: Form, score: impl Fn(f32) -> f32) {
    let scores = keys.iter().map(|&key| score(unrank(key).1));
    match form.score_type {
        ScoreType::F32 => out.extend(scores.flat_map(f32::to_le_bytes)),
        other => out.extend(scores.flat_map(|score| to_half(score, other).to_le_bytes())),
    }
    // The lower half of a key is its neuron.
    if form.is_wide() {
        out.extend(keys.iter().flat_map(|&key| (key as u32).to_le_bytes()));
    } else {
        out.extend(keys.iter().flat_map(|&key| (key as u16).to_le_bytes()));
    }
}

/// Takes a list of `count` scores and neurons from the front of some bytes.
fn take_list<'a>(bytes: &mut &'a [u8], count: usize, form: Form) -> Option<Listed<'a>> {
    let scores = take(bytes, count.checked_mul(form.score_bytes())?)?;
    let neurons = take(bytes, count.checked_mul(if form.is_wide() { 4 } else { 2 })?)?;
    Some(Listed::new(scores, neurons, form))
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

/// What the head alone says: the scores of at least [`HEAD_SHARE`] of the maximum.
pub(crate) fn head(bytes: &[u8], form: Form) -> Result<ScoreView<'_>, String> {
    let wrong = || format!("{} bytes that are no head of scores", bytes.len());
    let mut rest = bytes;
    let fixed = take(&mut rest, FIXED).ok_or_else(wrong)?;
    let float = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| fixed[at + i]));
    let count = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| fixed[at + i])) as usize;
    let [high, low, negative, layers, origin] = [12, 16, 20, 24, 28].map(count);
    if layers != form.shape.layers as usize {
        return Err(format!("{layers} layers in a head of scores, not {}", form.shape.layers));
    }
    let layers = take(&mut rest, layers * LAYER_BYTES).ok_or_else(wrong)?.as_chunks().0;
    let scores = take_list(&mut rest, high, form).ok_or_else(wrong)?;
    if rest.len() != origin {
        return Err(wrong());
    }
    let counts = (low, negative);
    Ok(ScoreView::of_head([float(0), float(4), float(8)], layers, scores, counts, origin::decode(rest)?.map(|_| rest)))
}

/// What head and tail say together.
pub(crate) fn whole<'a>(head_bytes: &'a [u8], tail: &'a [u8], form: Form) -> Result<ScoreView<'a>, String> {
    let view = head(head_bytes, form)?;
    let (low, negative) = view.in_tail();
    let mut rest = tail;
    let lists = take_list(&mut rest, low, form).zip(take_list(&mut rest, negative, form));
    match lists {
        Some((low, negative)) if rest.is_empty() => Ok(view.with_tail(low, negative)),
        _ => Err(format!("a tail of {} bytes for {low} scores and {negative} negative ones", tail.len())),
    }
}
