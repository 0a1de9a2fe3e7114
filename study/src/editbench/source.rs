//! Where edits come from: which facts get which objects, and what is asked beside each.

use crate::error::StudyError;
use crate::questions::{LeftOut, Question};
use kndb_storage::Neuron;
use std::borrow::Cow;

/// Facts that can be edited.
pub(super) trait EditSource: Sync {
    /// Facts by their numbers: those that are edited among them.
    fn questions(&self) -> &[Question];

    /// The fact whose object it gets, of one that is edited.
    fn target(&self, at: usize) -> &Question;

    /// Its neurons, where editors go by them; else none.
    fn neurons(&self, at: usize) -> Vec<Neuron>;

    /// What may be asked beside it, in the order in which it is tried.
    fn beside(&self, at: usize) -> Result<Beside<'_>, StudyError>;
}

/// What may be asked beside a fact.
pub(super) struct Beside<'q> {
    /// The fact in other words.
    pub paraphrases: Vec<Cow<'q, Question>>,
    /// Facts of the relation with the same old object, and with others.
    pub neighbours: [Vec<Cow<'q, Question>>; 2],
    /// Facts that have nothing to do with it.
    pub unrelated: Vec<Cow<'q, Question>>,
    /// What follows from the edit, with further right answers.
    pub portability: Vec<(Cow<'q, Question>, Vec<String>)>,
    /// Why some of what would have been asked cannot be.
    pub dropped: Vec<String>,
}

/// A source, the numbers of its facts that may be edited, and why others may not.
pub(super) struct Candidates<'s> {
    pub source: Box<dyn EditSource + 's>,
    pub waiting: Vec<usize>,
    pub left_out: LeftOut,
}
