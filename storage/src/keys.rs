//! Keys of the catalogue's records, as sled sorts them: by table, then by key, then piece by piece.
//! The bytes: `docs/format.md`, "What is in the catalogue?".

use crate::ids::{FactId, FileId, LanguageId, PromptId, RunId};
use crate::segment::PartKind;
use crate::segment::build::EntryKey;

/// First byte of every key.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Table {
    Counters = b'c',
    Dropped = b'd',
    Files = b'f',
    Sums = b'h',
    Identity = b'i',
    Jobs = b'j',
    Languages = b'l',
    Lost = b'L',
    NewFacts = b'n',
    RelationNames = b'N',
    Relations = b'r',
    Runs = b'R',
    SetHeads = b's',
    SetMembers = b'm',
    Tombstones = b't',
    Unsealed = b'u',
}

/// Keys of table [`Table::Dropped`].
pub(crate) const DROPPED_FACTS: &[u8] = b"f";
pub(crate) const DROPPED_RELATIONS: &[u8] = b"r";

/// The length in the key keeps one key's pieces from being another's, when names are keys.
pub(crate) fn piece_key(table: Table, key: &[u8], number: u32) -> Vec<u8> {
    let mut bytes = entry_prefix(table, key);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) fn entry_prefix(table: Table, key: &[u8]) -> Vec<u8> {
    let mut bytes = vec![table as u8];
    bytes.extend_from_slice(&(key.len() as u16).to_be_bytes());
    bytes.extend_from_slice(key);
    bytes
}

pub(crate) fn split_key(bytes: &[u8]) -> Option<(&[u8], u32)> {
    let rest = bytes.get(1..)?;
    let (len, rest) = rest.split_at_checked(2)?;
    let (key, number) = rest.split_at_checked(usize::from(u16::from_be_bytes(len.try_into().ok()?)))?;
    Some((key, u32::from_be_bytes(number.try_into().ok()?)))
}

pub(crate) fn tombstone_key(file: FileId, part: u32) -> Vec<u8> {
    [&file.0.to_be_bytes()[..], &part.to_be_bytes()].concat()
}

/// Names have no control characters, so the zero ends the relation.
pub(crate) fn relation_name_key(relation: &str, language: &str) -> Vec<u8> {
    [relation.as_bytes(), &[0], language.as_bytes()].concat()
}

pub(crate) fn read_relation_name_key(key: &[u8]) -> Option<(String, String)> {
    let (relation, language) = std::str::from_utf8(key).ok()?.split_once('\0')?;
    Some((relation.to_owned(), language.to_owned()))
}

pub(crate) fn unsealed_key(run: RunId, key: EntryKey) -> Vec<u8> {
    [
        &run.0.to_be_bytes()[..],
        &key.language.0.to_be_bytes(),
        &key.prompt.0.to_be_bytes(),
        &[key.kind.code()],
        &key.fact.0.to_be_bytes(),
    ]
    .concat()
}

pub(crate) fn read_unsealed_key(key: &[u8]) -> Option<(RunId, EntryKey)> {
    let (run, rest) = key.split_first_chunk::<4>()?;
    let (language, rest) = rest.split_first_chunk::<2>()?;
    let (prompt, rest) = rest.split_first_chunk::<2>()?;
    let (&kind, rest) = rest.split_first()?;
    let fact = rest.try_into().ok().map(u32::from_be_bytes)?;
    let key = EntryKey {
        language: LanguageId(u16::from_be_bytes(*language)),
        prompt: PromptId(u16::from_be_bytes(*prompt)),
        kind: PartKind::from_code(kind)?,
        fact: FactId(fact),
    };
    Some((RunId(u32::from_be_bytes(*run)), key))
}
