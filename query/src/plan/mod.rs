//! The typed plan: what each part of a statement is, and where its data lies.
//!
//! [`lower`](crate::plan::lower) makes it from the syntax tree, [`optimise`](crate::plan::optimise) pushes filters
//! into its sources, [`explain`] draws it, [`eval`](crate::run::eval) runs it fact by fact. What a reader has to know beside
//! the rows is found here, too: [`unstored`], [`unpaired`], [`relabelled`], [`prompts`], [`scored`].

pub(crate) mod about;
pub(crate) mod explain;
pub(crate) mod foreign;
pub(crate) mod groups;
pub(crate) mod kinds;
pub(crate) mod lower;
mod measured;
pub(crate) mod names;
pub(crate) mod optimise;
pub(crate) mod parts;
mod prompts;
mod quota;
mod ranges;
mod relabelled;
pub(crate) mod saved;
mod scored;
mod signs;
mod single;
pub(crate) mod unpaired;
mod unstored;
pub(crate) mod visit;

pub use about::layers_asked;
pub use measured::{EntryTest, measured_in};
pub use names::Settings;
pub use scored::scored_layers;
pub(crate) use single::single;

use crate::interrupt::Interrupt;
use crate::plan::explain::Line;
use crate::plan::groups::GroupCut;
use crate::plan::kinds::Kind;
use crate::plan::parts::PartsOfLayers;
pub(crate) use crate::plan::quota::Quota;
use crate::syntax::ast::{Query, SetOp, Sign};
use crate::syntax::span::Span;
use kndb_storage::{FactId, GridSets, LanguageId, LivePart, PromptId, RunId, ScoreView, Shape};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A set of (fact, neuron) pairs.
#[derive(Clone)]
pub(crate) enum Pairs<'s> {
    /// Leaves: `kn`, `likn`, `dkn`.
    Source(Box<Source<'s>>),
    /// `@name` of pairs.
    Saved(SavedPairs),
    /// Fact by fact: union, intersection, difference, symmetric difference.
    Binary { id: NodeId, op: SetOp, left: Box<Pairs<'s>>, right: Box<Pairs<'s>> },
    /// `pairs & neurons`, `pairs - neurons`.
    WithNeurons { id: NodeId, pairs: Box<Pairs<'s>>, neurons: Neurons<'s>, keep: bool },
    /// `pairs & facts`, `pairs - facts`.
    WithFacts { id: NodeId, pairs: Box<Pairs<'s>>, facts: Facts<'s>, keep: bool },
    /// `(… by fact, neuron)`, and what of it is asked for: of the rows, not of what they are counted from.
    Rows { rows: Box<RowSet<'s>>, neurons: Option<NeuronFilter>, facts: Option<FactFilter> },
}

/// A set of neurons.
#[derive(Clone)]
pub(crate) enum Neurons<'s> {
    /// `neurons(…)`, or a saved set.
    Known {
        id: NodeId,
        text: String,
        neurons: NeuronFilter,
        /// Whether they are what they are because somebody named a part of a layer.
        parts: PartsOfLayers,
    },
    /// `neurons of pairs`.
    Of {
        id: NodeId,
        pairs: Box<Pairs<'s>>,
    },
    Binary {
        id: NodeId,
        op: SetOp,
        left: Box<Neurons<'s>>,
        right: Box<Neurons<'s>>,
    },
    /// `(… by neuron)`.
    Rows(Box<RowSet<'s>>),
}

/// A set of facts.
#[derive(Clone)]
pub(crate) enum Facts<'s> {
    /// `facts[…]`, or a saved set.
    Known {
        id: NodeId,
        text: String,
        facts: RoaringBitmap,
    },
    /// `facts of pairs`. The pairs may be of another model than the rest of the plan.
    Of {
        id: NodeId,
        pairs: Box<Pairs<'s>>,
        shape: Shape,
    },
    Binary {
        id: NodeId,
        op: SetOp,
        left: Box<Facts<'s>>,
        right: Box<Facts<'s>>,
    },
    /// `facts of entries[…]`.
    OfEntries {
        id: NodeId,
        entries: Box<Entries<'s>>,
    },
    /// `(… by fact)`, `facts of (entries[…] … top n)`.
    Rows(Box<RowSet<'s>>),
}

/// A query in parentheses. [`crate::rows::as_set`] finds its members before the plan around it runs.
#[derive(Clone)]
pub(crate) struct RowSet<'s> {
    pub id: NodeId,
    pub query: Query,
    /// What the rows are counted from, or chosen from; of a similarity, its left side.
    pub of: Set<'s>,
    /// The right side of a similarity, whose rows are facts.
    pub beside: Option<Pairs<'s>>,
    /// Shape of its model; of facts alone, any.
    pub shape: Shape,
}

