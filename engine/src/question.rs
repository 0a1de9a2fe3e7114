//! From a fact and a template to what the model is asked: token ids, a position, a target.
//!
//! methods.md §2. An object of k tokens is asked in k steps with the gold tokens given (teacher forcing):
//! F_i = p(t_i | q, t_<i); the fact's probability is the product, its scores are the sum over the steps.

use crate::tokenizer::{Encoded, Tokenizer};
use std::fmt;

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

/// What a fact asks of a model in one language with one template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// One step a token of the object.
    pub steps: Vec<Step>,
}

/// Why a fact cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Skip {
    /// A causal model would have to name the object before it has read the subject.
    SubjectAfterObject,
    /// The template has no `[X]`, or no `[Y]`, or one of them twice.
    Template,
    /// There is no label of the subject or of the object in this language.
    NoLabel,
    /// The relation has no template in this language, or none of those that were chosen.
    NoTemplate,
    /// The object's label is not in the tokenizer's vocabulary.
    UnknownObject,
    /// The prompt is longer than the model can read.
    TooLong,
    /// The prompt is empty for a causal model: `[Y]` comes first.
    NothingBeforeObject,
    /// The tokenizer does not keep the masks of the prompt apart.
    Masks,
    /// The tokenizer failed.
    Tokenizer,
    /// A layer's scores sum to so little beside their parts that float32 does not give their quotients by the sum (AMIG Eq. 5)
    /// to 1e-4.
    Normalisation,
    /// Scores of this prompt are not finite numbers: the model overflows in f32.
    NotFinite,
    /// The run's score type cannot keep these scores: one becomes infinite, or the largest so small that it loses its digits
    /// (`kndb_storage::ScoreType::cannot_keep`).
    ScoreType,
    /// The object's probability is too small for a 32-bit number, so that shares of it would be noise.
    TooUnlikely,
    /// The probability is not what it was when the fact was attributed.
    Changed,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubjectAfterObject => "subject after object, which a causal model cannot be asked",
            Self::Template => "template without one [X] and one [Y]",
            Self::NoLabel => "no label of the subject or the object",
            Self::NoTemplate => "no template of the relation",
            Self::UnknownObject => "object not in the model's vocabulary",
            Self::TooLong => "prompt longer than the model can read",
            Self::NothingBeforeObject => "nothing before the object, which a causal model cannot be asked",
            Self::Masks => "mask tokens not kept apart by the tokenizer",
            Self::Tokenizer => "text the tokenizer refuses",
            Self::Normalisation => "scores of a layer sum to almost zero, so they cannot be normalised to 1e-4",
            Self::NotFinite => "scores that are no finite numbers",
            Self::ScoreType => "scores too large or too small for 16-bit numbers; --score-type f32 keeps them",
            Self::TooUnlikely => "probability too small for a 32-bit number",
            Self::Changed => "another probability than when it was attributed: labels have changed since",
        })
    }
}

/// Where prompts are cut and what they become.
pub struct Asking<'a> {
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Whether the model is causal.
    pub causal: bool,
    /// Longest input.
    pub max_tokens: usize,
}

