//! What an entry was made from, as bytes in the head of its block.

use crate::entry::Origin;
use xxhash_rust::xxh3::Xxh3Default;

const QUESTION: u8 = 1;
const RANK: u8 = 2;
const TOKENS: u8 = 4;
const ANSWER: u8 = 8;

/// The hash by which a question is known again: xxh3 (64 bits, seed 0) of the template, the subject and the object, each as its
/// length in bytes (`u64`, little-endian) and its UTF-8, and of the prompt's number (`u16`, little-endian). All as they were
/// asked: a template with `[X]` and `[Y]` in it, labels in the question's language.
pub fn question_hash(template: &str, subject: &str, object: &str, prompt: u16) -> u64 {
    let mut hash = Xxh3Default::new();
    for text in [template, subject, object] {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(&prompt.to_le_bytes());
    hash.digest()
}

/// Empty where nothing is known.
pub(super) fn encode(origin: Option<&Origin>) -> Vec<u8> {
    let Some(Origin { question, answer, rank, tokens }) = origin.filter(|origin| **origin != Origin::default()) else {
        return Vec::new();
    };
    let flag = |flag: u8, there: bool| if there { flag } else { 0 };
    let mut bytes = vec![
        flag(QUESTION, question.is_some())
            | flag(RANK, rank.is_some())
            | flag(TOKENS, tokens.is_some())
            | flag(ANSWER, answer.is_some()),
    ];
    bytes.extend(question.iter().flat_map(|question| question.to_le_bytes()));
    bytes.extend(rank.iter().flat_map(|rank| rank.to_le_bytes()));
    bytes.extend(tokens.iter().flat_map(|tokens| tokens.to_le_bytes()));
    bytes.extend(answer.iter().flat_map(|answer| answer.bytes()));
    bytes
}

/// What [`encode`] wrote, read in place.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    question: Option<u64>,
    pub(crate) rank: Option<u32>,
    pub(crate) tokens: Option<u16>,
    pub(crate) answer: Option<&'a str>,
}

impl Parts<'_> {
    pub(super) fn to_origin(&self) -> Origin {
        let Self { question, rank, tokens, answer } = *self;
        Origin { question, answer: answer.map(str::to_owned), rank, tokens }
    }
}

/// Reads [`encode`]; of no bytes nothing is known.
pub(super) fn decode(bytes: &[u8]) -> Result<Option<Parts<'_>>, String> {
    let wrong = || format!("an origin of {} bytes that do not fit its flags", bytes.len());
    let Some((&flags, mut rest)) = bytes.split_first() else { return Ok(None) };
    if flags & !(QUESTION | RANK | TOKENS | ANSWER) != 0 {
        return Err(format!("an origin with flags {flags:08b}"));
    }
    let mut parts = Parts::default();
    if flags & QUESTION != 0 {
        parts.question = Some(u64::from_le_bytes(take(&mut rest).ok_or_else(wrong)?));
    }
    if flags & RANK != 0 {
        parts.rank = Some(u32::from_le_bytes(take(&mut rest).ok_or_else(wrong)?));
    }
    if flags & TOKENS != 0 {
        parts.tokens = Some(u16::from_le_bytes(take(&mut rest).ok_or_else(wrong)?));
    }
    if flags & ANSWER != 0 {
        parts.answer = Some(std::str::from_utf8(rest).map_err(|_| wrong())?);
    } else if !rest.is_empty() {
        return Err(wrong());
    }
    Ok(Some(parts))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}
