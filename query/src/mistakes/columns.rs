//! The columns that a result can have, as far as its statement tells: for hints and completion, never to check anything.

use crate::syntax::ast::{Dim, Dimension, Expr, ExprKind, Head, Measure, SourceKind};
use Measure::{
    Asked, Baseline, Correct, Entries, Expected, Facts, Fdr, Frequency, Kept, Langs, Largest, Mean, Median, Neurons,
    Others, P, PAll, PAlone, PChance, Pairs, Prompts, Rank, Residual, Runs, Score, Share, Similarity, Tokens, Unpaired,
};

/// What the rows of a statement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Of a set, counted or listed.
    Set,
    /// Degenerate groups, which have probabilities.
    Groups,
    /// Entries, a row each.
    Entries,
    /// Entries, counted by something.
    CountedEntries,
    /// Of a similarity.
    Similarity,
}

impl Rows {
    /// What a head and its dimensions make.
    pub(crate) fn of(head: &Head, by: &[Dim]) -> Self {
        let Head::Set(set) = head else { return Self::Similarity };
        match first_source(set) {
            Some(SourceKind::Entries) if set.is_of_entries() => {
                if by.is_empty() {
                    Self::Entries
                } else {
                    Self::CountedEntries
                }
            }
            Some(SourceKind::Dkn) => Self::Groups,
            _ => Self::Set,
        }
    }

    /// The measures that their columns can be.
    pub fn measures(self) -> &'static [Measure] {
        match self {
            Self::Set => {
                &[Pairs, Facts, Neurons, Share, Asked, Frequency, Langs, Prompts, Runs, Score, Mean, PChance, Fdr]
            }
            Self::Groups => {
                &[Pairs, Facts, Neurons, Share, Asked, Frequency, Langs, Prompts, Runs, P, PAlone, PAll, PChance, Fdr]
            }
            Self::Entries => &[P, Baseline, Correct, Rank, Tokens, Residual, Largest, Kept],
            Self::CountedEntries => &[Entries, Facts, P, Median, Correct],
            Self::Similarity => &[Similarity, Expected, P, Others, Facts, Unpaired, Neurons],
        }
    }

    /// What they can be split by.
    pub fn dimensions(self) -> &'static [Dimension] {
        use Dimension::{
            Answer, Correct, Fact, Group, Lang, Layer, Neuron, Object, Prompt, Relation, Role, Run, Size, Subject,
            Tokens,
        };
        match self {
            Self::Set => &[Layer, Neuron, Role, Fact, Relation, Subject, Object, Lang, Prompt, Run, Size],
            Self::Groups => &[Layer, Neuron, Fact, Relation, Subject, Object, Lang, Prompt, Run, Group, Size],
            Self::Entries | Self::CountedEntries => {
                &[Fact, Relation, Subject, Object, Lang, Prompt, Run, Correct, Tokens, Answer]
            }
            Self::Similarity => &[Layer, Fact, Relation, Subject, Object],
        }
    }
}

/// The source that a set begins with.
pub(crate) fn first_source(set: &Expr) -> Option<SourceKind> {
    match &set.kind {
        ExprKind::Source(source) => Some(source.kind),
        _ => set.parts().find_map(first_source),
    }
}
