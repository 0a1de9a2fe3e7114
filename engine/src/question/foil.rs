//! Foils: what an object is set against when F is a difference of logits.

use super::{Asking, Foil, Question, Skip};

impl Asking<'_> {
    /// The question with a foil: another object of the same template and subject. The two are set against each other at the first
    /// token in which they differ, the same tokens given: behind it, each would be asked in a text of its own. The prompt there must be
    /// the same, which a masked model's is for objects of equally many tokens, as it has a mask for each.
    ///
    /// # Errors
    /// [`Skip::NoFoil`] where there is no such token; and why the foil cannot be asked.
    pub fn against(&self, question: Question, template: &str, subject: &str, foil: &str) -> Result<Question, Skip> {
        let other = self.question(template, subject, foil)?;
        let mut both = question.steps.iter().zip(&other.steps);
        let parted = both.position(|(own, other)| own.target != other.target).ok_or(Skip::NoFoil)?;
        let (own, other) = (&question.steps[parted], &other.steps[parted]);
        if own.ids != other.ids || own.position != other.position {
            return Err(Skip::NoFoil);
        }
        Ok(Question { foil: Some(Foil { step: parted, token: other.target }), ..question })
    }
}
