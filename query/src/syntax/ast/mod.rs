//! The syntax tree: what a statement says, before anything is looked up in a store.
//!
//! Every node carries the [`Span`] of its text. `Display` prints a node as canonical text that
//! parses back to the same tree. Nothing here is resolved: languages, relations and runs are the
//! words of the statement, so do not plan from their order or their number.

mod source;
mod statement;

use crate::syntax::span::Span;
use crate::syntax::vocabulary::vocabulary;
use std::cmp::Ordering;

pub use source::*;
pub use statement::*;

/// A name given to a set with `let`, without its `@`, or to a store with `attach`.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands (with its `@`, if it has one).
    pub span: Span,
}

/// A head and the clauses that shape its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is asked for.
    pub head: Head,
    /// `by`: the dimensions to count by; empty without the clause. None is named twice.
    pub by: Vec<Dim>,
    /// `against chance`, behind `by`.
    pub chance: Option<AgainstChance>,
    /// `having`: conditions on result rows, all of which must hold.
    pub having: Vec<Having>,
    /// `order by`: most significant key first.
    pub order: Vec<OrderKey>,
    /// `top`.
    pub top: Option<Top>,
    /// `plot`: the caller is asked to draw the rows, which are the same with and without it. Only with
    /// `by` or `between`, and never in `explain`.
    pub plot: bool,
    /// The whole query.
    pub span: Span,
}

/// `against chance`: how likely the number of facts that have a neuron is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgainstChance {
    /// Both words.
    pub span: Span,
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// The members of a set, or counts of them.
    Set(Expr),
    /// `similarity(left, right)`.
    Similarity {
        /// One side.
        left: Expr,
        /// The other side.
        right: Expr,
        /// From `similarity` to its closing parenthesis.
        span: Span,
    },
    /// `similarity(set) between dimension`: each two languages, relations, runs or prompts of a set.
    Between {
        /// The set.
        set: Expr,
        /// What is compared.
        dim: Dim,
        /// From `similarity` to the dimension.
        span: Span,
    },
}

/// An expression that is a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, with its parentheses.
    pub span: Span,
}

/// The forms of a set. Trees are at most [`crate::MAX_OPERANDS`] levels high, so recursion is safe.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `left op right`.
    Binary {
        /// The operator.
        op: SetOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `neurons of factor`.
    NeuronsOf(Box<Expr>),
    /// `facts of factor`.
    FactsOf(Box<Expr>),
    /// `kn[…]`, `likn[…]`, `dkn[…]` or `facts[…]`.
    Source(Source),
    /// `neurons(…)`: a set of neurons, given by their numbers.
    Neurons(Vec<NeuronRange>),
    /// The same, with a parameter among the numbers.
    OpenNeurons(Vec<OpenRange>),
    /// `@NAME`.
    Saved(Name),
    /// `STORE::set`: a set of an attached store.
    Attached {
        /// The name the store was attached by.
        store: Name,
        /// The set, as that store is asked for it. It names no store.
        of: Box<Expr>,
    },
    /// `(query)`: the members of its rows. Its `by` says of what kind; without one, it is that of its head.
    Rows(Box<Query>),
}

impl Expr {
    /// The expressions that it is made of, in the order of the text.
    pub fn parts(&self) -> impl Iterator<Item = &Self> {
        let parts = match &self.kind {
            ExprKind::Binary { left, right, .. } => [Some(&**left), Some(&**right)],
            ExprKind::NeuronsOf(of) | ExprKind::FactsOf(of) | ExprKind::Attached { of, .. } => [Some(&**of), None],
            ExprKind::Rows(query) => match &query.head {
                Head::Set(of) | Head::Between { set: of, .. } => [Some(of), None],
                Head::Similarity { left, right, .. } => [Some(left), Some(right)],
            },
            ExprKind::Source(_) | ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::Saved(_) => [None, None],
        };
        parts.into_iter().flatten()
    }

    /// Whether it is entries: all of them, or those of some facts.
    pub fn is_of_entries(&self) -> bool {
        match &self.kind {
            ExprKind::Source(source) => source.kind == SourceKind::Entries,
            ExprKind::Attached { of, .. } => of.is_of_entries(),
            ExprKind::Binary { left, right, .. } => left.is_of_entries() || right.is_of_entries(),
            _ => false,
        }
    }