/// A set of any kind.
#[derive(Clone)]
pub(crate) enum Set<'s> {
    Pairs(Pairs<'s>),
    Neurons(Neurons<'s>),
    Facts(Facts<'s>),
    /// `entries[…]`, which are no set of the algebra.
    Entries(Entries<'s>),
}

/// `entries[…]`, and those of them that some facts have.
#[derive(Clone)]
pub(crate) enum Entries<'s> {
    Source(Box<Source<'s>>),
    /// `entries & facts`, `entries - facts`.
    WithFacts {
        id: NodeId,
        entries: Box<Entries<'s>>,
        facts: Facts<'s>,
        keep: bool,
    },
}

impl Set<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Pairs(_) => Kind::Pairs,
            Self::Neurons(_) => Kind::Neurons,
            Self::Facts(_) => Kind::Facts,
            Self::Entries(_) => Kind::Entries,
        }
    }
}

/// Number of a plan node: what `explain analyze` counts by.
pub(crate) type NodeId = usize;

/// Pairs that are known: those of a saved set, or of the rows of a query in parentheses.
#[derive(Clone)]
pub(crate) struct SavedPairs {
    pub id: NodeId,
    pub from: KnownFrom,
    /// Neurons by fact.
    pub pairs: Arc<BTreeMap<u32, RoaringBitmap>>,
    /// Facts that could have had pairs, where that is known: of what is saved it is not.
    pub asked: Option<RoaringBitmap>,
    /// Facts that there was data for, where that is known; else those that have a pair.
    pub attributed: Option<RoaringBitmap>,
    /// Whether what they were taken from was cut to parts of layers.
    pub parts: PartsOfLayers,
    /// Neurons that are asked for, where that was pushed down to here.
    pub neurons: Option<NeuronFilter>,
    pub facts: Option<FactFilter>,
}

/// Where pairs that are known come from.
#[derive(Clone)]
pub(crate) enum KnownFrom {
    /// A set saved with `let`, of this name.
    Saved(String),
    /// The rows of a query in parentheses.
    Rows,
    /// An attached store: its set as it is written, and how the store finds it.
    Attached { text: String, drawn: Arc<Line> },
}

impl KnownFrom {
    /// As it is written in a statement; of rows, nothing.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Saved(name) => Some(format!("@{name}")),
            Self::Rows => None,
            Self::Attached { text, .. } => Some(text.clone()),
        }
    }
}

/// How the languages of a source go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combine {
    /// `kn`, `dkn`: pairs of any language.
    Union,
    /// `likn`: pairs that every language has.
    Intersection,
}

/// `kn[…]`, `likn[…]`, `dkn[…]` or `entries[…]`.
#[derive(Clone)]
pub(crate) struct Source<'s> {
    pub id: NodeId,
    pub text: String,
    pub span: Span,
    pub combine: Combine,
    pub groups: bool,
    /// `entries`: what was measured is asked for, and no neurons.
    pub entries: bool,
    pub cells: Vec<Cell<'s>>,
    /// How many languages must have a pair; any without.
    pub langs: Option<Quota>,
    /// How many runs must have a pair; any without.
    pub runs: Option<Quota>,
    /// Facts that are asked for.
    pub facts: Option<FactFilter>,
    /// Neurons that are asked for.
    pub neurons: Option<NeuronFilter>,
    /// Looked at for every part whose facts are gathered.
    pub interrupt: Interrupt,
}

/// Facts to keep, or to leave out.
#[derive(Clone)]
pub(crate) struct FactFilter {
    pub only: Option<RoaringBitmap>,
    pub without: RoaringBitmap,
}

