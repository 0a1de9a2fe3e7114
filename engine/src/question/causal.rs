//! Questions to causal models: the text before the object, and the object's tokens behind it.

use super::{Asking, Parts, Question, Skip, Step};

impl Asking<'_> {
    /// The object's tokens are those that follow the prompt's in the whole sentence. Where a token reaches from the prompt
    /// into the object, or the object changes how the prompt is split, there are none.
    pub(super) fn causal(&self, parts: &Parts) -> Result<Question, Skip> {
        let (text, separator) = parts.causal_prompt()?;
        let sentence = format!("{text}{separator}{}", parts.object);
        let prompt = self.encode_prompt(text)?;
        let whole = self.encode_prompt(&sentence)?;
        let object = sentence.len() - parts.object.len()..sentence.len();
        if self.tokenizer.is_unknown(&sentence, &whole, object.clone()) {
            return Err(Skip::UnknownObject);
        }
        let targets = whole.ids.strip_prefix(prompt.ids.as_slice()).ok_or(Skip::Border)?;
        // The same ids may stand for more text: an unknown token takes in what is unknown behind it.
        let ends = |places: &[std::ops::Range<usize>]| places[prompt.ids.len() - 1].end;
        if ends(&whole.places) != ends(&prompt.places) {
            return Err(Skip::Border);
        }
        self.check_targets(targets, &sentence, &whole, object)?;
        let (unknown_subject, unknown_template) = self.unknown(text, &prompt, parts, text.len()..text.len());
        let step = |i: usize| {
            let ids: Vec<u32> = prompt.ids.iter().chain(&targets[..i]).copied().collect();
            let words = (0..ids.len()).filter(|&at| !prompt.added.get(at).copied().unwrap_or(false)).collect();
            Step { position: ids.len() - 1, target: targets[i], words, ids }
        };
        Ok(Question { steps: (0..targets.len()).map(step).collect(), foil: None, unknown_subject, unknown_template })
    }
}