    /// Calls `change` with every source below, or with the expression itself, where it is one of the store in hand. Those of attached
    /// stores are left as they are: names of this store mean nothing there.
    pub fn for_each_own_source_mut(&mut self, change: &mut dyn FnMut(&mut Source)) {
        match &mut self.kind {
            ExprKind::Binary { left, right, .. } => {
                left.for_each_own_source_mut(change);
                right.for_each_own_source_mut(change);
            }
            ExprKind::NeuronsOf(of) | ExprKind::FactsOf(of) => of.for_each_own_source_mut(change),
            ExprKind::Rows(query) => match &mut query.head {
                Head::Set(of) | Head::Between { set: of, .. } => of.for_each_own_source_mut(change),
                Head::Similarity { left, right, .. } => {
                    left.for_each_own_source_mut(change);
                    right.for_each_own_source_mut(change);
                }
            },
            ExprKind::Source(source) => change(source),
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::Saved(_) | ExprKind::Attached { .. } => {}
        }
    }
}

vocabulary! {
    /// The set operators.
    SetOp {
        /// Union.
        Union = "|",
        /// Symmetric difference: in one of both.
        SymmetricDifference = "^",
        /// Intersection.
        Intersection = "&",
        /// Difference: in the left, not in the right.
        Difference = "-",
    }
}

vocabulary! {
    /// What rows can be counted by.
    Dimension {
        /// Layer.
        Layer = "layer",
        /// Neuron: layer and unit.
        Neuron = "neuron",
        /// What a unit is called, in a run whose units are no neurons.
        Role = "role",
        /// Fact.
        Fact = "fact",
        /// Relation.
        Relation = "relation",
        /// Subject's label.
        Subject = "subject",
        /// Object's label.
        Object = "object",
        /// Language.
        Lang = "lang",
        /// Prompt.
        Prompt = "prompt",
        /// Run.
        Run = "run",
        /// Degenerate group.
        Group = "group",
        /// How many neurons the fact has in the set.
        Size = "size",
        /// Whether the model's first answer is the right object.
        Correct = "correct",
        /// Tokens of the object.
        Tokens = "tokens",
        /// The model's own first answer.
        Answer = "answer",
    }
}

vocabulary! {
    /// What is counted or computed for a row.
    Measure {
        /// Pairs.
        Pairs = "pairs",
        /// Distinct facts.
        Facts = "facts",
        /// Distinct neurons.
        Neurons = "neurons",
        /// Share of all pairs.
        Share = "share",
        /// Facts that were attributed for the set: those that could have been counted.
        Asked = "asked",
        /// Facts, as a share of those asked.
        Frequency = "frequency",
        /// Languages that a pair was found in.
        Langs = "langs",
        /// Prompts that a pair was found with.
        Prompts = "prompts",
        /// Runs that a pair was found in.
        Runs = "runs",
        /// Score of a pair.
        Score = "score",
        /// Mean score over all entries.
        Mean = "mean",
        /// Similarity of two sets.
        Similarity = "similarity",
        /// The same, had the sets been drawn at random.
        Expected = "expected",
        /// The mean similarity with other facts of the relation.
        Others = "others",
        /// Facts present on one side of a similarity only.
        Unpaired = "unpaired",
        /// Entries: facts, times languages, prompts and runs.
        Entries = "entries",
        /// Of a degenerate group: probability of the right answer, with nothing suppressed. Of a similarity: of an overlap at least as
        /// large, had the sets been drawn at random. Of entries: probability of the right object, the mean of several.
        P = "p",
        /// The least of the probabilities after each neuron of the group alone.
        PAlone = "p_alone",
        /// Probability after the whole group.
        PAll = "p_all",
        /// Median of the probabilities of entries.
        Median = "median",
        /// Of an entry: the probability with a layer at its baseline.
        Baseline = "baseline",
        /// Whether the model's first answer is the right object; of several entries the share of those.
        Correct = "correct",
        /// Rank of the right object among the model's answers.
        Rank = "rank",
        /// Tokens of the object.
        Tokens = "tokens",
        /// What scores and probabilities of an entry differ by, in the worst layer.
        Residual = "residual",
        /// The largest score of an entry.
        Largest = "largest",
        /// Scores that were kept of an entry.
        Kept = "kept",
        /// Probability that so many facts have a neuron, had the sets been drawn at random.
        PChance = "p_chance",
        /// False-discovery rate of the same, over all neurons of the model.
        Fdr = "fdr",
    }
}

