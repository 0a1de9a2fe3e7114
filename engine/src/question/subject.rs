//! Which tokens of a prompt are the subject's.

use super::{Asking, Encoded, Parts, Question, Skip};
use crate::edit::tokens_of;
use std::ops::Range;

impl Asking<'_> {
    /// The tokens of a question's prompt that have a part of the subject: the same in the inputs of all its steps.
    ///
    /// # Errors
    /// As [`Asking::question`]; a subject that no token stands for.
    pub fn subject_tokens(
        &self,
        template: &str,
        subject: &str,
        object: &str,
        question: &Question,
    ) -> Result<Range<usize>, Skip> {
        let parts = Parts::new(template, subject, object)?;
        let mut place = parts.subject_place();
        let prompt = if self.causal {
            self.encode_prompt(parts.causal_prompt()?.0)?
        } else {
            let masks = question.steps.len();
            if parts.subject_later {
                // The masks stand where the object would.
                let (from, mask) = (place.start - parts.object.len(), self.mask()?.0.len());
                place = from + masks * mask..from + masks * mask + parts.subject.len();
            }
            self.with_masks(&parts, masks)?.0
        };
        Self::within(&prompt, &place)
    }

    /// A text with `[X]` for the subject: the model's input, the subject's tokens, and the last token of the text.
    pub(crate) fn subject_in_text(
        &self,
        template: &str,
        subject: &str,
    ) -> Result<(Vec<u32>, Range<usize>, usize), Skip> {
        let (before, after) =
            template.split_once("[X]").filter(|(_, after)| !after.contains("[X]")).ok_or(Skip::Template)?;
        let subject = subject.trim();
        let text = format!("{before}{subject}{after}");
        let prompt = if self.causal { self.encode_prompt(text.trim_end())? } else { self.encode(&text, true)? };
        let span = Self::within(&prompt, &(before.len()..before.len() + subject.len()))?;
        let last = prompt.added.iter().rposition(|&added| !added).ok_or(Skip::Tokenizer)?;
        if prompt.ids.len() > self.max_tokens {
            return Err(Skip::TooLong);
        }
        Ok((prompt.ids, span, last))
    }

    fn within(prompt: &Encoded, place: &Range<usize>) -> Result<Range<usize>, Skip> {
        tokens_of(&prompt.places, &prompt.added, place).ok_or(Skip::NoSubject)
    }
}
