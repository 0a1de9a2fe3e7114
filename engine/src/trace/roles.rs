//! What the tokens of a prompt are to its subject: the rows of the paper's Figure 2.

use crate::question::{Question, Skip, Step};
use std::ops::Range;

/// The roles of a kind of model, in order: the units of a run.
///
/// Of a causal model those of the paper: the subject's first, middle and last token, the first token after it, further ones, and the last, at which
/// the object is predicted. A subject of one token is first and last; the token behind the subject is `after` even where it is the last as
/// well. That is how the authors' released plots count (rome, `notebooks/average_causal_effects.ipynb`), which leave out what stands before the subject: in a causal model
/// noise does not reach it.
///
/// In a masked model it does: such tokens are `before`, those the tokenizer adds included. The mask at which the object is predicted is the
/// `target`, whether before or behind the subject, and takes the place of `last`; what is behind it is `further`, or `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    causal: bool,
}

const CAUSAL: [&str; 6] = ["first-subject", "middle-subject", "last-subject", "after", "further", "last"];
const MASKED: [&str; 7] = ["before", "first-subject", "middle-subject", "last-subject", "after", "further", "target"];

impl Roles {
    /// Of causal, or of masked models.
    pub fn of(causal: bool) -> Self {
        Self { causal }
    }

    /// Their names.
    pub fn names(self) -> &'static [&'static str] {
        if self.causal { &CAUSAL } else { &MASKED }
    }

    /// Number of a role.
    fn number(self, name: &str) -> usize {
        self.names().iter().position(|known| *known == name).unwrap_or(0)
    }
}

/// The tokens of a question that are traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    subject: Range<usize>,
    /// Of the first step, and each with its roles.
    traced: Vec<(usize, Vec<usize>)>,
    /// Where the first step's prediction is made.
    target: usize,
}

impl Places {
    /// Of a question whose subject stands at these tokens.
    ///
    /// # Errors
    /// [`Skip::NoSubject`] where that is none of the prompt's.
    pub fn of(question: &Question, subject: Range<usize>, causal: bool) -> Result<Self, Skip> {
        let first = question.steps.first().ok_or(Skip::NoSubject)?;
        if subject.is_empty() || subject.end > first.ids.len() {
            return Err(Skip::NoSubject);
        }
        let (roles, target) = (Roles::of(causal), first.position);
        // In an object's place, a masked model's prompt has a mask for each of its tokens. Each is asked in a step of its own, as the target.
        let masks = if causal { target..target + 1 } else { target..target + question.steps.len() };
        let mut traced: Vec<(usize, Vec<usize>)> = Vec::new();
        for at in if causal { subject.start } else { 0 }..first.ids.len() {
            let mut own = Vec::new();
            let mut has = |name| own.push(roles.number(name));
            match at {
                _ if at < subject.start && !masks.contains(&at) => has("before"),
                _ if subject.contains(&at) => {
                    if at == subject.start {
                        has("first-subject");
                    }
                    if at > subject.start && at + 1 < subject.end {
                        has("middle-subject");
                    }
                    if at + 1 == subject.end {
                        has("last-subject");
                    }
                }
                _ if at == subject.end && (at == target || !masks.contains(&at)) => has("after"),
                _ if !masks.contains(&at) => has("further"),
                _ => {}
            }
            if at == target {
                has(if causal { "last" } else { "target" });
            }
            if !own.is_empty() {
                traced.push((at, own));
            }
        }
        Ok(Self { subject, traced, target })
    }

    /// The subject's tokens.
    pub fn subject(&self) -> Range<usize> {
        self.subject.clone()
    }

    /// The tokens of the first step that are traced, each with the numbers of its roles.
    pub fn traced(&self) -> &[(usize, Vec<usize>)] {
        &self.traced
    }

    /// The same tokens in a step: where the prediction is made moves with it.
    pub(super) fn of_step(&self, step: &Step) -> Vec<usize> {
        self.traced.iter().map(|&(at, _)| if at == self.target { step.position } else { at }).collect()
    }

