//! What a writer hands to the store: one [`Entry`] a (fact, language, prompt).
//!
//! Writers name facts and languages as their files do; the store gives out ids. Not for reading:
//! a reader sees [`crate::Snapshot`].

use crate::block::LayerSummary;
use crate::ids::Neuron;

/// The scores, the neuron set or the degenerate groups found for one fact in one language with one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// External id of the fact (a UUID in LAMA and mLAMA). An id the store does not know is
    /// registered without labels.
    pub fact: String,
    /// Language code, as in the store's facts (`en`).
    pub language: String,
    /// Number of the prompt template within (relation, language).
    pub prompt: u16,
    /// What was found.
    pub data: EntryData,
}

/// The things an entry can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryData {
    /// Attribution scores, all or those above a floor.
    Scores(Scores),
    /// Scores as another store keeps them: nothing is chosen among them again.
    Stored(StoredScores),
    /// Knowledge neurons without scores, in any order, each at most once.
    Neurons(Vec<Neuron>),
    /// Groups of degenerate knowledge neurons (AMIG Eq. 9–10), each of two neurons or more.
    Groups(Vec<Group>),
    /// The same, with the [`crate::question_hash`] of what the model was asked when they were searched for.
    Searched {
        /// The groups.
        groups: Vec<Group>,
        /// The hash.
        question: u64,
    },
}

/// Attribution scores of one (fact, language, prompt), over all layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The scores themselves.
    pub values: ScoreValues,
    /// How good the integral was, per layer; empty where that is not known.
    pub evidence: Vec<LayerEvidence>,
    /// What the scores were made from, where that is known.
    pub origin: Option<Origin>,
}

/// What an entry was made from: the question, and what the model answered. Whatever is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Hash of the question as it was asked: [`crate::question_hash`].
    pub question: Option<u64>,
    /// The model's first answer, as text; of objects of one token.
    pub answer: Option<String>,
    /// Rank of the right object among the model's answers; 1: the model is right. Of an object of several tokens the worst of its
    /// tokens' ranks, each behind the right ones before it.
    pub rank: Option<u32>,
    /// Number of tokens of the object.
    pub tokens: Option<u16>,
}

/// Scores as a dense array, or as those that were kept.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreValues {
    /// One score a neuron, row-major: `scores[layer × width + unit]`.
    Dense(Vec<f32>),
    /// Some neurons' scores.
    Sparse {
        /// Neurons, each at most once, in any order.
        neurons: Vec<Neuron>,
        /// Their scores, in the same order.
        scores: Vec<f32>,
        /// Every neuron of the model with a score of at least this is listed. A neuron that is not
        /// listed scored less. Questions below the floor are refused.
        floor: f32,
    },
}

/// What a store keeps of one fact's scores, as [`crate::ScoreView`] tells it: for bringing it into another store. Made once, when the run's
/// rule was applied to all scores; what was dropped then is in `max`, `floor` and `layers` only.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredScores {
    /// Kept scores but for `negative`, in any order.
    pub scores: Vec<(Neuron, f32)>,
    /// Every neuron with a score of at least this is in `scores`.
    pub floor: f32,
    /// Maximum over all scores; NaN where none was given.
    pub max: f32,
    /// Negative scores that a signed rule keeps, in any order.
    pub negative: Vec<(Neuron, f32)>,
    /// Every neuron with a score of at most this is in `negative`; NaN where that is not known.
    pub ceiling: f32,
    /// One a layer.
    pub layers: Vec<LayerSummary>,
    /// What the scores were made from, where that is known.
    pub origin: Option<Origin>,
}

/// Evidence of one layer's integral: completeness says Σ scores = F(w̄) − F(w′) (methods §3). F is the probability unless the run names
/// another ([`crate::TARGET`]); what is not known is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerEvidence {
    /// p: the target's probability with the activations of the prompt, from 0 to 1; F(w̄) where F is that.
    pub probability: f32,
    /// F(w′): F with this layer's activations at the baseline; of a probability from 0 to 1.
    pub baseline: f32,
    /// Completeness residual: Σ scores − (F(w̄) − F(w′)).
    pub residual: f32,
}

/// A group of neurons that can stand in for each other: each harmless to lose alone, harmful together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The neurons of the group: two or more, each at most once.
    pub neurons: Vec<Neuron>,
    /// What suppression did, where it was measured.
    pub evidence: Option<GroupEvidence>,
}

/// Target probabilities behind a degenerate group (AMIG Algorithm 1).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupEvidence {
    /// p: nothing suppressed.
    pub probability: f32,
    /// p after suppressing each neuron alone, in the order of [`Group::neurons`].
    pub after_each: Vec<f32>,
    /// p after suppressing the whole group.
    pub after_all: f32,
}
