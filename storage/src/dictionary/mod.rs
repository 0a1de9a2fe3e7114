//! The dictionary: all facts and their labels, sealed into one immutable memory-mapped file.
//!
//! Opening it costs nothing that grows with the facts; two million labels are looked up where they
//! lie. A change writes a new file from the old one and the new rows ([`build`]). Facts that runs
//! brought without labels wait in the catalogue until the next change.

pub(crate) mod build;
pub(crate) mod read;
mod salvage;

use crate::files::container::Section;
use rkyv::{Archive, Serialize};

/// No relation, no string.
pub(crate) const NONE: u32 = u32::MAX;

// The fields of the directory: `docs/format.md`, "What is in the dictionary?".

#[derive(Archive, Serialize)]
struct DictionaryDirectory {
    facts: u32,
    id_ends: Section,
    id_bytes: Section,
    id_order: Section,
    relations: Section,
    subject_uris: Section,
    object_uris: Section,
    string_ends: Section,
    string_bytes: Section,
    labels: Vec<LabelDirectory>,
    templates: Vec<TemplateRecord>,
    candidates: Vec<CandidateRecord>,
}

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

#[derive(Archive, Serialize)]
struct CandidateRecord {
    relation: u32,
    language: u16,
    subjects: Section,
    objects: Section,
}
