//! Questions put to a model, and its answers checked: their number, and that they are numbers.

use crate::error::StudyError;
use crate::model::{Claim, Edit, LanguageModel, Refusal};
use kndb_storage::Neuron;

/// A model and the fact it is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub model: &'a dyn LanguageModel,
    pub fact: &'a str,
}

/// An answer, or why the claim cannot be asked.
pub(crate) type Answer<T> = Result<Result<T, String>, StudyError>;

impl Asking<'_> {
    pub(crate) fn probabilities(self, claim: &Claim<'_>, edits: &[Vec<Edit>]) -> Answer<Vec<f64>> {
        let found = self.model.probabilities(claim, edits);
        self.check(claim, found, edits.len(), "probabilities", |p| (0.0..=1.0 + 1e-6).contains(p))
    }

    pub(crate) fn candidates(self, claim: &Claim<'_>, objects: &[&str]) -> Answer<Vec<Option<f64>>> {
        let found = self.model.candidates(claim, objects);
        let known = |p: &Option<f64>| p.is_none_or(|p| (0.0..=1.0 + 1e-6).contains(&p));
        self.check(claim, found, objects.len(), "probabilities", known)
    }

    pub(crate) fn mean_score(self, claim: &Claim<'_>, neurons: &[Neuron]) -> Answer<f64> {
        let found = self.model.scores(claim, neurons);
        Ok(self.check(claim, found, neurons.len(), "scores", |score| score.is_finite())?.map(|scores| mean(&scores)))
    }

    /// Scores of every neuron, as somebody else gave them.
    pub(crate) fn every_score(
        self,
        claim: &Claim<'_>,
        found: Result<Vec<f32>, Refusal>,
        neurons: usize,
    ) -> Answer<Vec<f32>> {
        self.check(claim, found, neurons, "scores", |score| score.is_finite())
    }

    pub(crate) fn mean_activation(self, claim: &Claim<'_>, neurons: &[Neuron]) -> Answer<f64> {
        let found = self.model.activations(claim, neurons);
        let checked = self.check(claim, found, neurons.len(), "activations", |value| value.is_finite())?;
        Ok(checked.map(|activations| mean(&activations)))
    }

    pub(crate) fn answers(self, claim: &Claim<'_>) -> Answer<bool> {
        self.refused(claim, self.model.answers(claim))
    }

    pub(crate) fn object_tokens(self, claim: &Claim<'_>) -> Answer<Option<usize>> {
        self.refused(claim, self.model.object_tokens(claim))
    }

    fn check<T: std::fmt::Debug>(
        self,
        claim: &Claim<'_>,
        found: Result<Vec<T>, Refusal>,
        count: usize,
        what: &str,
        is_good: impl Fn(&T) -> bool,
    ) -> Answer<Vec<T>> {
        let wrong = |found: String, expected: String| StudyError::Answer {
            fact: self.fact.to_owned(),
            language: claim.language.to_owned(),
            found,
            expected,
        };
        match self.refused(claim, found)? {
            Ok(values) if values.len() != count => Err(wrong(format!("{} {what}", values.len()), count.to_string())),
            Ok(values) => match values.iter().find(|value| !is_good(value)) {
                Some(value) => {
                    Err(wrong(format!("{value:?} among the {what}"), "finite numbers in their range".into()))
                }
                None => Ok(Ok(values)),
            },
            Err(reason) => Ok(Err(reason)),
        }
    }

    pub(crate) fn refused<T>(self, claim: &Claim<'_>, found: Result<T, Refusal>) -> Answer<T> {
        match found {
            Ok(value) => Ok(Ok(value)),
            Err(Refusal::CannotAsk { reason }) => Ok(Err(reason)),
            Err(source) => {
                Err(StudyError::Model { fact: self.fact.to_owned(), language: claim.language.to_owned(), source })
            }
        }
    }
}

/// In f64; never of nothing, for a relation without kept neurons is not scored.
fn mean(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64
}
