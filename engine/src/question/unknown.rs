//! Questions that are not asked as they are written: parts of them are not in the tokenizer's vocabulary.

use super::{Asking, Encoded, Parts, Question};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Prompts with parts that the tokenizer's vocabulary lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownParts {
    /// Those with such subjects, by language.
    pub subjects: BTreeMap<String, u64>,
    /// Those with such templates, by language.
    pub templates: BTreeMap<String, u64>,
}

/// [`UnknownParts`] that several threads count into.
#[derive(Debug, Default)]
pub(crate) struct UnknownCounts(Mutex<UnknownParts>);

impl UnknownCounts {
    /// Counts a question of a language.
    pub(crate) fn count(&self, question: &Question, language: &str) {
        // A count is whole or not there, so a thread that panicked leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count(question, language);
    }

    pub(crate) fn into_parts(self) -> UnknownParts {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnknownParts {
    /// Counts a question of a language.
    pub fn count(&mut self, question: &Question, language: &str) {
        let parts = [(question.unknown_subject, &mut self.subjects), (question.unknown_template, &mut self.templates)];
        for (_, counts) in parts.into_iter().filter(|(is_unknown, _)| *is_unknown) {
            *counts.entry(language.to_owned()).or_default() += 1;
        }
    }
}

impl Asking<'_> {
    /// Whether the subject, and whether the template's own text, are partly unknown in an encoded text: of the object, where it
    /// is part of the text, that is asked elsewhere.
    pub(super) fn unknown(&self, text: &str, encoded: &Encoded, parts: &Parts, object: Range<usize>) -> (bool, bool) {
        self.unknown_around(text, encoded, parts.subject_place(), object)
    }

    /// As [`Asking::unknown`], of a subject in another place.
    pub(super) fn unknown_around(
        &self,
        text: &str,
        encoded: &Encoded,
        subject: Range<usize>,
        object: Range<usize>,
    ) -> (bool, bool) {
        let [first, second] = if subject.start < object.start { [&subject, &object] } else { [&object, &subject] };
        let own = [0..first.start, first.end..second.start, second.end..text.len()];
        let is_unknown = |place: Range<usize>| self.tokenizer.is_unknown(text, encoded, place);
        let template = own.into_iter().filter(|place| !place.is_empty()).any(is_unknown);
        (is_unknown(subject), template)
    }
}
