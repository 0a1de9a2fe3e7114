//! Questions to masked models: masks in the place that the object has in the sentence.

use super::{Asking, Encoded, Parts, Question, Skip, Step};

impl Asking<'_> {
    /// The prompt is that of the text with mask tokens for `[Y]`, as Hugging Face encodes it: a mask for each token of the
    /// object. Those are the tokens that the whole sentence has in the place of the masks.
    pub(super) fn masked(&self, parts: &Parts) -> Result<Question, Skip> {
        let (_, mask_id) = self.mask()?;
        let sentence = format!("{}{}{}", parts.before, parts.object, parts.after);
        let whole = self.encode(&sentence, true)?;
        let object = parts.before.len()..parts.before.len() + parts.object.len();
        if self.tokenizer.is_unknown(&sentence, &whole, object.clone()) {
            return Err(Skip::UnknownObject);
        }
        let from = self.object_from(parts, &whole)?;
        let behind = (from..whole.ids.len()).find(|&at| whole.added[at] || whole.places[at].start >= object.end);
        let behind = behind.unwrap_or(whole.ids.len());
        // A token that begins in the object and ends behind it.
        if whole.places[from..behind].iter().any(|place| place.end > object.end) {
            return Err(Skip::Border);
        }
        let targets = &whole.ids[from..behind];
        self.check_targets(targets, &sentence, &whole, object.clone())?;

        let (prompt, mask_at) = self.with_masks(parts, targets.len())?;
        let step = |i: usize| {
            let mut ids = prompt.ids.clone();
            ids[mask_at..mask_at + i].copy_from_slice(&targets[..i]);
            let words = (0..ids.len()).filter(|&at| !prompt.added[at] && ids[at] != mask_id).collect();
            Step { ids, position: mask_at + i, target: targets[i], words }
        };
        let (unknown_subject, unknown_template) = self.unknown(&sentence, &whole, parts, object);
        Ok(Question { steps: (0..targets.len()).map(step).collect(), foil: None, unknown_subject, unknown_template })
    }

    /// Which token of the whole sentence is the object's first: the first that the text with one mask does not have before
    /// its mask. That text may have a token for the blank before the mask, too, where a blank belongs to the word behind it;
    /// any other token that the whole sentence lacks is the object's doing.
    fn object_from(&self, parts: &Parts, whole: &Encoded) -> Result<usize, Skip> {
        let (prompt, mask_at) = self.with_masks(parts, 1)?;
        let tokens = |of: &Encoded, at: usize| (of.ids.get(at).copied(), of.places.get(at).cloned());
        let from = (0..mask_at).find(|&at| tokens(&prompt, at) != tokens(whole, at)).unwrap_or(mask_at);
        let blank = parts.before.trim_end().len();
        match prompt.places[from..mask_at].iter().all(|place| place.start >= blank) {
            true => Ok(from),
            false => Err(Skip::Border),
        }
    }

    /// The text with `count` mask tokens in the object's place, and where the first is.
    pub(super) fn with_masks(&self, parts: &Parts, count: usize) -> Result<(Encoded, usize), Skip> {
        let (mask, mask_id) = self.mask()?;
        let prompt = self.encode(&format!("{}{}{}", parts.before, mask.repeat(count), parts.after), true)?;
        let masks: Vec<_> =
            (0..prompt.ids.len()).filter(|&at| prompt.ids[at] == mask_id && !prompt.added[at]).collect();
        match masks.first() {
            Some(&first) if masks.iter().copied().eq(first..first + count) => Ok((prompt, first)),
            _ => Err(Skip::Masks),
        }
    }
}