/// One run and language of a source: the knowledge neurons of its prompts, taken together.
#[derive(Clone)]
pub(crate) struct Cell<'s> {
    pub run: RunId,
    pub language: LanguageId,
    pub prompts: Vec<PromptParts<'s>>,
    /// How many of a fact's prompts must have a neuron.
    pub share: Quota,
    pub cut: Cut,
    /// Where the threshold is given, or else the source that takes the run's.
    pub tau_span: Span,
    pub tau_given: bool,
    /// Which groups count, where the cell has groups.
    pub groups: Option<GroupCut>,
    /// Where a rank is asked for: whether it parts equals.
    pub ties: Option<Arc<Ties>>,
}

/// Whether `rank<=n` was found to part equal scores. All that work on a plan say so, and it is asked once they are done.
pub(crate) struct Ties {
    span: Span,
    found: AtomicBool,
}

impl Ties {
    pub(crate) fn new(span: Span) -> Self {
        Self { span, found: AtomicBool::new(false) }
    }

    /// Looks at the best `rank` of some scores.
    pub(crate) fn look(&self, scores: &ScoreView<'_>, rank: usize) {
        let Some(last) = rank.checked_sub(1).filter(|last| *last < scores.len()) else { return };
        let of_last = scores.score(last);
        // Of what was not kept, any may be as large as the floor.
        let parts = if rank < scores.len() { scores.score(rank) == of_last } else { scores.floor() > of_last };
        if parts {
            // Nobody reads anything else by this flag.
            self.found.store(true, Ordering::Relaxed);
        }
    }

    /// Where the condition stands, if it parted equals; a plan that is kept begins anew.
    pub(crate) fn take(&self) -> Option<Span> {
        self.found.swap(false, Ordering::Relaxed).then_some(self.span)
    }
}

#[derive(Clone)]
pub(crate) struct PromptParts<'s> {
    pub prompt: PromptId,
    pub parts: Vec<PartAccess<'s>>,
}

/// A part and the way into it.
#[derive(Clone)]
pub(crate) struct PartAccess<'s> {
    pub live: LivePart<'s>,
    /// Ascending ids of its facts.
    pub facts: &'s [[u8; 4]],
    /// Which cursor walks its facts.
    pub cursor: usize,
    pub access: Access<'s>,
    /// Positions of the entries that pass the source's conditions on what was measured of them; the others count as not there.
    pub only: Option<RoaringBitmap>,
}

impl PartAccess<'_> {
    /// The fact at a position.
    pub(crate) fn fact(&self, local: u32) -> Option<FactId> {
        self.facts.get(local as usize).map(|&fact| FactId(u32::from_le_bytes(fact)))
    }

    /// Whether the entry at a position counts.
    pub(crate) fn has(&self, local: u32) -> bool {
        self.live.is_live(local) && self.only.as_ref().is_none_or(|only| only.contains(local))
    }

    /// Number of entries that count.
    pub(crate) fn count(&self) -> u64 {
        self.only.as_ref().map_or_else(|| self.live.live_len(), RoaringBitmap::len)
    }
}

/// How the set of a fact is found.
#[derive(Clone, Copy)]
pub(crate) enum Access<'s> {
    /// Ready-made: grid number, and the sets.
    Grid(usize, GridSets<'s>),
    /// A prefix of the descending scores, its length between the counts of two grids.
    Prefix { below: Option<(usize, GridSets<'s>)>, above: Option<GridSets<'s>>, check: bool },
    /// All kept scores: ready-made sets are of positive ones.
    Signed,
    /// The groups that qualify, flattened.
    Groups,
}

/// Which scores are enough: all conditions together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cut {
    pub sign: Sign,
    pub tau: f64,
    /// A bound, and whether it must be passed itself: a lower one of positive scores, an upper one of negative ones.
    pub score: Option<(f64, bool)>,
    pub rank: Option<u32>,
}

impl Cut {
    /// Whether τ alone decides.
    pub(crate) fn is_tau(self) -> bool {
        self.score.is_none() && self.rank.is_none()
    }
}

