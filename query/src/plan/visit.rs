//! A walk over a plan, whatever kinds of sets it is made of: the parts of a node, and all sources below it.
//!
//! Not for what goes up from the leaves, as the facts that a set can have: that is a fold, and each has its own rule for
//! every operator.

use crate::plan::{Entries, Facts, Neurons, Pairs, Set, Source};

/// A node of a plan.
#[derive(Clone, Copy)]
pub(crate) enum Node<'p, 's> {
    Pairs(&'p Pairs<'s>),
    Neurons(&'p Neurons<'s>),
    Facts(&'p Facts<'s>),
    Entries(&'p Entries<'s>),
}

impl<'p, 's> From<&'p Set<'s>> for Node<'p, 's> {
    fn from(set: &'p Set<'s>) -> Self {
        match set {
            Set::Pairs(pairs) => Self::Pairs(pairs),
            Set::Neurons(neurons) => Self::Neurons(neurons),
            Set::Facts(facts) => Self::Facts(facts),
            Set::Entries(entries) => Self::Entries(entries),
        }
    }
}

impl<'p, 's> Node<'p, 's> {
    /// What it is made of, in the order of the statement.
    pub(crate) fn parts(self) -> impl DoubleEndedIterator<Item = Self> {
        let parts = match self {
            Self::Pairs(Pairs::Source(_) | Pairs::Saved(_))
            | Self::Neurons(Neurons::Known { .. })
            | Self::Facts(Facts::Known { .. })
            | Self::Entries(Entries::Source(_)) => [None, None],
            Self::Entries(Entries::WithFacts { entries, facts, .. }) => {
                [Some(Self::Entries(entries)), Some(Self::Facts(facts))]
            }
            Self::Facts(Facts::OfEntries { entries, .. }) => [Some(Self::Entries(entries)), None],
            Self::Pairs(Pairs::Rows { rows, .. })
            | Self::Neurons(Neurons::Rows(rows))
            | Self::Facts(Facts::Rows(rows)) => [Some(Self::from(&rows.of)), rows.beside.as_ref().map(Self::Pairs)],
            Self::Pairs(Pairs::Binary { left, right, .. }) => [Some(Self::Pairs(left)), Some(Self::Pairs(right))],
            Self::Pairs(Pairs::WithNeurons { pairs, neurons, .. }) => {
                [Some(Self::Pairs(pairs)), Some(Self::Neurons(neurons))]
            }
            Self::Pairs(Pairs::WithFacts { pairs, facts, .. }) => [Some(Self::Pairs(pairs)), Some(Self::Facts(facts))],
            Self::Neurons(Neurons::Of { pairs, .. }) | Self::Facts(Facts::Of { pairs, .. }) => {
                [Some(Self::Pairs(pairs)), None]
            }
            Self::Neurons(Neurons::Binary { left, right, .. }) => {
                [Some(Self::Neurons(left)), Some(Self::Neurons(right))]
            }
            Self::Facts(Facts::Binary { left, right, .. }) => [Some(Self::Facts(left)), Some(Self::Facts(right))],
        };
        parts.into_iter().flatten()
    }

    /// Whether something holds of the node or of one below it.
    pub(crate) fn any(self, holds: &impl Fn(Self) -> bool) -> bool {
        holds(self) || self.parts().any(|part| part.any(holds))
    }

    /// The node and all below it, each before its parts.
    pub(crate) fn below(self) -> impl Iterator<Item = Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let node = waiting.pop()?;
            waiting.extend(node.parts().rev());
            Some(node)
        })
    }

    /// All sources, in the order of the statement.
    pub(crate) fn sources(self) -> impl Iterator<Item = &'p Source<'s>> {
        self.below().filter_map(|node| match node {
            Self::Pairs(Pairs::Source(source)) | Self::Entries(Entries::Source(source)) => Some(&**source),
            _ => None,
        })
    }
}
