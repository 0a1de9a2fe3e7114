//! A text as windows of tokens, each as long as what a model is asked at once.

use crate::question::Asking;
use std::ops::Range;

/// What a model reads at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Token ids, those that the tokenizer puts around texts included.
    pub ids: Vec<u32>,
    /// Which of them are the text's: the others are not counted.
    pub counted: Range<usize>,
}

/// The tokens of a text, cut into windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    before: Vec<u32>,
    after: Vec<u32>,
    ids: Vec<u32>,
    /// Tokens of the text in a window.
    room: usize,
}

impl Windows {
    /// Cuts a text into windows of `length` tokens, what the tokenizer puts around a text included (before it alone for causal models).
    /// The text is encoded line by line, its tokens follow each other over lines, and the last window may be shorter. With `most`, the text
    /// ends after so many of its tokens.
    ///
    /// # Errors
    /// Why the text cannot be read by the model, as a sentence.
    pub fn of(asking: &Asking<'_>, text: &str, length: usize, most: Option<usize>) -> Result<Self, String> {
        // Windows' editors begin a file with a mark, which is none of the text's tokens.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (before, after) = around(asking)?;
        let room = length.min(asking.max_tokens).saturating_sub(before.len() + after.len());
        if room == 0 {
            return Err(format!(
                "windows of {length} tokens have no room for text beside the {} that the tokenizer adds",
                before.len() + after.len()
            ));
        }
        let most = most.unwrap_or(usize::MAX);
        let mut ids = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if ids.len() >= most {
                break;
            }
            let place = |why: String| format!("line {}: {why}", number + 1);
            let encoded = asking.tokenizer.encode(line, false).map_err(place)?;
            if !asking.tokenizer.has_embeddings(&encoded.ids) {
                return Err(place("it has a token that the model has no embedding of".into()));
            }
            ids.extend(encoded.ids);
        }
        ids.truncate(most);
        if ids.is_empty() {
            return Err("the text has no token".into());
        }
        Ok(Self { before, after, ids, room })
    }

    /// Tokens of the text.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Number of windows.
    pub fn count(&self) -> usize {
        self.ids.len().div_ceil(self.room)
    }

    /// One of them.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn window(&self, number: usize) -> Window {
        let from = number * self.room;
        let part = &self.ids[from..(from + self.room).min(self.ids.len())];
        let ids = [&self.before, part, &self.after].concat();
        Window { counted: self.before.len()..self.before.len() + part.len(), ids }
    }
}

/// What is put before and behind a text.
pub(crate) fn around(asking: &Asking<'_>) -> Result<(Vec<u32>, Vec<u32>), String> {
    // With a text between them, so that both sides are told apart.
    let encoded = asking.tokenizer.encode("a", true)?;
    let first = encoded.added.iter().position(|added| !added).unwrap_or(encoded.ids.len());
    let behind = encoded.added.iter().rposition(|added| !added).map_or(first, |last| last + 1);
    let mut before = encoded.ids[..first].to_vec();
    let mut after = encoded.ids[behind..].to_vec();
    if asking.causal {
        after.clear();
    }
    if let Some(begin) = asking.begin {
        before.insert(0, begin);
    }
    Ok((before, after))
}