/// A set of neurons to test against.
#[derive(Clone)]
pub(crate) struct NeuronFilter {
    pub set: Arc<RoaringBitmap>,
    /// The same, where it is one range: `first..=last`.
    pub range: Option<(u32, u32)>,
    /// The same as a bitmap, where the model is small enough.
    pub dense: Option<Arc<Vec<u64>>>,
}

/// Models up to this many neurons get dense bitmaps and counters.
pub(crate) const DENSE_LIMIT: u64 = 1 << 22;

impl NeuronFilter {
    pub(crate) fn new(set: RoaringBitmap, shape: Shape) -> Self {
        let range = match (set.min(), set.max()) {
            (Some(first), Some(last)) if set.len() == u64::from(last - first) + 1 => Some((first, last)),
            _ => None,
        };
        let dense = (range.is_none() && shape.neurons() <= DENSE_LIMIT).then(|| {
            let mut words = vec![0_u64; (shape.neurons() as usize).next_multiple_of(1 << 16) / 64];
            for neuron in &set {
                if let Some(word) = words.get_mut(neuron as usize / 64) {
                    *word |= 1 << (neuron % 64);
                }
            }
            Arc::new(words)
        });
        Self { set: Arc::new(set), range, dense }
    }

    /// Those that pairs are kept of: the neurons themselves, or all others of the model.
    pub(crate) fn kept(set: RoaringBitmap, keep: bool, shape: Shape) -> Self {
        if keep {
            return Self::new(set, shape);
        }
        let mut others = RoaringBitmap::new();
        // A model has no more neurons than there are numbers.
        if let Some(last) = shape.neurons().checked_sub(1).and_then(|last| u32::try_from(last).ok()) {
            others.insert_range(0..=last);
        }
        Self::new(others - set, shape)
    }

    pub(crate) fn and(&self, other: &Self, shape: Shape) -> Self {
        Self::new(&*self.set & &*other.set, shape)
    }

    pub(crate) fn contains(&self, neuron: u32) -> bool {
        match (self.range, &self.dense) {
            (Some((first, last)), _) => (first..=last).contains(&neuron),
            (None, Some(words)) => words.get(neuron as usize / 64).is_some_and(|word| word >> (neuron % 64) & 1 == 1),
            (None, None) => self.set.contains(neuron),
        }
    }
}

impl Source<'_> {
    /// Whether it is counted where pairs are found, so that one cell alone does not tell them.
    pub(crate) fn counts_places(&self) -> bool {
        self.langs.is_some() || self.runs.is_some()
    }

    /// The only (run, language, prompt) there is, if it has scores.
    pub(crate) fn single_with_scores(&self) -> bool {
        let [cell] = self.cells.as_slice() else { return false };
        let [prompt] = cell.prompts.as_slice() else { return false };
        !self.groups && prompt.parts.iter().any(|part| part.live.part.kind() == kndb_storage::PartKind::Scores)
    }
}

impl<'s> Pairs<'s> {
    pub(crate) fn id(&self) -> NodeId {
        match self {
            Self::Source(source) => source.id,
            Self::Saved(saved) => saved.id,
            Self::Binary { id, .. } | Self::WithNeurons { id, .. } | Self::WithFacts { id, .. } => *id,
            Self::Rows { rows, .. } => rows.id,
        }
    }

    /// The source whose pairs these are, filtered only: such a set still knows its languages.
    pub(crate) fn only_source(&self) -> Option<&Source<'s>> {
        match self {
            Self::Source(source) => Some(source),
            Self::WithNeurons { pairs, .. } | Self::WithFacts { pairs, .. } => pairs.only_source(),
            Self::Saved(_) | Self::Binary { .. } | Self::Rows { .. } => None,
        }
    }

    /// The source whose scores the pairs have: filters and `-` keep them.
    pub(crate) fn scored_source(&self) -> Option<&Source<'s>> {
        match self {
            Self::Source(source) => source.single_with_scores().then_some(source),
            Self::WithNeurons { pairs, .. } | Self::WithFacts { pairs, .. } => pairs.scored_source(),
            Self::Binary { op: SetOp::Difference, left, .. } => left.scored_source(),
            Self::Saved(_) | Self::Binary { .. } | Self::Rows { .. } => None,
        }
    }
}