    /// Which of the traced tokens have a role.
    pub(super) fn with_role(&self, role: usize) -> Vec<usize> {
        (0..self.traced.len()).filter(|&place| self.traced[place].1.contains(&role)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question of so many tokens, with predictions at these places.
    fn question(tokens: usize, positions: &[usize], causal: bool) -> Question {
        let step = |(i, &position): (usize, &usize)| Step {
            ids: vec![1; if causal { tokens + i } else { tokens }],
            position,
            target: 2,
            words: Vec::new(),
        };
        let steps = positions.iter().enumerate().map(step).collect();
        Question { steps, foil: None, unknown_subject: false, unknown_template: false }
    }

    fn named(tokens: usize, positions: &[usize], subject: Range<usize>, causal: bool) -> Vec<(usize, String)> {
        let places = Places::of(&question(tokens, positions, causal), subject, causal).expect("can be traced");
        let names = Roles::of(causal).names();
        let shown = |roles: &[usize]| roles.iter().map(|&role| names[role]).collect::<Vec<_>>().join("+");
        places.traced().iter().map(|(at, roles)| (*at, shown(roles))).collect()
    }

    fn all(list: &[(usize, &str)]) -> Vec<(usize, String)> {
        list.iter().map(|&(at, name)| (at, name.to_owned())).collect()
    }

    #[test]
    fn tokens_of_a_causal_prompt_have_the_paper_s_roles() {
        // The Space Needle is in downtown
        let expected = [
            (1, "first-subject"),
            (2, "middle-subject"),
            (3, "middle-subject"),
            (4, "last-subject"),
            (5, "after"),
            (6, "further"),
            (7, "last"),
        ];
        assert_eq!(named(8, &[7], 1..5, true), all(&expected));
        assert_eq!(named(4, &[3], 1..2, true), all(&[(1, "first-subject+last-subject"), (2, "after"), (3, "last")]));
        assert_eq!(named(3, &[2], 0..2, true), all(&[(0, "first-subject"), (1, "last-subject"), (2, "after+last")]));
        assert_eq!(
            named(2, &[1], 0..2, true),
            all(&[(0, "first-subject"), (1, "last-subject+last")]),
            "ends with its subject"
        );
    }

    #[test]
    fn tokens_of_a_masked_prompt_are_before_and_behind() {
        // [CLS] capital of France is [MASK] . [SEP]
        let expected = [
            (0, "before"),
            (1, "before"),
            (2, "before"),
            (3, "first-subject+last-subject"),
            (4, "after"),
            (5, "target"),
            (6, "further"),
            (7, "further"),
        ];
        assert_eq!(named(8, &[5], 3..4, false), all(&expected));
        // [CLS] [MASK] [MASK] is of Costa Rica [SEP]: an object of two tokens.
        let expected = [
            (0, "before"),
            (1, "target"),
            (3, "before"),
            (4, "before"),
            (5, "first-subject"),
            (6, "last-subject"),
            (7, "after"),
        ];
        assert_eq!(named(8, &[1, 2], 5..7, false), all(&expected));
        // [CLS] Rica [MASK] [MASK] [SEP]
        let expected = [(0, "before"), (1, "first-subject+last-subject"), (2, "after+target"), (4, "further")];
        assert_eq!(named(5, &[2, 3], 1..2, false), all(&expected));
    }

    #[test]
    fn the_place_of_the_prediction_moves_with_the_steps_of_an_object() {
        let asked = question(5, &[4, 5], true);
        let places = Places::of(&asked, 1..2, true).expect("can be traced");
        assert_eq!(places.of_step(&asked.steps[0]), [1, 2, 3, 4]);
        assert_eq!(places.of_step(&asked.steps[1]), [1, 2, 3, 5]);
        assert_eq!(Places::of(&asked, 5..5, true), Err(Skip::NoSubject));
    }
}