impl Asking<'_> {
    /// The question of a template with `[X]` and `[Y]`.
    pub fn question(&self, template: &str, subject: &str, object: &str) -> Result<Question, Skip> {
        let parts = Parts::new(template, subject, object)?;
        let question = if self.causal { self.causal(&parts) } else { self.masked(&parts) }?;
        let longest = question.steps.iter().map(|step| step.ids.len()).max().unwrap_or(0);
        if longest > self.max_tokens { Err(Skip::TooLong) } else { Ok(question) }
    }

    fn masked(&self, parts: &Parts) -> Result<Question, Skip> {
        let targets = self.encode(&parts.object, false)?.ids;
        self.check_target(&targets)?;
        let (mask, mask_id) = self.mask()?;
        let masks = vec![mask; targets.len()].join(" ");
        let prompt = self.encode(&format!("{}{masks}{}", parts.before, parts.after), true)?;
        let positions: Vec<usize> = (0..prompt.ids.len()).filter(|&i| prompt.ids[i] == mask_id).collect();
        if positions.len() != targets.len() {
            return Err(Skip::Masks);
        }
        let step = |i: usize| {
            let mut ids = prompt.ids.clone();
            for (&position, &target) in positions.iter().zip(&targets).take(i) {
                ids[position] = target;
            }
            let words = (0..ids.len()).filter(|&at| !prompt.added[at] && ids[at] != mask_id).collect();
            Step { ids, position: positions[i], target: targets[i], words }
        };
        Ok(Question { steps: (0..targets.len()).map(step).collect() })
    }

    fn causal(&self, parts: &Parts) -> Result<Question, Skip> {
        let (text, separator) = parts.causal_prompt()?;
        let prompt = self.encode(&text, true)?;
        if prompt.ids.is_empty() {
            return Err(Skip::NothingBeforeObject);
        }
        let with_object = self.encode(&format!("{text}{separator}{}", parts.object), true)?;
        let targets = match with_object.ids.strip_prefix(prompt.ids.as_slice()) {
            Some(rest) if !rest.is_empty() => rest.to_vec(),
            // The tokenizer merges across the border (or closes the text): the object's own tokens then.
            _ => self.encode(&format!("{separator}{}", parts.object), false)?.ids,
        };
        self.check_target(&targets)?;
        let step = |i: usize| {
            let ids: Vec<u32> = prompt.ids.iter().chain(&targets[..i]).copied().collect();
            let words = (0..ids.len()).filter(|&at| !prompt.added.get(at).copied().unwrap_or(false)).collect();
            Step { position: ids.len() - 1, target: targets[i], words, ids }
        };
        Ok(Question { steps: (0..targets.len()).map(step).collect() })
    }

    /// The steps of AMIG's released code: the object's tokens as the tokenizer encodes it by itself (with the special
    /// tokens of a masked model), each at the one mask or the last token; before every step but the first, the text of
    /// the model's own first answer is appended. Every token counts as a word.
    pub fn released_code(
        &self,
        template: &str,
        subject: &str,
        object: &str,
        answer: impl Fn(&[u32], usize) -> u32,
    ) -> Result<Question, Skip> {
        let parts = Parts::new(template, subject, object)?;
        let targets = self.encode(&parts.object, !self.causal)?.ids;
        self.check_target(&targets)?;
        let mut text = match self.causal {
            true => parts.causal_prompt()?.0,
            false => format!("{}{}{}", parts.before, self.mask()?.0, parts.after),
        };
        let mut appended = None;
        let mut steps = Vec::with_capacity(targets.len());
        for &target in &targets {
            let ids = self.encode(&text, true)?.ids;
            if ids.is_empty() {
                return Err(Skip::NothingBeforeObject);
            }
            if ids.len() > self.max_tokens {
                return Err(Skip::TooLong);
            }
            let position = match self.causal {
                true => ids.len() - 1,
                false => {
                    let mask_id = self.mask()?.1;
                    ids.iter().position(|&id| id == mask_id).ok_or(Skip::Masks)?
                }
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
        Ok(Question { steps })
    }

    fn mask(&self) -> Result<(&str, u32), Skip> {
        self.tokenizer.mask.as_ref().map(|(name, id)| (name.as_str(), *id)).ok_or(Skip::Masks)
    }

    fn encode(&self, text: &str, special: bool) -> Result<Encoded, Skip> {
        self.tokenizer.encode(text, special).map_err(|_| Skip::Tokenizer)
    }

    fn check_target(&self, targets: &[u32]) -> Result<(), Skip> {
        let unknown = |id: &u32| Some(*id) == self.tokenizer.unknown;
        if targets.is_empty() || targets.iter().any(unknown) { Err(Skip::UnknownObject) } else { Ok(()) }
    }
}

/// A template with its subject filled in, cut at `[Y]`.
struct Parts {
    before: String,
    after: String,
    object: String,
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
            subject_later: after.contains("[X]"),
        })
    }

    /// The text before the object, and what stood between it and the object.
    fn causal_prompt(&self) -> Result<(String, &'static str), Skip> {
        if self.subject_later {
            return Err(Skip::SubjectAfterObject);
        }
        let text = self.before.trim_end();
        if text.is_empty() {
            return Err(Skip::NothingBeforeObject);
        }
        Ok((text.to_owned(), if text.len() < self.before.len() { " " } else { "" }))
    }
}
