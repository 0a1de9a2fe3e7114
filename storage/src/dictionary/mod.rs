//! The dictionary: all facts and their labels, sealed into one immutable memory-mapped file.
//!
//! Opening it costs nothing that grows with the facts; two million labels are looked up where they
//! lie. A change writes a new file from the old one and the new rows ([`build`]). Facts that runs
//! brought without labels wait in the catalogue until the next change.

pub(crate) mod build;
pub(crate) mod read;

use crate::container::Section;
use rkyv::{Archive, Serialize};

/// No relation, no string.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Archive, Serialize)]
struct DictionaryDirectory {
    facts: u32,
    /// External ids by fact: `u64[facts + 1]` ends, and the bytes.
    id_ends: Section,
    id_bytes: Section,
    /// Facts in order of their external ids: `u32[facts]`.
    id_order: Section,
    /// `u32[facts]` each; [`NONE`] where not known.
    relations: Section,
    subject_uris: Section,
    object_uris: Section,
    /// All strings, sorted, each once: `u64[strings + 1]` ends, and the bytes.
    string_ends: Section,
    string_bytes: Section,
    labels: Vec<LabelDirectory>,
    templates: Vec<TemplateRecord>,
    candidates: Vec<CandidateRecord>,
}

/// Labels of one language: three parallel `u32` lists, by ascending fact.
#[derive(Archive, Serialize)]
struct LabelDirectory {
    language: u16,
    facts: Section,
    subjects: Section,
    objects: Section,
}

#[derive(Archive, Serialize)]
struct TemplateRecord {
    relation: u32,
    language: u16,
    prompt: u16,
    text: String,
}

/// Candidates of one (relation, language): string numbers.
#[derive(Archive, Serialize)]
struct CandidateRecord {
    relation: u32,
    language: u16,
    subjects: Section,
    objects: Section,
}
