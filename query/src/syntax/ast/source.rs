//! Leaves of an expression: sources with their conditions, and neurons by number.
//!
//! Numbers are checked against the language's bounds only; a layer may still lie outside the model.

use crate::syntax::span::Span;
use crate::syntax::vocabulary::vocabulary;

vocabulary! {
    /// The sets that a store holds.
    SourceKind {
        /// Knowledge neurons; of several languages, the union.
        Kn = "kn",
        /// Language-independent knowledge neurons; of several languages, the intersection.
        Likn = "likn",
        /// Degenerate knowledge neurons.
        Dkn = "dkn",
        /// Facts.
        Facts = "facts",
    }
}

/// A source and the conditions in its brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Which set.
    pub kind: SourceKind,
    /// The conditions, all of which must hold; no key is given twice, and each suits the source.
    pub conditions: Vec<Condition>,
    /// From the keyword to its closing bracket.
    pub span: Span,
}

impl Source {
    /// The condition with this key, if it is given.
    pub fn condition(&self, key: ConditionKey) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.filter.key() == key)
    }
}

/// One condition of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What must hold.
    pub filter: Filter,
    /// From the key to the end of the value.
    pub span: Span,
}

vocabulary! {
    /// The keys of conditions.
    ConditionKey {
        /// Language.
        Lang = "lang",
        /// Relation.
        Relation = "relation",
        /// External id of a fact.
        Fact = "fact",
        /// Label of the subject.
        Subject = "subject",
        /// Label of the object.
        Object = "object",
        /// Name of a run.
        Run = "run",
        /// Number of a prompt.
        Prompt = "prompt",
        /// Layer.
        Layer = "layer",
        /// Threshold, as a share of the fact's maximum in that language.
        Tau = "tau",
        /// Absolute threshold.
        Score = "score",
        /// Place in the fact's descending scores.
        Rank = "rank",
        /// Share of the fact's prompts.
        Share = "share",
        /// How much of p each part of a degenerate group may cost, as a share of p.
        TLow = "t_low",
        /// How much of p a whole degenerate group must cost, as a share of p.
        THigh = "t_high",
        /// Number of neurons of a degenerate group.
        Size = "size",
    }
}

/// A condition's key with the test on its value. Numbers are within their bounds.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// `lang=en`, `lang in (en, zh)`, `lang=*`.
    Lang(Choice),
    /// `relation=P36`.
    Relation(Choice),
    /// `fact=UUID`.
    Fact(Choice),
    /// `run="name"`.
    Run(Choice),
    /// `subject="France"`, `subject~"Fr"`.
    Subject(LabelTest),
    /// `object="Paris"`, `object~"Par"`.
    Object(LabelTest),
    /// `prompt=2`.
    Prompt(Numbers),
    /// `layer in 7..11`.
    Layer(Numbers),
    /// `tau=0.37`: 0 ≤ tau < 1.
    Tau(f64),
    /// `score>=1e-4`: finite.
    Score(Bound),
    /// `rank<=20`: the n highest, n ≥ 1; `rank<n` is kept as `rank<=n-1`.
    Rank(u32),
    /// `share>=0.7`: 0 < share ≤ 1 (strict: 0 ≤ share < 1).
    Share(Bound),
    /// `t_low=0.2`: 0 ≤ t_low ≤ 1.
    TLow(f64),
    /// `t_high=0.25`: 0 ≤ t_high < 1.
    THigh(f64),
    /// `size=2`, `size in 2..3`: from 2 on.
    Size(Numbers),
}

impl Filter {
    /// The key.
    pub fn key(&self) -> ConditionKey {
        match self {
            Self::Lang(_) => ConditionKey::Lang,
            Self::Relation(_) => ConditionKey::Relation,
            Self::Fact(_) => ConditionKey::Fact,
            Self::Run(_) => ConditionKey::Run,
            Self::Subject(_) => ConditionKey::Subject,
            Self::Object(_) => ConditionKey::Object,
            Self::Prompt(_) => ConditionKey::Prompt,
            Self::Layer(_) => ConditionKey::Layer,
            Self::Tau(_) => ConditionKey::Tau,
            Self::Score(_) => ConditionKey::Score,
            Self::Rank(_) => ConditionKey::Rank,
            Self::Share(_) => ConditionKey::Share,
            Self::TLow(_) => ConditionKey::TLow,
            Self::THigh(_) => ConditionKey::THigh,
            Self::Size(_) => ConditionKey::Size,
        }
    }
}

/// Names that are asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// `*`.
    Every,
    /// One or more names, as written; may repeat.
    Of(Vec<Text>),
}

/// A bare word or a quoted string, without quotes and escapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands, with its quotes.
    pub span: Span,
}

/// A test on a label.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelTest {
    /// The label is one of these.
    Is(Vec<Text>),
    /// The label contains this.
    Contains(Text),
}

/// Whole numbers that are asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// `*`.
    Every,
    /// One or more intervals, as written; may overlap.
    Of(Vec<Interval>),
}

/// `first..last`, both included, `first ≤ last`; a single number is `n..n`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least.
    pub first: u32,
    /// The greatest.
    pub last: u32,
    /// Where it stands.
    pub span: Span,
}

/// A lower bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The bound.
    pub value: f64,
    /// `>` and not `>=`.
    pub strict: bool,
}

/// Neurons by number: `9:852`, `11:500..520`, `7..9:*`.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuronRange {
    /// The layers.
    pub layers: Interval,
    /// The units within each of these layers.
    pub units: Units,
    /// Where it stands.
    pub span: Span,
}

/// Units of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Units {
    /// `*`: all of them.
    Every,
    /// Those of an interval.
    Within(Interval),
}
