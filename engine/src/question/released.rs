//! Questions as AMIG's released code asks them.

use super::{Asking, Parts, Question, Skip, Step};

impl Asking<'_> {
    /// The steps of AMIG's released code: the object's tokens as the tokenizer encodes it by itself (with the special
    /// tokens of a masked model), each at the one mask or the last token; before every step but the first, the text of
    /// the model's own first answer is appended. Every token counts as a word. A causal prompt ends where its text ends:
    /// the code knows no causal tokenizer that closes texts.
    pub fn released_code(
        &self,
        template: &str,
        subject: &str,
        object: &str,
        answer: impl Fn(&[u32], usize) -> u32,
    ) -> Result<Question, Skip> {
        let parts = Parts::new(template, subject, object)?;
        let alone = self.encode(&parts.object, !self.causal)?;
        let targets = &alone.ids;
        self.check_targets(targets, &parts.object, &alone, 0..parts.object.len())?;
        let mut text = if self.causal {
            parts.causal_prompt()?.0.to_owned()
        } else {
            format!("{}{}{}", parts.before, self.mask()?.0, parts.after)
        };
        let mut unknown = None;
        let mut appended = None;
        let mut steps = Vec::with_capacity(targets.len());
        for &target in targets {
            let prompt = if self.causal { self.encode_prompt(&text)? } else { self.encode(&text, true)? };
            unknown.get_or_insert_with(|| {
                let mut place = parts.subject_place();
                if parts.subject_later {
                    let (from, mask) = (place.start - parts.object.len(), self.mask().map_or(0, |mask| mask.0.len()));
                    place = from + mask..from + mask + parts.subject.len();
                }
                self.unknown_around(&text, &prompt, place, text.len()..text.len())
            });
            let ids = prompt.ids;
            if ids.len() > self.max_tokens {
                return Err(Skip::TooLong);
            }
            let position = if self.causal {
                ids.len() - 1
            } else {
                let mask_id = self.mask()?.1;
                ids.iter().position(|&id| id == mask_id).ok_or(Skip::Masks)?
            };
            let own = match &appended {
                Some(text) => text,
                None => {
                    let first = answer(&ids, position);
                    appended.insert(self.tokenizer.decode(&[first]).map_err(|_| Skip::Tokenizer)?)
                }
            };
            text.push_str(own);
            steps.push(Step { words: (0..ids.len()).collect(), ids, position, target });
        }
        let (unknown_subject, unknown_template) = unknown.unwrap_or_default();
        Ok(Question { steps, foil: None, unknown_subject, unknown_template })
    }
}
