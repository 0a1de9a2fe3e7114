//! From a fact and a template to what the model is asked: token ids, a position, a target.
//!
//! A causal prompt ends where its text ends, and an object's tokens are those that it has behind the prompt, or in the place
//! of the masks: what the tokenizer makes of the whole sentence decides, never the object by itself.
//!
//! methods.md §2. An object of k tokens is asked in k steps with the gold tokens given (teacher forcing):
//! F_i = p(t_i | q, t_<i); the fact's probability is the product, its scores are the sum over the steps.

mod causal;
mod foil;
mod masked;
mod released;
mod skip;
mod subject;
mod unknown;

pub use skip::Skip;
pub(crate) use unknown::UnknownCounts;
pub use unknown::UnknownParts;

use crate::metric::Goal;
use crate::tokenizer::{Encoded, Tokenizer};
use std::ops::Range;

/// One prediction: the probability F of `target` at `position`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The model's input.
    pub ids: Vec<u32>,
    /// Where the prediction is made: the mask, or the last token.
    pub position: usize,
    /// The gold token.
    pub target: u32,
    /// Positions of the prompt's words, which baselines replace one at a time: every token but the special ones around
    /// the text and the masks.
    pub words: Vec<usize>,
}

impl Step {
    /// F = p(target).
    pub fn probability(&self) -> Goal {
        Goal::Probability { target: self.target }
    }
}

/// What the object is set against: another object of the same template, told from it by one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foil {
    /// The step at which the two part: their tokens before it are the same.
    pub step: usize,
    /// The foil's token there.
    pub token: u32,
}

/// What a fact asks of a model in one language with one template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// One step a token of the object.
    pub steps: Vec<Step>,
    /// What the object is set against, where something is.
    pub foil: Option<Foil>,
    /// Whether the subject has parts that the tokenizer's vocabulary lacks: it is asked, but not as it is written.
    pub unknown_subject: bool,
    /// Whether the template's own text has such parts.
    pub unknown_template: bool,
}

/// Where prompts are cut and what they become.
pub struct Asking<'a> {
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Whether the model is causal.
    pub causal: bool,
    /// Longest input.
    pub max_tokens: usize,
    /// A token to put before causal prompts whose tokenizer adds none (`--bos`).
    pub begin: Option<u32>,
}

impl Asking<'_> {
    /// The question of a template with `[X]` and `[Y]`.
    pub fn question(&self, template: &str, subject: &str, object: &str) -> Result<Question, Skip> {
        let parts = Parts::new(template, subject, object)?;
        let question = if self.causal { self.causal(&parts) } else { self.masked(&parts) }?;
        let longest = question.steps.iter().map(|step| step.ids.len()).max().unwrap_or(0);
        if longest > self.max_tokens { Err(Skip::TooLong) } else { Ok(question) }
    }

    fn mask(&self) -> Result<(&str, u32), Skip> {
        self.tokenizer.mask.as_ref().map(|(name, id)| (name.as_str(), *id)).ok_or(Skip::Masks)
    }

    fn encode(&self, text: &str, special: bool) -> Result<Encoded, Skip> {
        let encoded = self.tokenizer.encode(text, special).map_err(|_| Skip::Tokenizer)?;
        if self.tokenizer.has_embeddings(&encoded.ids) { Ok(encoded) } else { Err(Skip::NoEmbedding) }
    }

    /// The prompt of a causal model as far as its text goes, with the token that `--bos` puts before it.
    fn encode_prompt(&self, text: &str) -> Result<Encoded, Skip> {
        let mut prompt = self.encode(text, true)?.open_ended();
        if prompt.ids.is_empty() {
            return Err(Skip::NothingBeforeObject);
        }
        if let Some(begin) = self.begin {
            prompt.ids.insert(0, begin);
            prompt.added.insert(0, true);
            prompt.places.insert(0, 0..0);
        }
        Ok(prompt)
    }

    /// Targets that the vocabulary has: `place` is the object's in the encoded text.
    fn check_targets(&self, targets: &[u32], text: &str, encoded: &Encoded, place: Range<usize>) -> Result<(), Skip> {
        let unknown = |&id: &u32| self.tokenizer.is_unknown_id(id);
        match targets.is_empty() || targets.iter().any(unknown) || self.tokenizer.is_unknown(text, encoded, place) {
            true => Err(Skip::UnknownObject),
            false => Ok(()),
        }
    }
}

/// A template with its subject filled in, cut at `[Y]`.
struct Parts {
    before: String,
    after: String,
    object: String,
    subject: String,
    /// Where the subject begins in `before` or `after`.
    subject_at: usize,
    subject_later: bool,
}

impl Parts {
    fn new(template: &str, subject: &str, object: &str) -> Result<Self, Skip> {
        if subject.trim().is_empty() || object.trim().is_empty() {
            return Err(Skip::NoLabel);
        }
        let once = |mark: &str| template.matches(mark).count() == 1;
        if !once("[X]") || !once("[Y]") {
            return Err(Skip::Template);
        }
        let (before, after) = template.split_once("[Y]").ok_or(Skip::Template)?;
        let fill = |part: &str| part.replace("[X]", subject.trim());
        Ok(Self {
            before: fill(before),
            after: fill(after),
            object: object.trim().to_owned(),
            subject: subject.trim().to_owned(),
            subject_at: before.find("[X]").or_else(|| after.find("[X]")).unwrap_or(0),
            subject_later: after.contains("[X]"),
        })
    }

    /// Where the subject is in the sentence, the object in its place.
    fn subject_place(&self) -> Range<usize> {
        let from = if self.subject_later { self.before.len() + self.object.len() } else { 0 } + self.subject_at;
        from..from + self.subject.len()
    }

    /// The text before the object, and the white space between it and the object, as the template has it. Several blanks are
    /// a slip of whoever wrote the template and count as one; a line end or a wide blank is another token, and stays.
    fn causal_prompt(&self) -> Result<(&str, &str), Skip> {
        if self.subject_later {
            return Err(Skip::SubjectAfterObject);
        }
        let text = self.before.trim_end();
        if text.is_empty() {
            return Err(Skip::NothingBeforeObject);
        }
        let space = &self.before[text.len()..];
        let blanks = !space.is_empty() && space.chars().all(|c| c == ' ');
        Ok((text, if blanks { " " } else { space }))
    }
}
