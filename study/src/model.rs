//! The border to whatever can be asked: a model, its claims, and the changes made to its neurons.
//!
//! A study knows no tensors. It asks a [`LanguageModel`] for probabilities, scores and activations, and takes "this cannot be
//! asked" for an answer. Not for computing any of them.

use kndb_storage::{Neuron, Shape};
use serde::Serialize;
use std::error::Error;

/// A fact put into words: a template filled with a subject and an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Language code, as in the store (`en`).
    pub language: &'a str,
    /// Template with `[X]` for the subject and `[Y]` for the object.
    pub template: &'a str,
    /// What stands for `[X]`.
    pub subject: &'a str,
    /// What stands for `[Y]`: the answer that is asked about.
    pub object: &'a str,
}

/// What is done to an activation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Multiply by this.
    Scale(f32),
    /// Replace by this.
    Set(f32),
}

impl Change {
    /// Multiplies by 0 (AMIG §4.2, KN §3.3).
    pub const SUPPRESS: Self = Self::Scale(0.0);
    /// Multiplies by 2.
    pub const ENHANCE: Self = Self::Scale(2.0);
}

/// One change of some neurons' activations, at the position where the claim's answer is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Whose activations change.
    pub neurons: Vec<Neuron>,
    /// How.
    pub change: Change,
}

/// Why a model did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The claim cannot be put to this model; a study counts it and goes on.
    #[error("{reason}")]
    CannotAsk {
        /// What stands against it. Claims with the same reason are counted together, so it should not name the fact.
        reason: String,
    },
    /// Something went wrong; a study ends.
    #[error("{source}")]
    Failed {
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Refusal {
    /// A claim that this model cannot be asked.
    pub fn cannot_ask(reason: impl Into<String>) -> Self {
        Self::CannotAsk { reason: reason.into() }
    }

    /// A failure.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed { source: source.into() }
    }
}

/// A model under study. Studies ask it from several threads at a time.
///
/// Every method returns [`Refusal::CannotAsk`] for a claim that cannot be put to the model, and [`Refusal::Failed`] if it breaks.
pub trait LanguageModel: Sync {
    /// Layers and width of the feed-forward blocks; must be those of the run.
    fn shape(&self) -> Shape;

    /// p(object) under each list of edits, as a product over the object's tokens: as many values as lists, each from 0 to 1. The
    /// edits of a list apply one after the other and are all in force (a neuron that two of them scale by 2 is scaled by 4). An
    /// empty list is the untouched model.
    fn probabilities(&self, claim: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal>;

    /// p(object) of the untouched model for each of several objects in the place of the claim's own. `None`: this object cannot be
    /// asked about. Asks one by one; a model that can share work between them should say how.
    fn candidates(&self, claim: &Claim<'_>, objects: &[&str]) -> Result<Vec<Option<f64>>, Refusal> {
        let ask = |object: &&str| match self.probabilities(&Claim { object, ..*claim }, &[Vec::new()]) {
            Ok(found) => Ok(found.first().copied()),
            Err(Refusal::CannotAsk { .. }) => Ok(None),
            Err(failed) => Err(failed),
        };
        objects.iter().map(ask).collect()
    }

    /// How many tokens the claim's object has; `None` of a model that knows no tokens.
    fn object_tokens(&self, _: &Claim<'_>) -> Result<Option<usize>, Refusal> {
        Ok(None)
    }

    /// Attribution scores of these neurons for F = p(object), in their order.
    fn scores(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal>;

    /// Activations of these neurons at the last token of the object, the object filled in, in their order.
    fn activations(&self, claim: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal>;

    /// Whether the object is the model's own answer over its whole vocabulary: every token of it the most probable one.
    fn answers(&self, claim: &Claim<'_>) -> Result<bool, Refusal>;
}
