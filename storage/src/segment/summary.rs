//! What a segment holds, without its bytes: enough to know where a question must look.

use super::PartKind;
use super::build::EntryKey;
use super::read::Segment;
use crate::ids::{LanguageId, PromptId};
use serde::{Deserialize, Serialize};

/// A part, as the manifest tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartSummary {
    pub language: u16,
    pub prompt: u16,
    pub kind: u8,
    /// Number of entries, replaced ones included.
    pub count: u32,
}

impl PartSummary {
    /// Of entries that will be a part.
    pub(crate) fn of(first: EntryKey, count: usize) -> Self {
        let EntryKey { language, prompt, kind, .. } = first;
        Self { language: language.0, prompt: prompt.0, kind: kind.code(), count: count as u32 }
    }

    pub(crate) fn language(self) -> LanguageId {
        LanguageId(self.language)
    }

    pub(crate) fn prompt(self) -> PromptId {
        PromptId(self.prompt)
    }

    /// `None` for a code that no version of the format has.
    pub(crate) fn kind(self) -> Option<PartKind> {
        PartKind::from_code(self.kind)
    }
}

/// The parts of a segment, in its order.
pub(crate) fn summaries(segment: &Segment) -> Vec<PartSummary> {
    let parts = (0..segment.len()).map(|index| segment.part(index));
    let summary = parts.map(|part| PartSummary {
        language: part.language().0,
        prompt: part.prompt().0,
        kind: part.kind().code(),
        count: part.len(),
    });
    summary.collect()
}
