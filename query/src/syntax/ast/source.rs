//! Leaves of an expression: sources with their conditions, and neurons by number.
//!
//! Numbers are checked against the language's bounds only; a layer may still lie outside the model.

use super::{Comparison, Given, Number};
use crate::syntax::conditions::ConditionKey;
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
        /// What was measured of each fact, language, prompt and run.
        Entries = "entries",
    }
}

vocabulary! {
    /// Which scores count.
    Sign {
        /// Those above 0, the highest first.
        Positive = "positive",
        /// Those below 0, the lowest first.
        Negative = "negative",
        /// Both, the largest absolute score first.
        Any = "any",
    }
}

/// A source and the conditions in its brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Which set.
    pub kind: SourceKind,
    /// The conditions, all of which must hold; each suits the source, and no key is given twice, but for one with a lower and an
    /// upper bound.
    pub conditions: Vec<Condition>,
    /// From the keyword to its closing bracket.
    pub span: Span,
}

impl Source {
    /// The condition with this key, if it is given.
    pub fn condition(&self, key: ConditionKey) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.key == key)
    }

    /// The names that a condition asks for; `None` for all of them, or without it.
    pub fn names(&self, key: ConditionKey) -> Option<&[Text]> {
        self.condition(key)?.names()
    }

    /// The whole numbers that a condition asks for; `None` for all of them, or without it.
    pub fn intervals(&self, key: ConditionKey) -> Option<&[Interval]> {
        self.condition(key)?.intervals()
    }

    /// What a condition compares with, where it is one number.
    pub fn number(&self, key: ConditionKey) -> Option<(Comparison, Number)> {
        self.condition(key)?.number()
    }

    /// All comparisons that a key asks for: one, or two, which must both hold.
    pub fn bounds(&self, key: ConditionKey) -> Vec<(Comparison, Number)> {
        self.conditions.iter().filter(|condition| condition.key == key).flat_map(Condition::bounds).collect()
    }

    /// Which scores count.
    pub fn sign(&self) -> Sign {
        let named = self.names(ConditionKey::Sign).and_then(<[Text]>::first);
        named.and_then(|text| Sign::from_word(&text.text)).unwrap_or(Sign::Positive)
    }
}

/// One condition of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What it is on.
    pub key: ConditionKey,
    /// What must hold.
    pub test: Test,
    /// From the key to the end of the value.
    pub span: Span,
}

/// What must hold of what a key names. Each key takes the forms of its [`ValueKind`](crate::ValueKind), with values within
/// their bounds.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `=*`: all there are.
    Every,
    /// `=en`, `in (en, zh)`: one or more names, as written; may repeat.
    Names(Vec<Text>),
    /// `~"Par"`: contains this text.
    Contains(Text),
    /// `=2`, `in 7..11`, `in (7, 9..11)`: one or more intervals, as written; may overlap.
    Within(Vec<Interval>),
    /// `=0.37`, `>=1e-4`, `<=20`, `>=60%`.
    Number(Comparison, Number),
    /// `in 0.7..0.8`: from the one to the other, both included.
    Between(Number, Number),
    /// One of the others, of which something is a parameter yet.
    Open(OpenTest),
}

/// An operator with values of which at least one is a parameter: `=$l`, `in (en, $l)`, `in $list`.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenTest {
    /// The operator, as it is written.
    pub operator: &'static str,
    /// Whether the values stand in parentheses.
    pub list: bool,
    /// The values, one or more.
    pub values: Vec<Given<Literal>>,
}

/// A value in the place of which a parameter could stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A name.
    Text(Text),
    /// Whole numbers.
    Within(Interval),
    /// Whole numbers between ends of which one or both are parameters.
    Between(OpenInterval),
    /// The same of numbers that are compared.
    Range(OpenNumbers),
}

/// `$from..$to`, `0.7..$to`, `$from..0.8`: numbers between ends of which at least one is a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenNumbers {
    /// The least.
    pub first: Given<Number>,
    /// The greatest.
    pub last: Given<Number>,
    /// Where it stands.
    pub span: Span,
}

/// `$first..$last`, `7..$last`, `$first..11`: an interval of which at least one end is a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenInterval {
    /// The least.
    pub first: Given<u32>,
    /// The greatest.
    pub last: Given<u32>,
    /// Where it stands.
    pub span: Span,
}

impl Condition {
    /// The names that are asked for; `None` for all of them.
    pub fn names(&self) -> Option<&[Text]> {
        if let Test::Names(names) = &self.test { Some(names) } else { None }
    }

    /// The whole numbers that are asked for; `None` for all of them.
    pub fn intervals(&self) -> Option<&[Interval]> {
        if let Test::Within(intervals) = &self.test { Some(intervals) } else { None }
    }

    /// What it is compared with, where it is one number.
    pub fn number(&self) -> Option<(Comparison, Number)> {
        if let Test::Number(op, number) = self.test { Some((op, number)) } else { None }
    }

    /// What it is compared with: one number, or both ends of a range.
    pub fn bounds(&self) -> impl Iterator<Item = (Comparison, Number)> + use<> {
        let bounds = match self.test {
            Test::Number(op, number) => [Some((op, number)), None],
            Test::Between(first, last) => {
                [Some((Comparison::GreaterOrEqual, first)), Some((Comparison::LessOrEqual, last))]
            }
            _ => [None, None],
        };
        bounds.into_iter().flatten()
    }
}

/// A bare word or a quoted string, without quotes and escapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands, with its quotes.
    pub span: Span,
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

/// Neurons by number, of which at least one is a parameter yet: `$l:$u`, `7..$last:*`. A single number is an interval whose ends are the
/// same, in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRange {
    /// The layers.
    pub layers: OpenInterval,
    /// The units within each of these layers; `None` for all of them.
    pub units: Option<OpenInterval>,
    /// Where it stands.
    pub span: Span,
}

impl OpenInterval {
    /// The interval, where no end is a parameter.
    pub fn closed(&self) -> Option<Interval> {
        Some(Interval { first: self.first.value()?, last: self.last.value()?, span: self.span })
    }
}

impl From<Interval> for OpenInterval {
    fn from(Interval { first, last, span }: Interval) -> Self {
        Self { first: Given::Value(first), last: Given::Value(last), span }
    }
}

impl OpenRange {
    /// The range, where nothing in it is a parameter.
    pub fn closed(&self) -> Option<NeuronRange> {
        let units = match &self.units {
            None => Units::Every,
            Some(units) => Units::Within(units.closed()?),
        };
        Some(NeuronRange { layers: self.layers.closed()?, units, span: self.span })
    }
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
