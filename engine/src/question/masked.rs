//! Questions to masked models: masks in the place that the object has in the sentence.

use super::{Asking, Encoded, Parts, Question, Skip, Step};

impl Asking<'_> {
    /// The prompt is that of the text with the mask token for `[Y]`, as Hugging Face encodes it, with a mask for each token
    /// of the object. Those are the tokens that the whole sentence has between the prompt's on either side.
    pub(super) fn masked(&self, parts: &Parts) -> Result<Question, Skip> {
        let (_, mask_id) = self.mask()?;
        let sentence = format!("{}{}{}", parts.before, parts.object, parts.after);
        let whole = self.encode(&sentence, true)?;
        let object = parts.before.len()..parts.before.len() + parts.object.len();
        if self.tokenizer.is_unknown(&sentence, &whole, object.clone()) {
            return Err(Skip::UnknownObject);
        }
        let (prompt, mask_at) = self.around_mask(parts, &whole)?;
        let behind = (mask_at..whole.ids.len()).find(|&at| whole.added[at] || whole.places[at].start >= object.end);
        let behind = behind.unwrap_or(whole.ids.len());
        // A token that begins in the object and ends behind it.
        if whole.places[mask_at..behind].iter().any(|place| place.end > object.end) {
            return Err(Skip::Border);
        }
        let targets = &whole.ids[mask_at..behind];
        self.check_targets(targets, &sentence, &whole, object.clone())?;

        let ids: Vec<u32> = prompt.ids[..mask_at]
            .iter()
            .copied()
            .chain(std::iter::repeat_n(mask_id, targets.len()))
            .chain(prompt.ids[mask_at + 1..].iter().copied())
            .collect();
        let added = |at: usize| {
            let in_prompt = if at < mask_at { at } else { (at + 1).saturating_sub(targets.len()).max(mask_at) };
            prompt.added[in_prompt]
        };
        let step = |i: usize| {
            let mut ids = ids.clone();
            ids[mask_at..mask_at + i].copy_from_slice(&targets[..i]);
            let words = (0..ids.len()).filter(|&at| !added(at) && ids[at] != mask_id).collect();
            Step { ids, position: mask_at + i, target: targets[i], words }
        };
        let (unknown_subject, unknown_template) = self.unknown(&sentence, &whole, parts, object);
        Ok(Question { steps: (0..targets.len()).map(step).collect(), unknown_subject, unknown_template })
    }

    /// The text with one mask in the object's place, and where the mask is: behind the tokens with which the whole sentence
    /// begins, too. In many tokenizers a blank belongs to the token behind it, so the blank before the object may be the
    /// mask's.
    fn around_mask(&self, parts: &Parts, whole: &Encoded) -> Result<(Encoded, usize), Skip> {
        let (mask, mask_id) = self.mask()?;
        for before in [parts.before.as_str(), parts.before.trim_end()] {
            let prompt = self.encode(&format!("{before}{mask}{}", parts.after), true)?;
            let mut masks = (0..prompt.ids.len()).filter(|&at| prompt.ids[at] == mask_id && !prompt.added[at]);
            let (Some(at), None) = (masks.next(), masks.next()) else { return Err(Skip::Masks) };
            let same_text = at == 0 || prompt.places[at - 1] == whole.places.get(at - 1).cloned().unwrap_or_default();
            if whole.ids.starts_with(&prompt.ids[..at]) && same_text {
                return Ok((prompt, at));
            }
        }
        Err(Skip::Border)
    }
}