/// A dimension of a `by` clause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dim {
    /// Which.
    pub dimension: Dimension,
    /// Where it stands.
    pub span: Span,
}

/// A result column, named in `having` or `order by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A dimension.
    Dimension(Dimension),
    /// A measure.
    Measure(Measure),
    /// The second of the two that `between` compares: `other_lang`.
    Other(Dimension),
}

impl Key {
    /// What `between` compares.
    pub(crate) const COMPARED: [Dimension; 4] =
        [Dimension::Lang, Dimension::Relation, Dimension::Run, Dimension::Prompt];

    /// The column's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dimension(dimension) => dimension.word(),
            Self::Measure(measure) => measure.word(),
            Self::Other(Dimension::Lang) => "other_lang",
            Self::Other(Dimension::Relation) => "other_relation",
            Self::Other(Dimension::Run) => "other_run",
            Self::Other(_) => "other_prompt",
        }
    }

    /// The column of a name, in any case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let other = || Self::COMPARED.map(Self::Other).into_iter().find(|key| key.word().eq_ignore_ascii_case(word));
        let dimension = || Dimension::from_word(word).map(Self::Dimension);
        Measure::from_word(word).map(Self::Measure).or_else(dimension).or_else(other)
    }
}

/// `key op number`. The key is a measure, or a dimension that is a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Having {
    /// The column.
    pub key: Key,
    /// Where the column's name stands.
    pub key_span: Span,
    /// The comparison.
    pub op: Comparison,
    /// What it is compared with.
    pub value: Given<Number>,
    /// The whole condition.
    pub span: Span,
}

/// `$name`: stands for a value, a number or a list that is given when the statement is run. Never read as syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, without its `$`.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// What is written, or the parameter that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<T> {
    /// What is written.
    Value(T),
    /// What will be given.
    Parameter(Parameter),
}

impl<T: Copy> Given<T> {
    /// What is written; `None` for a parameter, which has to be given its value first.
    pub fn value(&self) -> Option<T> {
        if let Self::Value(value) = self { Some(*value) } else { None }
    }
}

impl Query {
    /// At most so many rows; `None` for all of them. A parameter has been given its value before.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.top.as_ref().filter(|top| top.per.is_empty())?.count.value()
    }
}

/// A number as it is written. A percentage is a number of its own kind, a share of what could have been counted: `10%` is
/// never 0.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// A finite number: of `60%`, 60.
    pub value: f64,
    /// Whether it is a percentage.
    pub percent: bool,
}

impl Number {
    /// Whether a count compares so with this number; with a percentage, one of `whole`.
    pub(crate) fn compares(self, op: Comparison, count: u64, whole: u64) -> bool {
        let (part, than) =
            if self.percent { (count as f64 * 100.0, self.value * whole as f64) } else { (count as f64, self.value) };
        // Hundredths are counted, not computed: 7 of 10,000 are 0.07 % of them, whatever 0.07 is in binary.
        let equal = part == than || (self.percent && (part - than).abs() <= 1e-12 * part.max(than));
        match op {
            Comparison::Equal => equal,
            Comparison::NotEqual => !equal,
            Comparison::Less => !equal && part < than,
            Comparison::LessOrEqual => equal || part < than,
            Comparison::Greater => !equal && part > than,
            Comparison::GreaterOrEqual => equal || part > than,
        }
    }
}

vocabulary! {
    /// Comparisons.
    Comparison {
        /// Equal.
        Equal = "=",
        /// Not equal.
        NotEqual = "!=",
        /// Less.
        Less = "<",
        /// Less or equal.
        LessOrEqual = "<=",
        /// Greater.
        Greater = ">",
        /// Greater or equal.
        GreaterOrEqual = ">=",
    }
}

impl Comparison {
    /// Whether it holds between two values of this order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A key of an `order by` clause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderKey {
    /// The column.
    pub key: Key,
    /// `asc` or `desc`, if one is written.
    pub direction: Option<Direction>,
    /// The column's name and its direction.
    pub span: Span,
}

vocabulary! {
    /// Directions of an order.
    Direction {
        /// Least first.
        Ascending = "asc",
        /// Greatest first.
        Descending = "desc",
    }
}

/// `top n`, or `top n per …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// How many rows; positive.
    pub count: Given<u64>,
    /// So many of each value of these; empty: in all.
    pub per: Vec<Dim>,
    /// The whole clause.
    pub span: Span,
}
